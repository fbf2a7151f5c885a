import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

@testable import Matrix

@Suite("plan, journal and resume")
struct RunnerTests {
    private static func plan(seed: Int64 = 7, repeats: Int = 3) -> Plan {
        let cells = (1...5).map { Cell(pattern: "single", threads: 1, connections: $0) }
        return Plan(cells: cells, settings: .short(repeats: repeats), seed: seed)
    }

    private static func runner(
        _ plan: Plan, _ executor: MockExecutor, interruption: StopRequest = StopRequest { .none },
        lines: @escaping (String) -> Void = { _ in }, done: Int = 0
    ) -> Runner<MockExecutor> {
        var clock: Int64 = 0
        return Runner(
            plan: plan, executor: executor, interruption: interruption,
            progress: Progress(.lines, plan: plan, done: done, write: lines),
            now: {
                clock += 100_000_000
                return Instant(raw: clock)
            })
    }

    @Test("each block holds every cell once, in an order that follows from the seed")
    func order() {
        for seed in [Int64(0), 7, SeededGenerator.seeds.upperBound - 1] {
            let plan = Self.plan(seed: seed)
            #expect(plan.slots.map(\.index) == Array(0..<15))
            for block in 0..<3 {
                let slots = plan.slots.filter { $0.block == block }
                #expect(slots.map(\.cell).sorted() == plan.cells, "seed \(seed)")
                #expect(Set(slots.map(\.seed)).count == 1)
            }
            #expect(plan == Self.plan(seed: seed))
        }
        // The order is part of the format: a resumed run must find it again in every later version.
        #expect(
            Self.plan().slots.map(\.cell.connections) == [
                5, 4, 3, 2, 1, 5, 1, 2, 4, 3, 2, 4, 3, 1, 5,
            ])
        #expect(Self.plan(seed: 8).slots.map(\.cell) != Self.plan().slots.map(\.cell))
    }

    @Test("the hash of a plan tells every change")
    func hash() throws {
        let base = Self.plan()
        var settings = base.settings
        settings.duration = .milliseconds(11)
        let others = [
            Self.plan(seed: 8), Self.plan(repeats: 2),
            Plan(cells: base.cells.dropLast(), settings: base.settings, seed: 7),
            Plan(cells: base.cells, settings: settings, seed: 7),
        ]
        #expect(base.hash(servers: []) == Self.plan().hash(servers: []))
        for other in others { #expect(other.hash(servers: []) != base.hash(servers: [])) }
    }

    @Test("a whole run writes every launch, in order")
    func wholeRun() throws {
        let scratch = try Scratch()
        let plan = Self.plan()
        var executor = MockExecutor()
        executor.failing = [4]
        var lines: [String] = []
        var runner = Self.runner(plan, executor) { lines.append($0) }
        var journal = try Journal<LaunchRecord>(scratch.path + "/journal.ndjson")
        #expect(try runner.run(into: &journal) == .complete)
        #expect(executor.log.slots == Array(0..<15))
        #expect(plan.slots.allSatisfy { journal.holds($0) })
        #expect(journal.records.map(\.slot) == Array(0..<15))
        #expect(
            try Journal<LaunchRecord>.records(scratch.path + "/journal.ndjson") == journal.records)
        #expect(lines.count == 15)
        #expect(lines[4].contains("[5/15] ") && lines[4].hasSuffix("invalid: it failed\n"))
        #expect(lines[0] == "[1/15] h1/single/w1/c5/p13  6%  ETA 2s  250k/s  p99 50.0us\n")
        #expect(lines[14].contains("100%  ETA 0s"))
    }

    @Test(
        "Ctrl-C ends after the launch under way, and a resumed run makes the rest",
        arguments: 0...15)
    func interrupted(after count: Int) throws {
        let scratch = try Scratch()
        let plan = Self.plan()
        let path = scratch.path + "/journal.ndjson"
        var looks = 0
        let interruption = StopRequest {
            looks += 1
            return looks == count + 1 ? .afterLaunch : .none
        }
        do {
            var runner = Self.runner(plan, MockExecutor(), interruption: interruption)
            var journal = try Journal<LaunchRecord>(path)
            let ending = try runner.run(into: &journal)
            #expect(ending == (count < 15 ? .interrupted : .complete))
            #expect(journal.records.count == count)
        }
        let rest = MockExecutor()
        var runner = Self.runner(plan, rest)
        var journal = try Journal<LaunchRecord>(path)
        #expect(try runner.run(into: &journal) == .complete)
        #expect(rest.log.slots == Array(count..<15))
        #expect(journal.records.map(\.slot) == Array(0..<15))
    }

    @Test("a launch that is stopped at once leaves no record")
    func stopped() throws {
        let scratch = try Scratch()
        var executor = MockExecutor()
        executor.stoppedAt = 2
        var runner = Self.runner(Self.plan(), executor)
        var journal = try Journal<LaunchRecord>(scratch.path + "/journal.ndjson")
        #expect(try runner.run(into: &journal) == .interrupted)
        #expect(journal.records.map(\.slot) == [0, 1])
    }

    @Test("the first Ctrl-C waits, the second does not, SIGTERM neither; levels never fall")
    func levels() {
        typealias Level = StopRequest.Level
        for (given, wanted) in [
            ([Level.none, .none], [Level.none, .none]),
            (
                [.afterLaunch, .none, .afterLaunch, .none],
                [.afterLaunch, .afterLaunch, .now, .now]
            ),
            ([.now, .none], [.now, .now]),
        ] as [([Level], [Level])] {
            var queue = given
            var told = 0
            let interruption = StopRequest { queue.removeFirst() }
            interruption.onFirst = { told += 1 }
            #expect(given.map { _ in interruption.check() } == wanted)
            #expect(told == (wanted.contains(.afterLaunch) ? 1 : 0))
        }
    }

    @Test("a journal cut at any byte loses only the line that was cut, and goes on")
    func torn() throws {
        let scratch = try Scratch()
        let plan = Self.plan(repeats: 1)
        let path = scratch.path + "/journal.ndjson"
        var whole = Data()
        do {
            var runner = Self.runner(plan, MockExecutor())
            var journal = try Journal<LaunchRecord>(path)
            _ = try runner.run(into: &journal)
            whole = try Data(contentsOf: URL(fileURLWithPath: path))
        }
        for cut in stride(from: 0, through: whole.count, by: 97) + [whole.count - 1, whole.count] {
            try whole.prefix(cut).write(to: URL(fileURLWithPath: path))
            let lines = whole.prefix(cut).filter { $0 == UInt8(ascii: "\n") }.count
            let rest = MockExecutor()
            var runner = Self.runner(plan, rest)
            var journal = try Journal<LaunchRecord>(path)
            #expect(journal.records.count == lines, "cut at \(cut)")
            #expect(journal.lostTornLine == (cut > 0 && whole[cut - 1] != UInt8(ascii: "\n")))
            #expect(try runner.run(into: &journal) == .complete)
            #expect(rest.log.slots == Array(lines..<5), "cut at \(cut)")
            #expect(
                try Journal<LaunchRecord>.records(path).map(\.slot) == Array(0..<5), "cut at \(cut)"
            )
        }
    }

    @Test("a journal damaged elsewhere is refused, and so is a second writer")
    func damaged() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/journal.ndjson"
        var line = ""
        do {
            var runner = Self.runner(Self.plan(repeats: 1), MockExecutor())
            var journal = try Journal<LaunchRecord>(path)
            _ = try runner.run(into: &journal)
            line = try #require(journal.records.first).json.compact
            let held = #expect(throws: Complaint.self) { _ = try Journal<LaunchRecord>(path) }
            #expect(held?.problem == "another switchyard is at work on \(path)")
        }
        for (text, problem) in [
            ("{}\n" + line + "\n", "\(path) line 1 is no launch: schema is missing"),
            (line + "\nx\n", "\(path) line 2 is no launch: line 1, column 1: 'x' is no number"),
            (line + "\n" + line + "\n", "\(path) line 2 repeats slot 0"),
        ] {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let complaint = #expect(throws: Complaint.self) { _ = try Journal<LaunchRecord>(path) }
            #expect(complaint?.problem == problem)
        }
    }

    @Test("the estimate is the plan's time plus what starting and stopping has cost so far")
    func estimate() {
        let cell = Cell(pattern: "single", threads: 1, connections: 1)
        let ten = (0..<10).map { Slot(index: $0, block: 0, cell: cell, seed: 1) }
        var settings = Settings()
        settings.warmup = .zero
        var estimate = TimeEstimate(settings)
        #expect(estimate.remaining(ten) == .milliseconds(23_500))
        estimate.note(cell, elapsed: .milliseconds(2_100))
        estimate.note(cell, elapsed: .milliseconds(2_300))
        #expect(estimate.remaining(ten) == .seconds(22))
        #expect(estimate.remaining(ten[..<0]) == .zero)
        // A link is made and ended, and connecting takes round trips.
        var far = cell
        far.link.roundTrip = .milliseconds(100)
        let slot = Slot(index: 0, block: 0, cell: far, seed: 1)
        #expect(estimate.remaining([slot]) == .milliseconds(2_200 + 150 + 600))
        estimate.note(far, elapsed: .milliseconds(2_200 + 150 + 600))
        #expect(estimate.remaining(ten) == .seconds(22))
        #expect(clock(.seconds(59)) == "59s" && clock(.seconds(760)) == "12m40s")
        #expect(clock(.seconds(7_380)) == "2h3m")
    }

    @Test("on a terminal one line is rewritten and cleared; silence is silent")
    func live() {
        let plan = Self.plan(repeats: 1)
        var text = ""
        var live = Progress(.live, plan: plan, done: 2) { text += $0 }
        live.begin(plan.slots[2])
        #expect(text == "\r[3/5] h1/single/w1/c3/p13  40%  ETA 2s")
        text = ""
        live.note("a warning")
        #expect(text == "\r" + String(repeating: " ", count: 38) + "\ra warning\n")
        // A launch that does not count leaves its reason; one that counts leaves nothing.
        var executor = MockExecutor()
        executor.failing = [3]
        for (index, wanted) in [
            (2, ""), (3, "[4/5] \(plan.slots[3].cell.id)  80%  ETA 1s  invalid: it failed\n"),
        ] {
            text = ""
            let record = executor.launch(
                plan.slots[index], settings: plan.settings, interruption: StopRequest { .none })
            live.end(record!, elapsed: .zero)
            #expect(text == wanted)
        }
        text = ""
        var silent = Progress(.silent, plan: plan, done: 0) { text += $0 }
        silent.begin(plan.slots[0])
        silent.note("x")
        silent.finish()
        #expect(text.isEmpty)
    }

    @Test("tables and histograms follow from the journal")
    func tables() throws {
        let scratch = try Scratch()
        let plan = Self.plan()
        var executor = MockExecutor()
        executor.failing = [4]
        let erring = try #require(plan.slots.last { $0.cell == plan.slots[3].cell })
        executor.erring = [erring.index]
        var runner = Self.runner(plan, executor)
        var journal = try Journal<LaunchRecord>(scratch.path + "/journal.ndjson")
        _ = try runner.run(into: &journal)
        try FileManager.default.createDirectory(
            atPath: scratch.path + "/hist", withIntermediateDirectories: true)
        let directory = RunDirectory(path: scratch.path)
        let run = RunIdentity(runID: "r1", commit: "abc", branch: "main", isDirty: false)
        try directory.writeTables(run: run, records: journal.records)
        let runs = try CSVTable(parsing: try scratch.read("runs.csv"))
        #expect(runs.rows.count == 15)
        #expect(runs.field(4, "valid") == "0" && runs.field(4, "invalid_reason") == "it failed")
        #expect(runs.field(4, "rps") == nil && runs.field(3, "rps") == "250000.0")
        #expect(runs.field(3, "p50_ns") == "50015" && runs.field(3, "max_ns") == "1000000")
        let cells = try CSVTable(parsing: try scratch.read("cells.csv"))
        #expect(cells.rows.count == 5)
        #expect(cells.field(0, "n") == "3" && cells.field(0, "rps_ci_lo") == nil)
        let failed = try #require(cells.rows.first { $0.contains(plan.slots[4].cell.id) })
        #expect(failed[cells.index(of: "n_valid")!] == "2")
        let stem = plan.slots[3].cell.fileStem
        let log = try IntervalLog(parsing: try scratch.read("hist/\(stem).hlog"))
        #expect(log.entries.count == 3)
        #expect(runs.field(3, "hist_file") == "hist/\(stem).hlog")
        #expect(log.entries.contains { $0.tag == runs.field(3, "hist_tag") })
        let merged = PercentileText.rows(parsing: try scratch.read("hist/\(stem).hgrm"))
        #expect(merged?.last?.count == 10_000, "the launch with errors does not count")
    }
}
