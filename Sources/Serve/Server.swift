package import Basis
import Platform
import Scrape
import Secure

/// A running server: its crew, its signals and its control socket, seen from the main thread.
package enum Server {
    /// Serves until a signal asks to stop. `say` prints one JSON line; false when it can't.
    ///
    /// Call it on the main thread before any other thread is started: it blocks the signals that it
    /// waits for.
    package static func run(
        _ options: ServerOptions, say: (JSONValue) -> Bool
    ) throws(Complaint) {
        // Whoever reads the lines may end before the server, as a terminal that closes does.
        StandardStreams.outliveReaders()
        if options.takesFastOpen { try FastOpen.check(.server) }
        let tls = try options.makeTLS()
        let ledger = try options.payments.makeLedger()
        DescriptorLimit.raise(to: DescriptorLimit.current.hard)
        let signals = try starting { () throws(SystemError) in try TerminationSignals() }
        let poller = try starting { () throws(SystemError) in try Poller() }
        let crew = try starting { () throws(SystemError) in
            try Crew(options: options, ledger: ledger) { LinuxKernel() }
        }
        try starting { () throws(SystemError) in
            try signals.watch(with: poller, token: Token.signal)
            try poller.add(crew.alarm, token: Token.alarm)
        }
        var control = try openControl(options.controlPath, poller)
        var metrics = try openMetrics(options.metrics, poller)
        let (listeners, members) = try begin(crew, tls)
        try starting { () throws(SystemError) in
            try members?.watchEnds(with: poller, token: Token.alarm)
        }
        if !options.isQuiet, !say(ready(options, listeners, members, metrics?.address)) {
            // Whoever waits for the line would wait for ever.
            crew.dismiss()
            throw Complaint(
                "can't write to standard output that the server is ready",
                remedy: "let it go to a terminal, a pipe or a file with room, or give --quiet",
                status: .failure)
        }

        var events = EventBuffer()
        var kernel = LinuxKernel()
        serving: while true {
            // Nothing here can fail but for a bug, and then stopping is right.
            guard (try? kernel.wait(on: poller, for: &events, timeout: nil)) != nil else { break }
            for index in events.indices where events[index].token < Token.control {
                break serving
            }
            control?.serve(with: poller, firstToken: Token.control) { line in
                answer(line, crew, members)
            }
            metrics?.serve(with: poller, firstToken: Token.metrics) {
                ServerMetrics.text(of: snapshot(crew, members), options)
            }
        }
        crew.dismiss()
        var last = crew.snapshot(event: "stopped")
        var hasEndedWell = true
        if let members { (last, hasEndedWell) = members.dismiss(last) }
        let failure = crew.failure
        crew.disband()
        // Before the last line, which nobody may be there to read.
        control = nil
        metrics = nil
        if !options.isQuiet { _ = say(last) }
        if let failure {
            throw failure.complaint(
                "a thread can't go on", remedy: "see dmesg and the limits of the system")
        }
        if !hasEndedWell {
            throw Complaint(
                "a process of the server has ended before its time",
                remedy: "see dmesg and the limits of the system", status: .failure)
        }
    }

    /// Starts the pattern: the threads of this process, and the other processes, if it has any.
    private static func begin(
        _ crew: Crew<LinuxKernel>, _ tls: TLSContext?
    ) throws(Complaint) -> ([Listener], Members?) {
        guard let pattern = crew.options.pattern.processPattern else {
            return (try assemble(crew, tls), nil)
        }
        let shares = try forming(crew) { () throws(SystemError) in try pattern.open(crew) }
        let members = try Members(pattern, shares, crew.options, tls)
        try forming(crew) { () throws(SystemError) in
            try pattern.lead(crew, shares)
        }
        return (shares.listeners, members)
    }

    /// Does a step of the start, which fails only where the machine's limits are reached.
    private static func starting<Result: ~Copyable>(
        _ step: () throws(SystemError) -> Result
    ) throws(Complaint) -> Result {
        try SystemError.mapping(
            to: {
                $0.complaint("can't start", remedy: "raise the limit of open files (ulimit -n)")
            }, step)
    }

    /// Does a step of a pattern's start, behind which whom it has started is dismissed if it fails.
    private static func forming<Result: ~Copyable>(
        _ crew: Crew<LinuxKernel>, _ step: () throws(SystemError) -> Result
    ) throws(Complaint) -> Result {
        try SystemError.mapping(
            to: { error in
                crew.dismiss()
                return complaint(about: error, crew.options)
            }, step)
    }

    private enum Token {
        static let signal: UInt64 = 0
        static let alarm: UInt64 = 1
        /// The control socket's first; it uses those behind it too.
        static let control: UInt64 = 2
        /// Those of whoever asks for metrics, too.
        static let metrics: UInt64 = 4
    }

    private static func answer(
        _ line: String, _ crew: Crew<LinuxKernel>, _ members: Members?
    ) -> String {
        switch line {
        case "snapshot": return snapshot(crew, members).compact
        default:
            let reply: JSONValue = ["event": "error", "reason": "the only question is: snapshot"]
            return reply.compact
        }
    }

    private static func snapshot(_ crew: Crew<LinuxKernel>, _ members: Members?) -> JSONValue {
        let own = crew.snapshot(event: "snapshot")
        return members?.snapshot(own) ?? own
    }

    private static func openMetrics(
        _ address: SocketAddress?, _ poller: borrowing Poller
    ) throws(Complaint) -> MetricsSocket? {
        guard let address else { return nil }
        do throws(SystemError) {
            let metrics = try MetricsSocket(on: address)
            try metrics.watch(with: poller, firstToken: Token.metrics)
            return metrics
        } catch {
            throw error.complaint(
                "can't serve metrics at \(address)",
                remedy: "give another address with --metrics, such as 127.0.0.1:0")
        }
    }

    private static func openControl(
        _ path: String?, _ poller: borrowing Poller
    ) throws(Complaint) -> ControlSocket? {
        guard let path else { return nil }
        do throws(SystemError) {
            let control = try ControlSocket(path: path)
            try control.watch(with: poller, firstToken: Token.control)
            return control
        } catch {
            throw error.complaint(
                "can't open the control socket \(path)",
                remedy: "give a path in a directory you may write to, that no other server uses")
        }
    }

    /// What every port speaks; by what, a connection's first bytes or its TLS say.
    private typealias Kind<Stream: StreamTransport & ~Copyable> = ConnectionKind<
        Stream, NegotiatedSession<Boxed<HTTP2Session>>
    >

    private static func assemble(
        _ crew: Crew<LinuxKernel>, _ tls: TLSContext?
    ) throws(Complaint) -> [Listener] {
        try forming(crew) { () throws(SystemError) in
            if let tls { return try crew.assemble(kind: Kind<TLSStream>(context: tls)) }
            return try crew.assemble(kind: Kind<PlainStream>(context: PlainStream.Context()))
        }
    }

    /// Starts what one process of several does.
    static func start(
        _ pattern: any ProcessPattern, _ crew: Crew<LinuxKernel>, _ index: Int, _ share: [Listener],
        _ tls: TLSContext?
    ) throws(SystemError) {
        if let tls {
            try pattern.assembleMember(
                crew, index, share, kind: Kind<TLSStream>(context: tls))
        } else {
            try pattern.assembleMember(
                crew, index, share, kind: Kind<PlainStream>(context: PlainStream.Context()))
        }
    }

    /// What the system refused a pattern, as a line for a person.
    static func complaint(about error: SystemError, _ options: ServerOptions) -> Complaint {
        let addresses = options.listen.map(\.description).joined(separator: ", ")
        if error.isAboutPrograms {
            return error.complaint(
                "pattern \(options.pattern.rawValue) needs bpf(2), which is refused",
                remedy: "run as root or with CAP_BPF, or see sysctl"
                    + " kernel.unprivileged_bpf_disabled",
                status: .unavailable)
        }
        if error.isAboutRings {
            return error.complaint(
                "pattern \(options.pattern.rawValue) needs io_uring as Linux 6.1 has it,"
                    + " which is refused",
                remedy: "see sysctl kernel.io_uring_disabled, and what a container forbids",
                status: .unavailable)
        }
        if error.isAddressInUse {
            return error.complaint(
                "can't listen on \(addresses)",
                remedy: "stop the program that uses it, or choose another with --listen HOST:0")
        }
        if error.isPermissionDenied {
            return error.complaint(
                "can't listen on \(addresses)", remedy: "choose a port above 1023")
        }
        if error.isOutOfDescriptors {
            return error.complaint(
                "can't start \(options.threads) threads",
                remedy: "raise the limit of open files (ulimit -n) or lower --threads")
        }
        return error.complaint(
            "can't start on \(addresses): \(error.call)", remedy: "check the address and limits")
    }

    private static func ready(
        _ options: ServerOptions, _ listeners: [Listener], _ members: Members?,
        _ metrics: SocketAddress?
    ) -> JSONValue {
        var fields: [JSONValue.Member] = [
            .init("event", "ready"),
            .init("listen", .string(listeners.first?.address.description ?? "")),
            .init("addresses", .array(listeners.map { .string($0.address.description) })),
            .init("pid", .integer(Int64(currentProcessID))),
            .init("pattern", .string(options.pattern.rawValue)),
            .init("threads", .integer(Int64(options.threads))),
        ]
        if let metrics { fields.append(.init("metrics", .string(metrics.description))) }
        if let members {
            fields.append(
                .init("processes", .array(members.processIDs.map { .integer(Int64($0)) })))
        }
        if let tls = options.tls {
            fields.append(.init("tls", .string(tls.settings.version?.rawValue ?? "1.2 or 1.3")))
            // Whom a client that isn't this project's is to trust.
            if tls.settings.files == nil, let authority = TestAuthority.trusted {
                fields.append(.init("ca", .string(authority)))
            }
        }
        return .object(fields)
    }
}
