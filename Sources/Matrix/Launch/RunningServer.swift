import Basis
import Foundation
import Platform
import Report

/// Why one launch gave no figures, as one line. The run goes on.
struct LaunchFailure: Error, Equatable {
    let reason: String

    /// The user wants the run to end now: there is nothing to record.
    static let stopped = LaunchFailure("stopped by the user")

    init(_ reason: String) {
        self.reason = String(reason.map { $0.isNewline ? " " : $0 })
    }
}

/// A server that was started for one launch and accepts connections. Dropping it kills it.
struct RunningServer: ~Copyable {
    private enum Limit {
        static let ready = Nanoseconds.seconds(10)
        static let stop = Nanoseconds.seconds(5)
        /// Between two looks at a port that does not answer yet.
        static let pause = Nanoseconds.milliseconds(5)
        /// For a foreign server's workers to settle once its port is open.
        static let settle = Nanoseconds.milliseconds(100)
    }

    let port: UInt16
    /// The path of the control socket; nil for a foreign server.
    let control: String?
    private(set) var process: ChildProcess

    private init(process: consuming ChildProcess, port: UInt16, control: String?) {
        self.process = process
        self.port = port
        self.control = control
    }

    /// Starts this project's server on a port that the kernel chooses and waits for its ready line.
    static func builtIn(
        _ cell: Cell, program: String, cpus: CPUSet, folder: String
    ) throws(LaunchFailure) -> RunningServer {
        let control = folder + "/control"
        let arguments = [
            "--listen", "127.0.0.1:0", "--pattern", cell.pattern ?? "", "--threads",
            "\(cell.threads)", "--nodelay", cell.sendsAtOnce ? "on" : "off", "--control", control,
        ]
        var process = try start(program, arguments, cell: cell, cpus: cpus)
        guard let line = process.nextLine(timeout: Limit.ready) else {
            throw notReady(&process, "printed no ready line within \(Limit.ready.display)")
        }
        guard let ready = try? ServerReady(json: JSONValue(parsing: line)), let port = ready.port
        else {
            throw ended(&process, "printed '\(line.prefix(120))' instead of a ready line")
        }
        return RunningServer(process: process, port: port, control: control)
    }

    /// Starts another server on a free port and waits by its rule.
    static func foreign(
        _ cell: Cell, _ command: ServerCommand, cpus: CPUSet, folder: String
    ) throws(LaunchFailure) -> RunningServer {
        let port = try freePort()
        let values = [
            "{port}": "\(port)", "{threads}": "\(cell.threads)", "{cpus}": "\(cpus)",
            "{dir}": folder,
        ]
        func filled(_ text: String) -> String {
            values.reduce(text) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
        }
        for file in command.files {
            guard case .string(let text) = file.value else { continue }
            do {
                try AtomicFile.replace("\(folder)/\(file.name)", with: filled(text))
            } catch {
                throw LaunchFailure("can't write \(file.name) of server \(command.name): \(error)")
            }
        }
        let words = command.command.map(filled)
        var process = try start(words[0], Array(words.dropFirst()), cell: cell, cpus: cpus)
        try waitUntilReady(&process, command.readiness, port: port)
        return RunningServer(process: process, port: port, control: nil)
    }

    private static func start(
        _ program: String, _ arguments: [String], cell: Cell, cpus: CPUSet
    ) throws(LaunchFailure) -> ChildProcess {
        var options = SpawnOptions(program, arguments)
        options.cpus = cpus
        options.diesWithParent = true
        options.standardError = .captured
        options.descriptorLimit = max(
            DescriptorLimit.current.soft, cell.connections + Abilities.descriptorsBeside)
        do throws(SystemError) {
            return try ChildProcess(options)
        } catch {
            throw LaunchFailure("the server \(program) can't be started: \(error.reason)")
        }
    }

    private static func waitUntilReady(
        _ process: inout ChildProcess, _ rule: ServerCommand.Readiness, port: UInt16
    ) throws(LaunchFailure) {
        let deadline = MonotonicClock.now + Limit.ready
        let address = SocketAddress.v4(0x7F00_0001, port: port)
        while MonotonicClock.now < deadline {
            switch rule {
            case .line(let text):
                let left = deadline.since(MonotonicClock.now)
                guard let line = process.nextLine(timeout: left) else {
                    throw notReady(&process, "printed no line with '\(text)'")
                }
                if line.contains(text) { return }
            case .port:
                if Dialogue.accepts(address, timeout: .seconds(1)) {
                    blockThread(for: Limit.settle)
                    return
                }
            case .http(let path):
                let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
                let answer = try? Dialogue.ask(
                    request, of: address, timeout: .seconds(1))
                let status = answer?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
                if let status, (200..<400).contains(status) {
                    blockThread(for: Limit.settle)
                    return
                }
            }
            if process.wait(timeout: Limit.pause) != nil { break }
        }
        throw notReady(&process, "was not ready within \(Limit.ready.display)")
    }

    /// Why a server is not ready: it has ended, or else `what` it did.
    private static func notReady(_ process: inout ChildProcess, _ what: String) -> LaunchFailure {
        let hasEnded = process.wait(timeout: .milliseconds(100)) != nil
        return ended(&process, hasEnded ? "ended before it was ready" : what)
    }

    /// The failure `what` with the last line that the process wrote to its standard error.
    private static func ended(_ process: inout ChildProcess, _ what: String) -> LaunchFailure {
        let ending = process.wait(timeout: .milliseconds(100))
        if ending == nil { process.killNow() }
        let line = lastLine(process.remainingErrors(timeout: .milliseconds(500)))
        return LaunchFailure("the server \(what)" + (line.isEmpty ? "" : ": \(line)"))
    }

    private static func freePort() throws(LaunchFailure) -> UInt16 {
        do {
            let socket = try Socket.listen(on: .v4(0x7F00_0001, port: 0), ListenOptions())
            if let port = try Socket.localAddress(of: socket).port { return port }
        } catch {
            throw LaunchFailure("there is no free port: \(error)")
        }
        throw LaunchFailure("there is no free port")
    }

    /// Takes what the server has written, so that a full pipe never stops it, and throws when it
    /// has ended by itself. What this project's server prints is kept for `stop`: it is one line.
    mutating func lookUnderLoad() throws(LaunchFailure) {
        _ = process.remainingErrors(timeout: .zero)
        if control == nil { _ = process.remainingOutput(timeout: .zero) }
        if process.wait(timeout: .zero) != nil {
            throw LaunchFailure("the server ended under load")
        }
    }

    /// Ends the server in order and returns the line that this project's server prints last. A
    /// foreign server that does not end in time is killed.
    mutating func stop() throws(LaunchFailure) -> ServerReport? {
        process.terminate()
        var ended = process.wait(timeout: Limit.stop)
        if ended == nil {
            process.killNow()
            ended = process.wait(timeout: Limit.stop)
            if control != nil {
                throw LaunchFailure("the server did not stop within \(Limit.stop.display)")
            }
        }
        guard control != nil else { return nil }
        let output = process.remainingOutput(timeout: .seconds(1))
        guard ended?.ending == .exited(0) else {
            throw Self.ended(&process, "ended in disorder")
        }
        for line in output.split(separator: "\n").reversed() {
            if let report = try? ServerReport(json: JSONValue(parsing: String(line))) {
                return report
            }
        }
        throw LaunchFailure("the server printed no stopped line")
    }
}

/// The last line with content, at most 200 characters.
func lastLine(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }
    return line.map { String($0.prefix(200)) } ?? ""
}
