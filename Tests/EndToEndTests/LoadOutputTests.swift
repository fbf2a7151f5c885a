import Basis
import Foundation
import Measure
import Platform
import Report
import Serve
import TestSupport
import Testing

@Suite("load: outputs, objectives, interruption", .serialized)
struct LoadOutputTests {
    @Test(
        "an objective decides the exit status",
        arguments: [
            ("p99<10s", true), ("p99<1ns", false), ("rps>1", true), ("rps>1G", false),
            ("errors<0.1%", true), ("mean<1ns", false),
        ])
    func objectives(rule: String, isMet: Bool) throws {
        let server = try ServerUnderTest("sharded:hash")
        // 1000 requests by schedule: a 99th percentile needs 299.
        let outcome = try server.load(
            "/plaintext", ["-R", "2000", "-d", "500ms", "--slo", rule, "--slo", "errors<=0"])
        #expect(outcome.ending == .exited(isMet ? 0 : 3), "\(rule): \(outcome.errors)")
        #expect(outcome.errors.contains("\(rule) \(isMet ? "met" : "missed"): "))
        #expect(outcome.errors.contains("errors<=0 met: 0"))
        _ = try server.stop()
    }

    @Test("all outputs are written, and say the same")
    func files() throws {
        let folder = try TemporaryFolder()
        let server = try ServerUnderTest("sharded:hash")
        let names = ["json", "csv", "hlog", "hgrm"]
        let run = try LoadRun(
            names.flatMap { ["--\($0)", folder.file($0)] } + [
                "-R", "1000", "-d", "1200ms", "--warmup", "0s", "-c", "4", "-q",
                "http://127.0.0.1:\(server.port)/json",
            ])
        let outcome = try run.outcome()
        #expect(outcome.ending == .exited(0) && outcome.errors.isEmpty, "\(outcome.errors)")
        #expect(outcome.output.contains("response time"))
        let texts = try names.map { try String(contentsOfFile: folder.file($0), encoding: .utf8) }
        let report = try LoadReport(json: JSONValue(parsing: texts[0]))
        let table = try CSVTable(parsing: texts[1])
        #expect(table.rows.count == 1)
        #expect(table.field(0, "requests") == "\(report.requests)")
        #expect(table.field(0, "statuses_2xx") == "\(report.statuses.success2xx)")
        #expect(table.field(0, "verdict_name") == report.verdict.rawValue)
        // An interval a second and one for the rest, each a line of tag, start, length, maximum
        // and histogram (HdrHistogram's log format 1.3).
        let intervals = texts[2].split(separator: "\n").filter { $0.hasPrefix("Tag=latency,") }
        #expect(intervals.count >= 2)
        #expect(intervals.allSatisfy { $0.split(separator: ",").count == 5 }, "\(texts[2])")
        #expect(texts[3].contains("Total count"), "\(texts[3])")
        #expect(texts[3].contains("\(report.latency.samples)"))
        _ = try server.stop()
    }

    @Test("a reader that went away costs nothing but the text")
    func noReader() throws {
        let folder = try TemporaryFolder()
        let server = try ServerUnderTest("single")
        let program = try Programs.own("switchyard-load")
        let arguments = [
            "-d", "50ms", "--warmup", "0s", "-c", "1", "-q", "--json", folder.file("json"),
            "http://127.0.0.1:\(server.port)/plaintext",
        ]
        // The reader ends before anything is written, and says how the writer ended.
        var options = SpawnOptions(
            "/bin/bash", ["-c", "\"$0\" \"$@\" | true; echo ${PIPESTATUS[0]}", program] + arguments)
        options.standardError = .captured
        var child = try ChildProcess(options)
        #expect(child.remainingOutput(timeout: TestLimit.hang) == "0\n")
        let text = try String(contentsOfFile: folder.file("json"), encoding: .utf8)
        #expect(try LoadReport(json: JSONValue(parsing: text)).requests > 0)
        _ = try server.stop()
    }

    @Test(
        "outputs that can't be are refused before the run",
        arguments: [
            (["--json", ""], "--json names no file"), (["--csv", "/tmp"], "'/tmp' is a folder"),
            (["--hgrm", "/nowhere/"], "is a folder"),
            (["--json", "/tmp/./same", "--csv", "/tmp/same"], "--json and --csv both write"),
            (["--body", "@/dev/zero"], "--body is larger than 64.0MiB"),
        ])
    func refused(arguments: [String], why: String) throws {
        let outcome = try LoadRun(arguments + ["http://127.0.0.1:9/"]).outcome()
        #expect(outcome.ending == .exited(64) && outcome.isOneLine, "\(outcome)")
        #expect(outcome.errors.contains(why), "\(outcome.errors)")
    }

    @Test("an output that fails after the run does not take the others with it")
    func oneOfTwo() throws {
        let folder = try TemporaryFolder()
        let server = try ServerUnderTest("single")
        // Everything written to this device is refused, but not its opening (full(4)).
        let outcome = try LoadRun([
            "-d", "50ms", "--warmup", "0s", "-c", "1", "-q", "--json", "/dev/full",
            "--csv", folder.file("csv"), "http://127.0.0.1:\(server.port)/plaintext",
        ]).outcome()
        #expect(outcome.ending == .exited(1), "\(outcome)")
        #expect(outcome.output.contains("round trip"))
        #expect(outcome.errors.contains("'/dev/full' can't be written: No space left on device"))
        let table = try CSVTable(
            parsing: String(contentsOfFile: folder.file("csv"), encoding: .utf8))
        #expect(table.rows.count == 1)
        _ = try server.stop()
    }

    @Test(
        "output that is lost is a line and no success",
        arguments: [
            ("switchyard-load", ["--help"]), ("switchyard-load", ["--version"]),
            ("switchyard-server", ["--help"]), ("switchyard-server", ["--version"]),
            ("switchyard-server", ["--patterns"]), ("switchyard", ["--help"]),
            ("switchyard", ["version"]), ("switchyard-load", ["-q"]),
            ("switchyard-load", ["-q", "--json", "-"]),
        ])
    func full(program: String, arguments: [String]) throws {
        let server = try ServerUnderTest("single")
        var arguments = arguments
        if arguments.first == "-q" {
            arguments += ["-d", "50ms", "--warmup", "0s", "-c", "1"]
            arguments.append("http://127.0.0.1:\(server.port)/plaintext")
        }
        var options = SpawnOptions(
            "/bin/sh",
            ["-c", "exec \"$0\" \"$@\" >/dev/full", try Programs.own(program)] + arguments)
        options.standardError = .captured
        var child = try ChildProcess(options)
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        #expect(child.wait(timeout: TestLimit.hang)?.ending == .exited(1), "\(errors)")
        #expect(errors.hasPrefix("\(program): ") && errors.count { $0 == "\n" } == 1, "\(errors)")
        #expect(errors.contains("written: No space") || errors.contains("standard output"))
        _ = try server.stop()
    }

    @Test("the programs say their version", arguments: ["switchyard-load", "switchyard-server"])
    func version(program: String) throws {
        var child = try ChildProcess(SpawnOptions(try Programs.own(program), ["--version"]))
        #expect(
            child.remainingOutput(timeout: TestLimit.hang) == "\(program) \(switchyardVersion)\n")
        #expect(child.wait(timeout: TestLimit.hang)?.ending == .exited(0))
    }

    @Test("an output that can't be written is one line, and no success")
    func unwritable() throws {
        let server = try ServerUnderTest("single")
        let outcome = try LoadRun([
            "-d", "50ms", "--warmup", "0s", "-c", "1", "-q", "--json", "/proc/nowhere/report",
            "http://127.0.0.1:\(server.port)/plaintext",
        ]).outcome()
        #expect(outcome.ending == .exited(1) && outcome.isOneLine, "\(outcome)")
        _ = try server.stop()
    }

    @Test("a second interrupt does not wait for a server that stands still, and reports")
    func secondInterrupt() throws {
        let folder = try TemporaryFolder()
        let control = folder.file("control")
        let server = try ServerUnderTest("sharded:hash", ["--control", control])
        let run = try server.startLoad(
            "/plaintext", ["-R", "500", "-d", "60s", "--timeout", "60s"])
        try server.awaitRequests(control)
        server.pause()
        TestClock.sleep(.milliseconds(300))
        run.interrupt()
        TestClock.sleep(.seconds(1))
        run.interrupt()
        let outcome = try run.outcome()
        server.proceed()
        #expect(outcome.ending == .exited(130), "\(outcome.errors)")
        let report = try outcome.report()
        #expect(report.errors.timeout > 0 && report.errors.total == report.errors.timeout)
        #expect(report.warnings.contains { $0.hasPrefix("interrupted while waiting") })
        _ = try server.stop()
    }

    @Test("an interrupt in mid-run ends it with the report of what there is")
    func interrupt() throws {
        let folder = try TemporaryFolder()
        let control = folder.file("control")
        let server = try ServerUnderTest("sharded:hash", ["--control", control])
        let run = try server.startLoad("/plaintext", ["-R", "500", "-d", "60s"])
        try server.awaitRequests(control)
        TestClock.sleep(.milliseconds(300))
        run.interrupt()
        let outcome = try run.outcome()
        #expect(outcome.ending == .exited(130), "\(outcome.errors)")
        let report = try outcome.report()
        #expect(report.requests > 0 && report.errors.total == 0)
        #expect(report.latency.samples == report.requests)
        #expect(report.duration > .zero && report.duration < .seconds(60))
        #expect(report.warnings.contains { $0.hasPrefix("interrupted after ") })
        let served = try server.stop()
        #expect(Int64(served.requests) >= report.requests)
        #expect(Int64(served.accepted) == report.connectionsOpened)
    }
}
