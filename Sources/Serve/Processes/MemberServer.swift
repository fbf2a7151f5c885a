import Basis
import Platform
import Secure

/// What a process of a server does that consists of several: it serves, answers what the first one
/// asks, and ends when that says so or has ended itself.
enum MemberServer {
    static let ready = "ready"
    static let snapshot = "snapshot"
    static let stop = "stop"

    private enum Token {
        static let alarm: UInt64 = 0
        static let channel: UInt64 = 1
    }

    /// Returns the status of the process. Signals are blocked here as they are in the first
    /// process, which alone takes them.
    static func serve(
        _ pattern: any ProcessPattern, _ index: Int, _ share: [Listener], _ options: ServerOptions,
        _ tls: TLSContext?, over channel: borrowing MessageChannel
    ) -> Int32 {
        let crew: Crew<LinuxKernel>
        let poller: Shared<Poller>
        do throws(Complaint) {
            let ledger = try options.payments.makeLedger()
            do throws(SystemError) {
                crew = try Crew(options: options, ledger: ledger) { LinuxKernel() }
                poller = Shared(try Poller())
                try poller.value.add(crew.alarm, token: Token.alarm)
                try poller.value.add(channel.descriptor, interest: .readable, token: Token.channel)
                try Server.start(pattern, crew, index, share, tls)
            } catch {
                throw Server.complaint(about: error, options)
            }
        } catch {
            channel.send(error.description)
            return ExitStatus.failure.rawValue
        }
        channel.send(ready)
        var kernel = LinuxKernel()
        var events = EventBuffer(capacity: 2)
        serving: while (try? kernel.wait(on: poller.value, for: &events, timeout: nil)) != nil {
            for index in events.indices {
                guard events[index].token == Token.channel, channel.next() == snapshot else {
                    break serving
                }
                channel.send(crew.snapshot(event: "snapshot").compact)
            }
        }
        crew.dismiss()
        channel.send(crew.snapshot(event: "stopped").compact)
        return crew.failure == nil ? ExitStatus.success.rawValue : ExitStatus.failure.rawValue
    }
}
