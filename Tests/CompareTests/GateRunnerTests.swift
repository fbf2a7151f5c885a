import Basis
import Compare
import Foundation
import Measure
import Report
import Testing

@testable import Matrix

/// A gate driven through launches that a table makes.
struct GateRunnerTests {
    /// What was launched, shared by the copies that a runner owns.
    final class Log {
        var launches: [String] = []
        var count = 0
    }

    struct MockServer: Executor {
        let side: String
        let log: Log
        var slowness = 1.0
        /// The launch, counted over both sides, before which the user stops the gate.
        var stoppedAt: Int?
        var failure: String?
        /// What is wrong with its answers.
        var spoil: (inout LoadReport) -> Void = { _ in }

        mutating func launch(
            _ slot: Slot, settings: Settings, interruption: StopRequest
        ) -> LaunchRecord? {
            log.count += 1
            if log.count == stoppedAt { return nil }
            log.launches.append("\(slot.index) \(side) \(slot.cell.id) \(slot.seed)")
            var record = LaunchRecord(
                slot: slot.index, block: slot.block, cell: slot.cell, seed: slot.seed,
                time: .seconds(1_764_000_000 + slot.index), warmup: settings.warmup,
                duration: settings.duration, serverCPUs: "1", loadCPUs: "0")
            record.failure = failure
            var load = LoadReport(
                url: "http://127.0.0.1:1/", protocol: "h1", mode: .open, threads: 1,
                connections: 64, seed: 1, duration: .seconds(1), warmup: .zero)
            load.requests = 10_000
            load.achievedRate = slot.cell.arrival.rate?.raw ?? 10_000
            load.statuses.success2xx = load.requests
            load.bodyBytes = 13 * load.requests
            spoil(&load)
            record.load = load
            // A little noise that follows from the slot, the same on both sides.
            let noise = 1 + 0.001 * Double(slot.index % 7)
            let cpu = Nanoseconds(raw: Int64(90_000_000 * slowness * noise))
            var usage = ServerUsage()
            usage.span = .seconds(1)
            usage.requests = 10_000
            usage.cpu = cpu
            usage.user = cpu
            usage.system = .zero
            usage.runQueueWait = .zero
            usage.voluntarySwitches = 1
            usage.involuntarySwitches = 0
            usage.peakResident = .mebibytes(8)
            usage.residentGrowth = 0
            record.server = usage
            return record
        }
    }

    static let cells = ["single", "sharded:hash"].map { pattern in
        var cell = Cell(pattern: pattern, threads: 1, connections: 64)
        cell.arrival = .constant(PerSecond(raw: 15_000))
        return cell
    }

    static func runner(_ base: MockServer, _ candidate: MockServer) -> GateRunner<MockServer> {
        let gated = cells.map { GateRunner<MockServer>.gated($0) }
        return GateRunner(
            cells: cells,
            procedure: GateProcedure(
                cells: gated, policy: GatePolicy(),
                design: GateRateTests.design, seed: 42),
            settings: Settings(), base: base, candidate: candidate,
            interruption: StopRequest { .none })
    }

    static func journal() -> String {
        NSTemporaryDirectory() + "gate-\(UUID().uuidString).ndjson"
    }

    @Test("a slower server is a regression, the same server is none", arguments: [1.0, 1.08])
    func verdict(slowness: Double) throws {
        let path = Self.journal()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var journal = GateJournals(launches: try Journal<LaunchRecord>(path))
        let log = Log()
        var runner = Self.runner(
            MockServer(side: "base", log: log),
            MockServer(side: "cand", log: log, slowness: slowness))
        #expect(try runner.run(into: &journal) == .complete)
        let result = try #require(runner.procedure.result)
        #expect(result.verdict == (slowness > 1 ? .regression : .pass), "\(result.reasons)")
        let records = journal.launches.records
        #expect(records.count == log.launches.count)
        // Of the control, both launches are the base's.
        #expect(log.launches.filter { $0.contains(" cand ") }.count < log.launches.count / 2)
        #expect(Set(records.compactMap(\.side)) == ["base", "cand", "null"])
    }

    /// Launches before the user stops: between two pairs, and between the two launches of a pair.
    @Test("an interrupted gate goes on where it stopped and ends the same", arguments: [10, 11])
    func resume(done: Int) throws {
        let path = Self.journal()
        let other = Self.journal()
        defer {
            for file in [path, other] { try? FileManager.default.removeItem(atPath: file) }
        }
        let whole = Log()
        var straight = Self.runner(
            MockServer(side: "base", log: whole),
            MockServer(side: "cand", log: whole, slowness: 1.08))
        var complete = GateJournals(launches: try Journal<LaunchRecord>(other))
        #expect(try straight.run(into: &complete) == .complete)

        let log = Log()
        do {
            var journal = GateJournals(launches: try Journal<LaunchRecord>(path))
            var first = Self.runner(
                MockServer(side: "base", log: log, stoppedAt: done + 1),
                MockServer(side: "cand", log: log, slowness: 1.08, stoppedAt: done + 1))
            #expect(try first.run(into: &journal) == .interrupted)
        }
        #expect(log.launches == Array(whole.launches[..<done]))
        var journal = GateJournals(launches: try Journal<LaunchRecord>(path))
        let fresh = Log()
        var remarks: [String] = []
        var second = Self.runner(
            MockServer(side: "base", log: fresh),
            MockServer(side: "cand", log: fresh, slowness: 1.08))
        second.remark = { remarks.append($0) }
        #expect(try second.run(into: &journal) == .complete)
        // Whole pairs are kept; half a pair is launched anew as a whole.
        #expect(fresh.launches == Array(whole.launches[10...]))
        #expect(remarks.count == done - 10)
        #expect(second.procedure.result == straight.procedure.result)
        let records = try Journal<LaunchRecord>.records(path)
        #expect(records == complete.launches.records, "each launch stands there once")
    }

    @Test("half a pair that is all there is leaves an empty journal")
    func halfPairAlone() throws {
        let path = Self.journal()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = Log()
        var journal = GateJournals(launches: try Journal<LaunchRecord>(path))
        var runner = Self.runner(
            MockServer(side: "base", log: log, stoppedAt: 2),
            MockServer(side: "cand", log: log, stoppedAt: 2))
        #expect(try runner.run(into: &journal) == .interrupted)
        #expect(journal.launches.records.count == 1)
        #expect(try journal.dropHalfPair())
        #expect(try !journal.dropHalfPair())
        #expect(try String(contentsOfFile: path, encoding: .utf8).isEmpty)
    }

    /// What a server may answer wrongly, by what it makes of a report.
    enum Answers: String, CaseIterable {
        case status500, timeouts, redirects, short, none

        func spoil(_ load: inout LoadReport) {
            switch self {
            case .status500:
                load.requests = 0
                load.errors.status = 120
                load.statuses = LoadReport.Statuses()
                load.statuses.server5xx = 120
                load.verdict = .errors
            case .timeouts:
                load.requests = 0
                load.errors.timeout = 120
                load.verdict = .errors
            case .redirects:
                load.statuses = LoadReport.Statuses()
                load.requests = 120
                load.statuses.redirect3xx = 120
            case .short: load.bodyBytes = load.requests
            case .none: load.requests = 0
            }
        }

        var reason: String {
            switch self {
            case .status500: "fails in CELL: all 120 answers had status 5xx"
            case .timeouts: "fails in CELL: 120 requests timed out"
            case .redirects:
                "fails in CELL: 120 of 120 answers had status 3xx, and 2xx is expected"
            case .short:
                "the answers differ in CELL: a body of the candidate has 1.0 bytes, of the base"
                    + " 13.0"
            case .none: "fails in CELL: no request was answered"
            }
        }
    }

    @Test(
        "a candidate whose answers are wrong is named before anything is measured",
        arguments: Answers.allCases)
    func wrongAnswers(answers: Answers) {
        let log = Log()
        var runner = Self.runner(
            MockServer(side: "base", log: log),
            MockServer(side: "cand", log: log, spoil: answers.spoil))
        guard case .wrong(let reason) = runner.smoke(duration: .milliseconds(1)) else {
            Issue.record("the smoke test passed")
            return
        }
        let wanted = answers.reason.replacing("CELL", with: Self.cells[0].id)
        #expect(reason == wanted || reason == "the candidate \(wanted)")
    }

    @Test("a server that fails is found before anything is measured", arguments: ["base", "cand"])
    func smoke(side: String) {
        let log = Log()
        func server(_ name: String) -> MockServer {
            MockServer(side: name, log: log, failure: name == side ? "status 500" : nil)
        }
        var runner = Self.runner(server("base"), server("cand"))
        let name = side == "base" ? "base" : "candidate"
        #expect(
            runner.smoke(duration: .milliseconds(1))
                == .wrong("the \(name) fails in \(Self.cells[0].id): status 500"))
        var good = Self.runner(
            MockServer(side: "base", log: log), MockServer(side: "cand", log: log))
        #expect(good.smoke(duration: .milliseconds(1)) == .passed)
    }
}
