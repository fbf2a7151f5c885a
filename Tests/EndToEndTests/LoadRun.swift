import Basis
import Glibc
import Platform
import Report
import TestSupport

/// A `switchyard-load` of this build as a child process. It is killed when the value is dropped.
final class LoadRun {
    private var child: ChildProcess

    /// - Parameters:
    ///   - descriptorLimit: open files that it may have, soft and hard.
    ///   - cpus: where it may run; nil for everywhere.
    ///   - hasQuietParent: whether its parent, whose CPU time it takes for its own, is a shell that
    ///     does nothing, and not the process of the tests.
    init(
        _ arguments: [String], descriptorLimit: Int? = nil, cpus: CPUSet? = nil,
        hasQuietParent: Bool = false
    ) throws {
        let program = try Programs.own("switchyard-load")
        var options = SpawnOptions(program, arguments)
        if let descriptorLimit {
            // The generator raises its soft limit to the hard one, so that one must be lowered too.
            options = SpawnOptions(
                "/bin/sh",
                ["-c", "ulimit -n \(descriptorLimit); exec \"$0\" \"$@\"", program] + arguments)
        } else if hasQuietParent {
            let binding = cpus.map { "taskset -c \($0) " } ?? ""
            // With one command alone a shell makes room for it.
            options = SpawnOptions(
                "/bin/sh", ["-c", "\(binding)\"$0\" \"$@\"; exit $?", program] + arguments)
        }
        options.standardError = .captured
        // Its parent may run everywhere, whatever the thread of this test was bound to: by that a
        // generator tells whether its CPUs were chosen for it.
        options.cpus = hasQuietParent ? .ofParent : cpus
        child = try ChildProcess(options)
    }

    func interrupt() { child.interrupt() }
    /// Says that its terminal has closed.
    func hangUp() { kill(child.processID, SIGHUP) }

    /// Waits for its end.
    func outcome() throws -> LoadOutcome {
        let output = child.remainingOutput(timeout: TestLimit.hang)
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        guard let end = child.wait(timeout: TestLimit.hang) else {
            throw TestFailure("the generator does not end: \(errors)")
        }
        return LoadOutcome(ending: end.ending, output: output, errors: errors)
    }
}

/// What a generator that has ended said.
struct LoadOutcome {
    let ending: ChildProcess.Ending
    let output: String
    let errors: String

    /// The standard output as what `--json -` writes.
    func report() throws -> LoadReport {
        do {
            return try LoadReport(json: JSONValue(parsing: output))
        } catch {
            throw TestFailure("no report, \(ending): \(error)\n\(output)\n\(errors)")
        }
    }

    /// Whether there was nothing but one line on the standard error, in the program's own name.
    var isOneLine: Bool {
        output.isEmpty && errors.hasPrefix("switchyard-load: ") && errors.hasSuffix("\n")
            && errors.count(where: { $0 == "\n" }) == 1
    }
}

extension ServerUnderTest {
    /// Loads a path of this server for a second, without warm-up unless it is asked for, to the
    /// generator's end; the report comes on the standard output, the text on the standard error.
    func load(_ path: String, _ arguments: [String]) throws -> LoadOutcome {
        try startLoad(path, arguments).outcome()
    }

    /// Starts what `load` waits for. Arguments that are given twice count as the last one.
    func startLoad(_ path: String, _ arguments: [String]) throws -> LoadRun {
        var all = ["--json", "-"]
        if !arguments.contains("-d") { all += ["-d", "1s"] }
        if !arguments.contains("-c") { all += ["-c", "4"] }
        if !arguments.contains("--warmup") { all += ["--warmup", "0s"] }
        return try LoadRun(all + arguments + ["http://127.0.0.1:\(port)\(path)"])
    }

    /// Waits until this server, whose control socket is `control`, has answered requests.
    func awaitRequests(_ control: String) throws {
        let isServing = try TestClock.eventually {
            let client = try RawClient(path: control)
            try client.send("snapshot\n")
            return try ServerReport(line: try client.line()).requests > 0
        }
        guard isServing else { throw TestFailure("\(pattern) gets no request") }
    }
}
