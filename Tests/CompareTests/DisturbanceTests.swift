import Basis
import Measure
import Report
import Testing

@testable import Matrix

/// What a launch may suffer and still count in a gate.
@Suite("disturbed launches")
struct DisturbanceTests {
    /// What happened to a launch, and the words that say why it does not count; nil when it does.
    struct Case: Sendable {
        var stolen = 0.0
        var foreign: Double?
        var rate = 15_000.0
        var lateness = Nanoseconds.zero
        var verdict = LoadReport.Verdict.valid
        var atFixedRate: String?
        var inClosedLoop: String?
    }

    static let cases = [
        Case(),
        Case(stolen: 0.05, inClosedLoop: "withheld 5.0%"),
        Case(stolen: 0.12, atFixedRate: "withheld 12.0%", inClosedLoop: "withheld 12.0%"),
        Case(foreign: 0.05),
        Case(foreign: 0.08, inClosedLoop: "took 8.0%"),
        Case(foreign: 0.3, atFixedRate: "took 30.0%", inClosedLoop: "took 30.0%"),
        Case(rate: 14_400),
        Case(rate: 14_100, atFixedRate: "14.1k/s instead of 15.0k/s"),
        Case(rate: 15_900, atFixedRate: "15.9k/s instead of 15.0k/s"),
        Case(lateness: .milliseconds(4), verdict: .late, inClosedLoop: "late"),
        Case(lateness: .milliseconds(6), atFixedRate: "p99 6.00ms"),
        Case(verdict: .unsteady, inClosedLoop: "unsteady"),
        Case(verdict: .clientBound, atFixedRate: "client-bound"),
        Case(
            verdict: .tooFewSamples, atFixedRate: "too-few-samples",
            inClosedLoop: "too-few-samples"),
    ]

    @Test("at a fixed rate CPU time bears more than a rate in a closed loop", arguments: cases)
    func reasons(disturbed: Case) throws {
        for (isClosed, expected) in [
            (false, disturbed.atFixedRate), (true, disturbed.inClosedLoop),
        ] {
            var cell = Cell(pattern: "single", threads: 1, connections: 64)
            if !isClosed { cell.arrival = .constant(PerSecond(raw: 15_000)) }
            var record = LaunchRecord(
                slot: 0, block: 0, cell: cell, seed: 1, time: .zero, warmup: .zero,
                duration: .seconds(1), serverCPUs: "1", loadCPUs: "0")
            record.machine.stolenShare = disturbed.stolen
            record.machine.foreignShare = disturbed.foreign
            var load = LoadReport(
                url: "http://127.0.0.1:1/", protocol: "h1", mode: isClosed ? .closed : .open,
                threads: 1, connections: 64, seed: 1, duration: .seconds(1), warmup: .zero)
            load.achievedRate = disturbed.rate
            load.verdict = disturbed.verdict
            var lateness = Histogram()
            lateness.record(disturbed.lateness, count: 1_000)
            load.lateness = LatencySummary(lateness)
            record.load = load
            let reason = Disturbance.reason(record, load)
            #expect((reason == nil) == (expected == nil), "\(reason ?? "counts")")
            if let expected { #expect(reason?.contains(expected) == true, "\(reason ?? "")") }
        }
    }
}
