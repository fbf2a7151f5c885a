import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

@testable import Matrix

@Suite("launches made again")
struct RepetitionTests {
    private static func plan(spare: Nanoseconds, repeats: Int = 2) -> Plan {
        let cells = (1...3).map { Cell(pattern: "single", threads: 1, connections: $0) }
        var settings = Settings.short(repeats: repeats)
        settings.spare = spare
        return Plan(cells: cells, settings: settings, seed: 7)
    }

    /// Each launch takes a tenth of a second by this clock.
    private static func runner(
        _ plan: Plan, _ executor: MockExecutor, interruption: StopRequest = StopRequest { .none },
        lines: @escaping (String) -> Void = { _ in }
    ) -> Runner<MockExecutor> {
        var clock: Int64 = 0
        return Runner(
            plan: plan, executor: executor, interruption: interruption,
            progress: Progress(.lines, plan: plan, done: 0, write: lines),
            now: {
                clock += 100_000_000
                return Instant(raw: clock)
            })
    }

    @Test("what was spoilt is made again in its block, and counts no more")
    func again() throws {
        let scratch = try Scratch()
        let plan = Self.plan(spare: .seconds(60))
        var executor = MockExecutor()
        executor.disturbed = [1, 4, 6]
        executor.failing = [2]
        var lines: [String] = []
        var runner = Self.runner(plan, executor) { lines.append($0) }
        let path = scratch.path + "/journal.ndjson"
        var journal = try Journal<LaunchRecord>(path)
        #expect(try runner.run(into: &journal) == .complete)
        // That of slot 1 was spoilt once more; a launch that failed is not made again.
        #expect(executor.log.slots == Array(0..<9))
        let records = journal.records
        #expect(records.map(\.replaces).suffix(3) == [1, 4, 6])
        #expect(records[1].replacedBy == 6 && records[4].replacedBy == 7)
        #expect(records[6].replacedBy == 8 && records[8].replacedBy == nil)
        #expect(records[6].block == records[1].block && records[6].cell == records[1].cell)
        #expect(records[6].seed == records[1].seed)
        #expect(lines.suffix(3).allSatisfy { $0.hasPrefix("[again] ") })
        // What is read back knows it too.
        #expect(try Journal<LaunchRecord>.records(path) == records)
        for summary in CellSummary.all(records) {
            let isFailed = summary.cell == plan.slots[2].cell
            #expect(summary.validLaunches == (isFailed ? 1 : 2) && summary.verdict == "valid")
        }
        #expect(records[1].invalidReason?.contains("made again as launch 6") == true)
    }

    @Test("no more is made again than there is time for", arguments: [0, 150, 1_000])
    func time(milliseconds: Int) throws {
        let scratch = try Scratch()
        let plan = Self.plan(spare: .milliseconds(milliseconds))
        var executor = MockExecutor()
        executor.disturbed = Set(0..<1_000)
        var runner = Self.runner(plan, executor)
        var journal = try Journal<LaunchRecord>(scratch.path + "/journal.ndjson")
        #expect(try runner.run(into: &journal) == .complete)
        #expect(journal.records.count - plan.slots.count == milliseconds / 100)
        // Each once before any twice.
        let again = journal.records.compactMap(\.replaces)
        #expect(Set(again.prefix(6)).count == min(again.count, 6))
        #expect(again.prefix(6).allSatisfy { $0 < plan.slots.count })
    }

    @Test("a run that was stopped meanwhile goes on with what time is left")
    func resumed() throws {
        let scratch = try Scratch()
        let plan = Self.plan(spare: .milliseconds(450))
        let path = scratch.path + "/journal.ndjson"
        var executor = MockExecutor()
        executor.disturbed = Set(0..<1_000)
        var looks = 0
        let interruption = StopRequest {
            looks += 1
            return looks == 9 ? .afterLaunch : .none
        }
        do {
            var runner = Self.runner(plan, executor, interruption: interruption)
            var journal = try Journal<LaunchRecord>(path)
            #expect(try runner.run(into: &journal) == .interrupted)
            #expect(journal.records.count == 8)
        }
        var runner = Self.runner(plan, executor)
        var journal = try Journal<LaunchRecord>(path)
        #expect(try runner.run(into: &journal) == .complete)
        #expect(journal.records.count < 6 + 5 && journal.records.count >= 8)
        #expect(Set(journal.records.map(\.slot)).count == journal.records.count)
    }

    @Test("only what the server can't have brought about is a reason")
    func reasons() {
        let cell = Cell(pattern: "single", threads: 1, connections: 1)
        func isSpoilt(_ change: (inout LaunchRecord) -> Void) -> Bool {
            var record = LaunchRecord(
                slot: 0, block: 0, cell: cell, seed: 1, time: .zero, warmup: .zero,
                duration: .seconds(1), serverCPUs: "1", loadCPUs: "0")
            record.load = Fake.report(cell)
            change(&record)
            return record.isSpoilt
        }
        let spoilt: [(String, (inout LaunchRecord) -> Void)] = [
            ("stolen", { $0.machine.stolenShare = 0.02 }),
            ("foreign", { $0.machine.foreignShare = 0.5 }),
            ("unsteady", { $0.load!.verdict = .unsteady }),
            ("late", { $0.load!.verdict = .late }),
        ]
        for (name, change) in spoilt {
            #expect(isSpoilt(change), "\(name)")
            #expect(
                !isSpoilt {
                    change(&$0)
                    $0.replacedBy = 9
                }, "\(name), but made again")
        }
        let other: [(String, (inout LaunchRecord) -> Void)] = [
            ("nothing", { _ in }), ("no report", { $0.load = nil }),
            ("failure", { $0.failure = "it failed" }),
            (
                "no connection was free",
                {
                    $0.load!.verdict = .late
                    $0.load!.starved = $0.load!.requests / 10
                }
            ),
            ("client-bound", { $0.load!.verdict = .clientBound }),
            ("errors", { $0.load!.verdict = .errors }),
            ("too few samples", { $0.load!.verdict = .tooFewSamples }),
            ("other openings", { $0.load!.verdict = .otherOpenings }),
        ]
        for (name, change) in other { #expect(!isSpoilt(change), "\(name)") }
    }
}
