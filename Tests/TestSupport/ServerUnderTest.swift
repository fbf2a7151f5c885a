import Basis
import Foundation
package import Platform

/// What a `switchyard-server` that ends by itself said.
package struct ServerOutcome {
    package let ending: ChildProcess.Ending?
    package let output: String
    package let errors: String

    /// Runs the server of this build to its end.
    package init(_ arguments: [String]) throws {
        var options = SpawnOptions(try Programs.own("switchyard-server"), arguments)
        options.standardError = .captured
        var child = try ChildProcess(options)
        // One that serves instead of ending would hold its output open for ever.
        let end = child.wait(timeout: .seconds(10))
        if end == nil { child.killNow() }
        output = child.remainingOutput(timeout: TestLimit.hang)
        errors = child.remainingErrors(timeout: TestLimit.hang)
        ending = end?.ending
    }
}

/// A `switchyard-server` of this build as a child process on a port that the kernel chose. It is
/// killed when the value is dropped.
package final class ServerUnderTest {
    package let port: UInt16
    package let pattern: String
    /// Threads that it says it has.
    package let threads: Int
    /// The other processes that it consists of.
    package let members: [RunningProcess]
    /// The file of the authority that clients of its TLS are to trust.
    package let authority: String?
    /// Where its metrics are to be had.
    package let metrics: SocketAddress?
    package var process: RunningProcess { RunningProcess(id: child.processID) }

    private var child: ChildProcess

    private struct Ready: Decodable {
        let event: String
        let listen: String
        let pid: Int32
        let pattern: String
        let threads: Int
        let processes: [Int32]?
        let ca: String?
        let metrics: String?
    }

    /// What tells a server how many threads to have. Some patterns let nobody choose; a pool
    /// serves as many connections at a time as it has threads, and tests want it to serve all.
    package static func threadOptions(_ threads: Int, for pattern: String) -> [String] {
        switch pattern {
        case "single", "thread-per-connection": []
        case "blocking-pool": ["--threads", "100"]
        case "prefork": ["--threads", "40"]
        default: ["--threads", String(threads)]
        }
    }

    /// Starts a server and waits until it is ready.
    ///
    /// - Parameters:
    ///   - threads: of the role that the pattern multiplies, see `threadOptions`.
    ///   - descriptorLimit: open files that it may have, soft and hard.
    package init(
        _ pattern: String, threads: Int = 2, descriptorLimit: Int? = nil,
        _ arguments: [String] = []
    ) throws {
        var all = ["--listen", "127.0.0.1:0", "--pattern", pattern]
        if !arguments.contains("--threads") {
            all += Self.threadOptions(threads, for: pattern)
        }
        // A machine that is slow to run a test's client must not look like a slow client; the tests
        // of the limits set their own.
        for limit in ["--head-timeout", "--body-timeout", "--drain-timeout"]
        where !arguments.contains(limit) {
            all += [limit, "60s"]
        }
        all += arguments
        var options = SpawnOptions(try Programs.own("switchyard-server"), all)
        if let descriptorLimit {
            // The server raises its soft limit to the hard one, so that one must be lowered too.
            options.arguments = [
                "-c", "ulimit -n \(descriptorLimit); exec \"$0\" \"$@\"", options.program,
            ]
            options.arguments += all
            options.program = "/bin/sh"
        }
        options.standardError = .captured
        if Sanitizer.isActive {
            // The first report ends the server, with a status of its own that the test then sees.
            var environment = ProcessInfo.processInfo.environment
            environment["TSAN_OPTIONS"] = "halt_on_error=1 second_deadlock_stack=1"
            // Freed memory that is watched for use counts as the server's own: as little of it as
            // leaves the bounds of the tests their meaning (256 MB unless told).
            environment["ASAN_OPTIONS"] = "quarantine_size_mb=8"
            options.environment = environment
        }
        child = try ChildProcess(options)
        guard let line = child.nextLine(timeout: TestLimit.hang) else {
            throw TestFailure(
                "no ready line: \(child.remainingErrors(timeout: .seconds(5)))")
        }
        let ready = try JSONDecoder().decode(Ready.self, from: Data(line.utf8))
        guard ready.event == "ready", ready.pid == child.processID, ready.pattern == pattern,
            let colon = ready.listen.lastIndex(of: ":"),
            let port = UInt16(ready.listen[ready.listen.index(after: colon)...])
        else { throw TestFailure("not a ready line: \(line)") }
        self.port = port
        self.pattern = pattern
        self.threads = ready.threads
        members = (ready.processes ?? []).map { RunningProcess(id: $0) }
        authority = ready.ca
        metrics = try ready.metrics.map { try SocketAddress(parsing: $0) }
    }

    /// Descriptors that it has open, in all of its processes.
    package var descriptors: Int {
        ([process] + members).reduce(0) { $0 + $1.descriptors }
    }

    /// Connections that it has open.
    package var connections: Int { LocalSockets.connections(port: port) }

    package func connect(receiveBuffer: Int? = nil) throws -> RawClient {
        try RawClient(port: port, receiveBuffer: receiveBuffer)
    }

    /// Sends a signal that asks to stop and does not wait.
    package func terminate() { child.terminate() }
    package func interrupt() { child.interrupt() }
    package func pause() { child.pause() }
    package func proceed() { child.proceed() }

    /// Asks the server to stop and returns its last line.
    package func stop() throws -> ServerReport {
        terminate()
        return try ending()
    }

    /// Waits for an end that is none in order; its status and what it said of it.
    package func failure() -> (ending: ChildProcess.Ending?, errors: String) {
        let end = child.wait(timeout: TestLimit.hang)
        return (end?.ending, child.remainingErrors(timeout: .seconds(5)))
    }

    /// Waits for the server's end, which must be in order: the line that says it has stopped, the
    /// status 0 and not a word on the standard error.
    package func ending() throws -> ServerReport {
        let line = child.nextLine(timeout: TestLimit.hang)
        guard let end = child.wait(timeout: TestLimit.hang) else {
            throw TestFailure("\(pattern) does not stop; last line: \(line ?? "none")")
        }
        let errors = child.remainingErrors(timeout: .seconds(5))
        guard end.ending == .exited(0), errors.isEmpty, let line else {
            throw TestFailure("\(pattern) ended by \(end.ending): \(line ?? "no line")\n\(errors)")
        }
        let report = try ServerReport(line: line)
        guard report.event == "stopped" else { throw TestFailure("not a last line: \(line)") }
        return report
    }
}
