import Basis
import Foundation
import Measure
import Platform
import Report
import TestSupport
import Testing

/// The generator making several runs at different rates. What it finds depends on a machine that
/// other tests keep busy; that it tells the truth about its steps does not.
@Suite("load: several rates", .serialized)
struct LoadStepTests {
    /// Steps long enough for a 99th percentile from 1047/s on.
    private static let short = ["-d", "300ms", "--warmup", "50ms", "-c", "16"]

    @Test("a search says each of its steps, alike in JSON, CSV and text")
    func search() throws {
        let server = try ServerUnderTest("balanced:shared", threads: 4)
        let folder = try TemporaryFolder()
        let outcome = try server.load(
            "/block?us=1000",
            Self.short + ["--find-rate", "p99<500ms", "--csv", folder.file("steps.csv")])
        // Done, or undecided because the machine was too busy.
        #expect([.exited(0), .exited(3), .exited(11)].contains(outcome.ending), "\(outcome)")
        let report = try outcome.report()
        let search = try #require(report.search)
        #expect(search.rules == ["p99<500ms"] && search.closedRate ?? 0 > 0)
        #expect(!search.steps.isEmpty && search.steps.count <= 40)
        for step in search.steps {
            #expect(step.rate >= 1_046 && step.values.count == 1)
            if step.answer == .met { #expect(step.values[0] ?? .infinity < 500e6) }
        }
        let finding = search.finding
        #expect((finding.outcome == .found) == (outcome.ending == .exited(0)))
        if let capacity = finding.capacity {
            // Four workers that sleep for a millisecond each carry no more than this.
            #expect(capacity < 4_100, "\(search)")
            #expect(report.targetRate == capacity)
            #expect(search.steps.last?.purpose == .confirm && search.steps.last?.answer == .met)
            #expect(outcome.errors.contains("The confirming run:"))
        } else {
            #expect(search.reason != nil)
        }
        let csv = try String(contentsOfFile: folder.file("steps.csv"), encoding: .utf8)
        #expect(try CSVTable(parsing: csv) == search.table)
        #expect(outcome.errors.contains("step  why") && outcome.errors.contains("\ncapacity  "))
        _ = try server.stop()
    }

    @Test("an objective that no server meets is said to be missed, with status 3 or undecided")
    func neverMet() throws {
        let server = try ServerUnderTest("sharded:hash")
        let outcome = try server.load(
            "/plaintext", Self.short + ["--find-rate", "max<1us", "-R", "1.1k"])
        let search = try #require(try outcome.report().search)
        #expect(search.finding.low == nil && search.finding.capacity == nil)
        let isMissed = search.finding.outcome == .neverMet
        #expect(outcome.ending == .exited(isMissed ? 3 : 11), "\(search)")
        #expect(search.steps.allSatisfy { $0.answer != .met } && search.closedRate == nil)
        #expect(outcome.errors.contains("capacity       none: "))
        _ = try server.stop()
    }

    @Test("a server that is not there is one line, with --find-rate and with --stages")
    func unreachable() throws {
        let server = try ServerUnderTest("single")
        _ = try server.stop()
        for steps in [["--find-rate", "p99<5ms"], ["--stages", "1k:1s"]] {
            let outcome = try LoadRun(steps + ["http://127.0.0.1:\(server.port)/"]).outcome()
            #expect(outcome.ending == .exited(1) && outcome.isOneLine, "\(outcome)")
            #expect(outcome.errors.contains("can't connect"))
        }
    }

    @Test("stages are rows, in text, JSON, CSV and the histogram log")
    func stages() throws {
        let server = try ServerUnderTest("sharded:hash")
        let folder = try TemporaryFolder()
        let run = try LoadRun([
            "-c", "4", "--warmup", "50ms", "--stages", "200:1s,500..1k/2:1s", "--slo", "rps>1",
            "--json", "-", "--csv", folder.file("a.csv"), "--hlog", folder.file("a.hlog"),
            "http://127.0.0.1:\(server.port)/plaintext",
        ])
        let outcome = try run.outcome()
        #expect(outcome.ending == .exited(0), "\(outcome)")
        let json = try JSONValue(parsing: outcome.output)
        #expect(json["schema"] == "switchyard.stages/1" && json["status"] == "complete")
        let reports = try RecordFields(json).list("stages").map { try LoadReport(json: $0) }
        #expect(reports.map(\.targetRate) == [200, 500, 1_000])
        #expect(reports.map(\.requests) == [200, 250, 500])
        let table = try CSVTable(
            parsing: String(contentsOfFile: folder.file("a.csv"), encoding: .utf8))
        #expect(table.rows.count == 3 && table.field(2, "stage") == "3")
        for (row, report) in reports.enumerated() {
            #expect(table.field(row, "requests") == "\(report.requests)")
            #expect(table.field(row, "verdict_name") == report.verdict.rawValue)
        }
        let log = try String(contentsOfFile: folder.file("a.hlog"), encoding: .utf8)
        #expect(log.contains("Tag=stage-1,") && log.contains("Tag=stage-3,"))
        #expect(outcome.errors.contains("stage   time"))
        let missed = try LoadRun([
            "-c", "4", "--warmup", "0s", "--stages", "200:200ms", "--slo", "max<1ns",
            "http://127.0.0.1:\(server.port)/plaintext",
        ]).outcome()
        #expect(missed.ending == .exited(3) && missed.output.contains("stage 1: max<1ns missed"))
        _ = try server.stop()
    }

    @Test("an interrupt leaves what is known, whole", arguments: [true, false])
    func interrupt(searches: Bool) throws {
        let folder = try TemporaryFolder()
        let control = folder.file("control")
        let server = try ServerUnderTest("sharded:hash", ["--control", control])
        let steps =
            searches
            ? ["--find-rate", "p99<1s", "-R", "1k", "-d", "60s"] : ["--stages", "1k:60s,2k:60s"]
        let run = try LoadRun(
            [
                "-c", "4", "--warmup", "0s", "--json", folder.file("a.json"),
                "http://127.0.0.1:\(server.port)/plaintext",
            ] + steps)
        try server.awaitRequests(control)
        run.interrupt()
        let outcome = try run.outcome()
        #expect(outcome.ending == .exited(130), "\(outcome)")
        if searches {
            // The step that was cut says nothing, and there was none before.
            #expect(outcome.output.contains("capacity       none: interrupted"))
            #expect(!FileManager.default.fileExists(atPath: folder.file("a.json")))
        } else {
            let json = try JSONValue(
                parsing: String(contentsOfFile: folder.file("a.json"), encoding: .utf8))
            #expect(json["status"] == "interrupted")
            #expect(try RecordFields(json).list("stages").count == 1)
        }
        _ = try server.stop()
    }
}
