import Basis
import Foundation
import Link
import Platform
import Report

/// A server that was started for one launch and accepts connections. Dropping it kills it.
struct RunningServer: ~Copyable {
    private enum Limit {
        static let ready = Nanoseconds.seconds(10)
        static let stop = Nanoseconds.seconds(5)
        /// Longer than a launch, for connections that say nothing.
        static let idleness = "3600s"
        /// Between two looks at a port that does not answer yet.
        static let pause = Nanoseconds.milliseconds(5)
        /// For a foreign server's workers to settle once its port is open.
        static let settle = Nanoseconds.milliseconds(100)
    }

    let port: UInt16
    /// The address that it listens on, as it stands in a URL.
    let host: String
    /// The path of the control socket; nil for a foreign server.
    let control: String?
    private(set) var process: ChildProcess
    /// What it wrote last to its standard error.
    private(set) var words = LastWords()

    /// Starts this project's server on a port that the kernel chooses and waits for its ready line.
    ///
    /// - Parameters:
    ///   - side: where it runs.
    ///   - environment: what is set there beside what this process has.
    static func builtIn(
        _ cell: Cell, program: String, cpus: CPUSet, folder: String,
        on side: RunningLink.Side = .loopback, environment: [String: String] = [:]
    ) throws(LaunchFailure) -> RunningServer {
        let control = folder + "/control"
        let host = side.server ?? Loopback.v4.host
        var process = try start(
            program, arguments(cell, host: host, control: control), cell: cell, cpus: cpus,
            on: side, environment: environment)
        guard let line = process.nextLine(timeout: Limit.ready) else {
            throw notReady(&process, "printed no ready line within \(Limit.ready.display)")
        }
        guard let ready = try? ServerReady(json: JSONValue(parsing: line)), let port = ready.port
        else {
            throw ended(&process, "printed '\(line.prefix(120))' instead of a ready line")
        }
        return RunningServer(port: port, host: host, control: control, process: process)
    }

    /// The command line of this project's server for a cell, without the program. What a cell does
    /// not ask for is not said, so that an older server can be asked for the rest.
    static func arguments(
        _ cell: Cell, host: String = Loopback.v4.host, control: String
    ) -> [String] {
        var arguments = [
            "--listen", "\(host):0", "--pattern", cell.pattern ?? "", "--threads",
            "\(cell.threads)", "--nodelay", cell.nodelay.haveServer ? "on" : "off",
            "--control", control,
        ]
        if cell.quickack.haveServer { arguments += ["--quickack", "on"] }
        if cell.cork.haveServer { arguments += ["--cork", "on"] }
        if cell.replyShape != .one { arguments += ["--write-shape", cell.replyShape.rawValue] }
        if cell.churn.opensFast { arguments += ["--fastopen", "on"] }
        // Who never asks would not stand for longer than a head may take.
        if cell.company.idle > 0 { arguments += ["--head-timeout", Limit.idleness] }
        if cell.tls != .off {
            arguments += ["--tls", "self-signed", "--tls-version", cell.tls.rawValue]
            if cell.handshake == .early { arguments += ["--early-data", "16KiB"] }
        }
        return arguments
    }

    /// Starts another server on a free port and waits by its rule.
    static func foreign(
        _ cell: Cell, _ command: ServerCommand, cpus: CPUSet, folder: String,
        on side: RunningLink.Side = .loopback
    ) throws(LaunchFailure) -> RunningServer {
        let port = try Loopback.freePort()
        let values = [
            "{port}": "\(port)", "{host}": side.server ?? Loopback.v4.host,
            "{threads}": "\(cell.threads)", "{cpus}": "\(cpus)", "{dir}": folder,
        ]
        func filled(_ text: String) -> String {
            values.reduce(text) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
        }
        for file in command.files {
            guard case .string(let text) = file.value else { continue }
            do {
                try AtomicFile.replace("\(folder)/\(file.name)", with: filled(text))
            } catch {
                throw LaunchFailure("can't write \(file.name) of server \(cell.server): \(error)")
            }
        }
        let words = command.command.map(filled)
        var process = try start(
            words[0], Array(words.dropFirst()), cell: cell, cpus: cpus, on: side)
        let host: String
        if let far = side.server {
            try waitBehindLink(&process, command.readiness, port: port, host: far)
            host = far
        } else {
            host = try waitUntilReady(&process, command.readiness, port: port).host
        }
        return RunningServer(port: port, host: host, control: nil, process: process)
    }

    private static func start(
        _ program: String, _ arguments: [String], cell: Cell, cpus: CPUSet,
        on side: RunningLink.Side, environment: [String: String] = [:]
    ) throws(LaunchFailure) -> ChildProcess {
        var options = SpawnOptions(program, arguments)
        if !environment.isEmpty {
            options.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        }
        options.cpus = cpus
        options.network = side.network
        options.diesWithParent = true
        options.standardError = .captured
        options.descriptorLimit = max(
            DescriptorLimit.current.soft, cell.connectionsInAll + Abilities.descriptorsBeside)
        do throws(SystemError) {
            return try ChildProcess(options)
        } catch {
            throw LaunchFailure("the server \(program) can't be started: \(error.reason)")
        }
    }

    /// The address on which the server was found ready.
    private static func waitUntilReady(
        _ process: inout ChildProcess, _ rule: ServerCommand.Readiness, port: UInt16
    ) throws(LaunchFailure) -> Loopback {
        let deadline = MonotonicClock.now + Limit.ready
        while MonotonicClock.now < deadline {
            switch rule {
            case .line(let text):
                let left = deadline.since(MonotonicClock.now)
                guard let line = process.nextLine(timeout: left) else {
                    throw notReady(&process, "printed no line with '\(text)'")
                }
                if line.contains(text) { return Loopback.listener(port: port) }
            case .port:
                for place in Loopback.allCases
                where Conversation.isAccepted(by: place.address(port: port), timeout: .seconds(1)) {
                    blockThread(for: Limit.settle)
                    return place
                }
            case .http(let path):
                for place in Loopback.allCases where answers(place, port: port, path) {
                    blockThread(for: Limit.settle)
                    return place
                }
            }
            if process.wait(timeout: Limit.pause) != nil { break }
        }
        throw notReady(&process, "was not ready within \(Limit.ready.display)")
    }

    /// The same of a server in a network of its own, which this program can't ask: there a path is
    /// as good as its port.
    private static func waitBehindLink(
        _ process: inout ChildProcess, _ rule: ServerCommand.Readiness, port: UInt16, host: String
    ) throws(LaunchFailure) {
        let deadline = MonotonicClock.now + Limit.ready
        while MonotonicClock.now < deadline {
            if case .line(let text) = rule {
                let left = deadline.since(MonotonicClock.now)
                guard let line = process.nextLine(timeout: left) else {
                    throw notReady(&process, "printed no line with '\(text)'")
                }
                if line.contains(text) { return }
            } else if ListeningPorts.contain(port, of: process.processID) {
                blockThread(for: Limit.settle)
                return
            }
            if process.wait(timeout: Limit.pause) != nil { break }
        }
        throw notReady(&process, "did not listen on \(host) within \(Limit.ready.display)")
    }

    /// Whether a GET of `path` is answered with a status below 400.
    private static func answers(_ place: Loopback, port: UInt16, _ path: String) -> Bool {
        let request =
            "GET \(path) HTTP/1.1\r\nHost: \(place.host):\(port)\r\nConnection: close\r\n\r\n"
        let limit = Nanoseconds.seconds(1)
        do throws(SystemError) {
            var server = try Conversation(with: place.address(port: port), timeout: limit)
            let status = try server.askLine(request, timeout: limit).split(separator: " ")
                .dropFirst()
            return status.first.flatMap { Int($0) }.map { (200..<400).contains($0) } ?? false
        } catch {
            return false
        }
    }

    /// Why a server is not ready: it has ended, or else `what` it did.
    private static func notReady(_ process: inout ChildProcess, _ what: String) -> LaunchFailure {
        let hasEnded = process.wait(timeout: .milliseconds(100)) != nil
        return ended(&process, hasEnded ? "ended before it was ready" : what)
    }

    /// The failure `what` with the last lines that the process wrote to its standard error, behind
    /// those that were taken from it before.
    private static func ended(
        _ process: inout ChildProcess, _ what: String, after words: LastWords = LastWords()
    ) -> LaunchFailure {
        let ending = process.wait(timeout: .milliseconds(100))
        if ending == nil { process.killNow() }
        var words = words
        words.add(process.remainingErrors(timeout: .milliseconds(500)))
        let lines = words.lines
        let isUnavailable = ending?.ending == .exited(ExitStatus.unavailable.rawValue)
        let what = isUnavailable ? "can't run on this machine" : what
        return LaunchFailure(
            "the server \(what)" + (lines.isEmpty ? "" : ": \(lines)"),
            isUnavailable: isUnavailable)
    }

    /// Takes what the server has written, so that a full pipe never stops it, and throws when it
    /// has ended by itself. What this project's server prints is kept for `stop`: it is one line.
    mutating func lookUnderLoad() throws(LaunchFailure) {
        words.add(process.remainingErrors(timeout: .zero))
        if control == nil { _ = process.remainingOutput(timeout: .zero) }
        guard let end = process.wait(timeout: .zero) else { return }
        let how =
            switch end.ending {
            case .exited(let status): "with status \(status)"
            case .killed(let signal): "by signal \(signal)"
            }
        throw Self.ended(&process, "ended under load \(how)", after: words)
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
            throw Self.ended(&process, "ended in disorder", after: words)
        }
        for line in output.split(separator: "\n").reversed() {
            if let report = try? ServerReport(json: JSONValue(parsing: String(line))) {
                return report
            }
        }
        throw LaunchFailure("the server printed no stopped line")
    }
}
