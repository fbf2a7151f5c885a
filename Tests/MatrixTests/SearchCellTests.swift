import Basis
import Measure
import Platform
import Report
import Testing

@testable import Matrix

@Suite("cells that search their rate")
struct SearchCellTests {
    private static func cells(_ text: String, filter: String? = nil) throws -> [Cell] {
        let matrix = try Matrix(parsing: text, file: "m.json5")
        let chosen = try filter.map { try CellFilter(parsing: $0, origin: "--filter") }
        return try matrix.expand(profile: "default", filter: chosen, serverThreads: 2).cells
    }

    static func cell(
        _ rules: String = "p99<5ms", isPoisson: Bool = true
    ) -> Cell {
        var cell = Cell(pattern: "single", threads: 1, connections: 6)
        cell.arrival = .search(CapacityQuestion(rules: rules, isPoisson: isPoisson))
        return cell
    }

    /// A launch of `cell` whose search ended like this.
    static func record(
        _ cell: Cell, slot: Int = 0, outcome: CapacityFinding.Outcome = .found, low: Double = 1_000
    ) -> LaunchRecord {
        var report = Fake.report(cell)
        report.mode = .open
        report.search = SearchReport(
            rules: ["p99<5ms"], closedRate: nil,
            finding: CapacityFinding(outcome: outcome, low: low, high: low * 1.01),
            reason: outcome == .found ? nil : "so it is",
            steps: [
                SearchStep(
                    CapacityProbe(rate: low, purpose: .confirm), .met, values: [4e6],
                    report: report)
            ])
        var record = LaunchRecord(
            slot: slot, block: slot, cell: cell, seed: 1, time: .zero, warmup: .zero,
            duration: .seconds(2), serverCPUs: "0", loadCPUs: "1")
        record.load = report
        return record
    }

    @Test("a matrix names them by their rules, beside cells with a rate")
    func file() throws {
        let text =
            "{defaults: {pattern: 'single'}, axes: {rate: ['find:p99<5ms', 'find:p99 <= 5ms,"
            + "errors<1%', 500], arrivals: ['poisson', 'constant']}}"
        #expect(
            try Self.cells(text).map(\.id) == [
                "h1/single/w2/c64/p13/find-p99<5ms", "h1/single/w2/c64/p13/find-p99<5ms-constant",
                "h1/single/w2/c64/p13/find-p99<=5ms+errors<1%",
                "h1/single/w2/c64/p13/find-p99<=5ms+errors<1%-constant",
                "h1/single/w2/c64/p13/r500", "h1/single/w2/c64/p13/r500-constant",
            ])
        #expect(try Self.cells(text, filter: "rate!~find").count == 2)
        #expect(try Self.cells(text, filter: "rate=find:p99<5ms arrivals=constant").count == 1)
        for cell in try Self.cells(text) {
            #expect(try Cell(RecordFields(cell.json)) == cell)
        }
    }

    @Test(
        "a rule that makes no sense is refused where it stands",
        arguments: [
            "find:", "find:rps>5k", "find:p99>5ms", "find:p99<5", "find:p100<5ms", "find:p<5ms",
            "find:p99<5ms,", "find:errors<200%", "find:mean<1ms<2ms", "find:speed<1ms",
        ])
    func refusal(rate: String) {
        let complaint = #expect(throws: Complaint.self) {
            try Self.cells("{axes: {rate: '\(rate)'}}")
        }
        #expect(complaint?.description.contains("m.json5: axes.rate") == true, "\(rate)")
        #expect(complaint?.remedy.contains("find:p99<5ms") == true)
    }

    @Test("the generator takes the same rules", arguments: ["poisson", "constant"])
    func arguments(arrivals: String) {
        let told = RunningGenerator.arguments(
            Self.cell("p99<5ms,errors<1%", isPoisson: arrivals == "poisson"), host: "127.0.0.1",
            port: 9, threads: 1, seed: 0, settings: .short(), turn: nil)
        for pair in [["--find-rate", "p99<5ms,errors<1%"], ["--arrivals", arrivals]] {
            let place = told.firstIndex(of: pair[0])
            #expect(place.map { told[$0 + 1] } == pair[1], "\(pair)")
        }
        #expect(!told.contains("--rate"))
    }

    @Test("a launch of one brings the search and reads no server")
    func launch() throws {
        let scratch = try Scratch()
        let programs = try Fake.programs(in: scratch)
        let wanted = Self.record(Self.cell()).load
        try scratch.write("report.json", wanted?.json.compact ?? "")
        let plan = Plan(cells: [Self.cell()], settings: .short(), seed: 3)
        let cpu = CPUSet.available.cpus[0]
        var executor = try ProcessExecutor(
            programs: programs, servers: [], cpus: CPUSplit(server: [cpu], load: [cpu]))
        defer { executor.removeScratch() }
        let launched = executor.launch(
            plan.slots[0], settings: plan.settings, interruption: StopRequest { .none })
        let record = try #require(launched)
        #expect(record.failure == nil && record.load == wanted && record.server == nil)
        #expect(try LaunchRecord(json: record.json) == record)
    }

    @Test("tables have the capacity, medians where each launch found one")
    func tables() throws {
        let cell = Self.cell()
        let records = (0..<6).map { Self.record(cell, slot: $0, low: 1_000 + 2 * Double($0)) }
        let run = RunIdentity(runID: "r", commit: nil, branch: nil, isDirty: nil)
        let runs = CSVTable(RunColumns.all, rows: records.map { (run, $0) })
        #expect(runs.field(0, "arrival") == "search" && runs.field(0, "rate_target") == nil)
        #expect(runs.field(0, "find_rate") == "p99<5ms")
        #expect(runs.field(0, "find_arrivals") == "poisson")
        #expect(runs.field(1, "capacity_rps") == "1002.0")
        #expect(runs.field(1, "capacity_above_rps") == "1012.0")
        #expect(runs.field(1, "search_outcome") == "found" && runs.field(1, "search_steps") == "1")
        #expect(runs.field(1, "search_reason") == nil)

        func cells(_ records: [LaunchRecord]) -> CSVTable {
            CSVTable(CellColumns.all, rows: CellSummary.all(records).map { (run, $0) })
        }
        let all = cells(records)
        #expect(all.field(0, "capacity_rps_median") == "1005.0")
        #expect(all.field(0, "capacity_rps_ci_lo") == "1000.0")
        #expect(all.field(0, "capacity_rps_ci_hi") == "1010.0")
        #expect(all.field(0, "search_outcome") == "found")
        // A median over some of the launches would be that of the lucky ones.
        let some = cells(records + [Self.record(cell, slot: 6, outcome: .generatorBound)])
        #expect(some.field(0, "capacity_rps_median") == nil)
        #expect(some.field(0, "search_outcome") == "generator-bound")
        let text = SummaryTable.text(CellSummary.all(records), width: nil, colours: false)
        #expect(text.contains("capacity") && text.contains("1005"))
        let plain = Cell(pattern: "single", threads: 1, connections: 8)
        var other = Self.record(plain)
        other.load?.search = nil
        #expect(cells([other]).field(0, "search_outcome") == nil)
        #expect(
            !SummaryTable.text(CellSummary.all([other]), width: nil, colours: false)
                .contains("capacity"))
    }

    @Test("the estimate knows that searches take long, and learns how long")
    func estimate() {
        let slots = [Self.cell(), Cell(pattern: "single", threads: 1, connections: 1)].map {
            Slot(index: 0, block: 0, cell: $0, seed: 1)
        }
        var settings = Settings()
        settings.warmup = .zero
        var estimate = TimeEstimate(settings)
        #expect(estimate.remaining(slots[1...]) == .milliseconds(2_350))
        #expect(estimate.remaining(slots) == .milliseconds(2_350 + 32_350))
        estimate.note(slots[0].cell, elapsed: .seconds(40))
        estimate.note(slots[0].cell, elapsed: .seconds(50))
        #expect(estimate.remaining(slots) == .milliseconds(2_350 + 45_000))
        estimate.note(slots[1].cell, elapsed: .seconds(3))
        #expect(estimate.remaining(slots) == .seconds(48))
    }

    @Test("searches have steps and launches of their own, unless the command line says it of all")
    func times() throws {
        let text =
            "{defaults: {pattern: 'single', warmup: '1s', duration: '3s', repeat: 3,"
            + " search: {warmup: 0, duration: '400ms', repeat: 1}},"
            + " axes: {rate: ['find:p99<5ms', 500]}, profiles: {long: {duration: '9s',"
            + " search: {repeat: 5}}}}"
        func plan(_ profile: String = "default", repeats: Int? = nil) throws -> Plan {
            try RunRequest(
                matrix: "m.json5", profile: profile, repeats: repeats, seed: 1,
                cpus: CPUSplit(server: [0], load: [1])
            ).plan { _ in text }.plan
        }
        func searches(_ plan: Plan) -> Int {
            plan.slots.count { $0.cell.arrival.question != nil }
        }
        let usual = try plan()
        #expect(usual.slots.count == 4 && searches(usual) == 1)
        // One of 400 ms in 16 steps, and three launches.
        #expect(
            TimeEstimate(usual.settings).remaining(usual.slots)
                == .milliseconds(16 * 400 + 350 + 3 * 4_350))
        let own = usual.settings.of(Self.cell())
        #expect(own.duration == .milliseconds(400) && own.warmup == .zero)
        let long = try plan("long")
        #expect(long.slots.count == 8 && searches(long) == 5)
        #expect(long.settings.of(Self.cell()).duration == .milliseconds(400))
        #expect(try plan(repeats: 2).slots.map(\.block) == [0, 0, 1, 1])
        // What is as with all others is not told, so that older runs can be resumed.
        #expect(Settings().json["search"] == nil && usual.settings.json["search"] != nil)
    }

    @Test(
        "times of searches that can't be are refused where they stand",
        arguments: [
            ("{duration: '1ms'}", "search.duration"), ("{repeat: 0}", "search.repeat"),
            ("{steps: 3}", "search"), ("3", "search"),
        ])
    func wrongTimes(search: String, place: String) {
        for text in [
            "{defaults: {search: \(search)}}", "{profiles: {long: {search: \(search)}}}",
        ] {
            let complaint = #expect(throws: Complaint.self) { try Self.cells(text) }
            #expect(complaint?.problem.contains(place) == true, "\(complaint?.problem ?? "")")
        }
    }

    @Test("a gate compares launches at one rate")
    func gate() throws {
        let options = try GateCommand.parser.parse([])
        let complaint = #expect(throws: Complaint.self) {
            try GateCommand.pairing(options, [Self.cell()])
        }
        #expect(complaint?.problem.contains("searches its rate") == true)
    }
}
