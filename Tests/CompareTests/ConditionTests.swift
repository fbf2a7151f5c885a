import Basis
import Foundation
import Testing

/// What `switchyard compare` makes of runs that were not measured alike.
struct ConditionTests {
    typealias Desk = CompareCommandTests.Desk

    /// `runs.csv` of sixteen launches, interleaved with those of the other offset.
    static func run(
        offset: Int, duration: String = "1.000", cpus: String = "1", metrics: String = "rps,p50_ns"
    ) -> String {
        var text = "schema,time_utc,cell_id,warmup_s,duration_s,server_cpus,load_cpus,\(metrics)\n"
        for block in 0..<16 {
            let second = 2 * block + (block.isMultiple(of: 2) ? offset : 1 - offset)
            text += "switchyard.runs/1,2026-11-23T10:00:\(CompareCommandTests.two(second))Z,c,"
            text += "0.200,\(duration),\(cpus),0"
            for _ in metrics.split(separator: ",") { text += ",\(1_000 + block % 5)" }
            text += "\n"
        }
        return text
    }

    static func manifest(timeout: Int = 2, status: String = "complete", machine: String = "m")
        -> String
    {
        """
        {"status": "\(status)", "fingerprint": {"hw_id": "\(machine)", "sw_id": "s"},
         "settings": {"warmup_ns": 1, "duration_ns": 2, "repeat": 16, "timeout_ns": \(timeout)}}
        """
    }

    @Test(
        "other lengths or CPUs are exit status 13 unless asked for, and then nothing is proved",
        arguments: [
            ("4.000", "1", "duration_s of c is 1.000 and 4.000"),
            ("1.000", "0-1", "server_cpus of c is 1 and 0-1"),
        ])
    func otherConditions(duration: String, cpus: String, words: String) throws {
        let desk = try Desk([
            "base.csv": Self.run(offset: 0),
            "cand.csv": Self.run(offset: 1, duration: duration, cpus: cpus),
        ])
        let refused = desk.compare("@base.csv @cand.csv")
        #expect(refused.status == .otherMachine && refused.output.isEmpty)
        #expect(refused.errors.contains("measured under other conditions: \(words); measure both"))
        #expect(refused.errors.split(separator: "\n").count == 1)
        let shown = desk.compare("@base.csv @cand.csv --across-machines")
        #expect(shown.status == .success)
        #expect(shown.output.contains("the conditions differ, nothing is proved: \(words)\n"))
        #expect(shown.output.contains("0 better, 0 worse, 0 same, 2 unproven"))
    }

    @Test("the manifest is read beside a runs.csv too: machine, settings and status")
    func manifestBeside() throws {
        let desk = try Desk([
            "a/runs.csv": Self.run(offset: 0), "a/manifest.json": Self.manifest(),
            "b/runs.csv": Self.run(offset: 1), "b/manifest.json": Self.manifest(machine: "n"),
            "c/runs.csv": Self.run(offset: 1), "c/manifest.json": Self.manifest(timeout: 9),
            "d/runs.csv": Self.run(offset: 1),
            "d/manifest.json": Self.manifest(status: "interrupted"),
        ])
        let machine = desk.compare("@a/runs.csv @b/runs.csv")
        #expect(machine.status == .otherMachine && machine.errors.contains("different machines"))
        let settings = desk.compare("@a @c/runs.csv")
        #expect(settings.status == .otherMachine)
        #expect(settings.errors.contains("timeout_ns is 2 and 9"))
        let partial = desk.compare("@a @d")
        #expect(partial.status == .success)
        #expect(partial.output.contains("@d: the run is not complete: its status is interrupted\n"))
    }

    @Test("metrics that one side lacks are named")
    func lonelyMetrics() throws {
        let desk = try Desk([
            "base.csv": Self.run(offset: 0, metrics: "rps,p50_ns,p99_ns"),
            "cand.csv": Self.run(offset: 1, metrics: "rps,max_ns"),
        ])
        let outcome = desk.compare("@base.csv @cand.csv")
        #expect(outcome.status == .success)
        #expect(outcome.output.contains("only in @base.csv: metrics p50_ns, p99_ns\n"))
        #expect(outcome.output.contains("only in @cand.csv: metric max_ns\n"))
    }

    @Test("a byte order mark in front of a table is no part of its first column")
    func byteOrderMark() throws {
        let desk = try Desk([
            "base.csv": "\u{FEFF}" + Self.run(offset: 0), "cand.csv": Self.run(offset: 1),
        ])
        #expect(desk.compare("@base.csv @cand.csv").status == .success)
    }
}
