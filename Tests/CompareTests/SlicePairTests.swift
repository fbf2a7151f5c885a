import Basis
import Compare
import Foundation
import Platform
import Report
import Testing

@testable import Matrix

/// Pairs of resident servers: what their slices say, and a gate over them.
struct SlicePairTests {
    static let cell: Cell = {
        var cell = Cell(pattern: "single", threads: 1, connections: 64)
        cell.arrival = .constant(PerSecond(raw: 15_000))
        return cell
    }()

    static func record(
        first: Side = .base, base: [Double?] = [], candidate: [Double?] = []
    ) -> SliceRecord {
        var record = SliceRecord(
            pair: 3, cell: cell, seed: 7, first: first, isControl: false, time: .seconds(1))
        record.base = base
        record.candidate = candidate
        return record
    }

    @Test("slices alternate, whichever side is first", arguments: Side.allCases)
    func order(first: Side) {
        let other: Side = first == .base ? .candidate : .base
        let sides = (-1..<4).map { Self.record(first: first).side(ofSlice: $0) }
        #expect(sides == [other, first, other, first, other])
    }

    @Test("the pair's ratio is the median of its neighbours' ratios")
    func outcome() throws {
        // The machine slows down by the factor 4 in the middle of it, and one slice is torn.
        let whole = Self.record(
            base: [100, 101, 400, 404], candidate: [110, 111.1, 440, 4_000])
        guard case .measured(let base, let candidate, .none) = whole.outcome else {
            Issue.record("\(whole.outcome)")
            return
        }
        #expect(base == [250.5])
        #expect(abs(candidate[0] / base[0] - 1.1) < 1e-9)
    }

    @Test("what does not count says why")
    func lost() {
        let most = Self.record(base: [100, nil, 100, 100], candidate: [110, 110, 110, 110])
        #expect(most.outcome == .measured(base: [100], candidate: [100 * exp(log(1.1))]))
        let few = Self.record(base: [100, nil, 100, 100], candidate: [110, 110, nil, 110])
        #expect(few.outcome == .invalid("only 2 of 4 neighbouring slices had the planned load"))
        var stolen = Self.record(base: [1, 1], candidate: [1, 1])
        stolen.machine.stolenShare = 0.12
        #expect(stolen.outcome == .invalid("the hypervisor withheld 12.0% of the CPU time"))
        var failed = Self.record(base: [1, 1], candidate: [1])
        failed.failure = .init(side: .candidate, reason: "the server ended under load")
        #expect(failed.outcome == .wrong(.candidate, "the server ended under load"))
        #expect(Self.record().outcome != .measured(base: [], candidate: []))
    }

    @Test("a record is a line with every slice and null for those that do not count")
    func line() throws {
        let text = Self.record(first: .candidate, base: [1.5, nil], candidate: [2, 3]).json.compact
        #expect(!text.contains("\n"))
        for part in [
            "\"schema\":\"switchyard.slices/1\"", "\"pair\":3", "\"first\":\"cand\"",
            "\"base_cpu_ns_per_req\":[1.5,null]", "\"pattern\":\"single\"", "\"control\":false",
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
    }

    @Test("a record is read back as it was written; what is none says where")
    func readBack() throws {
        var record = Self.record(first: .candidate, base: [1.5, nil], candidate: [2, 3])
        record.machine.stolenShare = 0.01
        #expect(try SliceRecord(json: record.json) == record)
        record.failure = .init(side: .candidate, reason: "the server ended under load")
        #expect(try SliceRecord(json: record.json) == record)
        guard case .object(let members) = record.json else { return }
        for (name, value) in [
            ("schema", JSONValue.string("switchyard.slices/9")), ("pair", .integer(-1)),
            ("first", .string("left")), ("base_cpu_ns_per_req", [.string("1.5")]),
            ("failed_side", .string("both")), ("cell", .null),
        ] {
            let torn = members.map { $0.name == name ? .init(name, value) : $0 }
            let refusal = #expect(throws: RecordRefusal.self) {
                _ = try SliceRecord(json: .object(torn))
            }
            #expect(refusal?.path == name)
        }
    }

    /// Two servers on a machine whose speed wanders by a third within a second, which a slice and
    /// its neighbour share but two launches would not.
    struct MockMeter: SliceMeter {
        final class Measured { var pairs: [Int] = [] }

        var slowness: Double
        var stopsAt = Int.max
        /// The pairs that were measured, shared by the copies that a runner owns.
        let measured = Measured()
        private var count = 0

        init(slowness: Double) { self.slowness = slowness }

        mutating func measure(
            _ record: SliceRecord, settings: Settings, interruption: StopRequest
        ) -> SliceRecord? {
            count += 1
            if count == stopsAt { return nil }
            measured.pairs.append(record.pair)
            // What a pair shows follows from its number, so that a gate can be repeated.
            var generator = SeededGenerator.stream(seed: 0x51_1CE, index: record.pair)
            var phase = Double(record.pair)
            var record = record
            let slices = SliceRound(record.cell, settings, after: Instant(raw: 0)).slices
            for index in 0..<2 * slices {
                phase += 0.2
                let speed = 1 + 0.3 * sin(phase)
                let own = 1 + 0.02 * Double.random(in: -1...1, using: &generator)
                let figure = 20_000 * speed * own
                switch record.side(ofSlice: index) {
                case .base: record.base.append(figure)
                case .candidate: record.candidate.append(figure * (record.isControl ? 1 : slowness))
                }
            }
            return record
        }
    }

    /// A gate of `cells` by slices; what is launched all the same is never slower.
    static func runner(
        _ meter: MockMeter, cells: [Cell] = [cell]
    ) -> GateRunner<GateRunnerTests.MockServer> {
        let server = GateRunnerTests.MockServer(side: "any", log: GateRunnerTests.Log())
        var runner = GateRunner(
            cells: cells,
            procedure: GateProcedure(
                cells: cells.map { GateRunner<ProcessExecutor>.gated($0) }, policy: GatePolicy(),
                design: GateRateTests.design, seed: 42),
            settings: Settings(), base: server, candidate: server,
            interruption: StopRequest { .none })
        runner.meter = meter
        return runner
    }

    static func folder() throws -> RunDirectory {
        try RunDirectory.create("gate-\(UUID().uuidString)", in: NSTemporaryDirectory())
    }

    @Test("a slower server is a regression, the same server is none", arguments: [1.0, 1.06])
    func verdict(slowness: Double) throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        var journals = try folder.gateJournals(.slice)
        var runner = Self.runner(MockMeter(slowness: slowness))
        #expect(try runner.run(into: &journals) == .complete)
        let kept = journals.sliced
        let launched = journals.launches.records.count
        let result = try #require(runner.procedure.result)
        #expect(result.verdict == (slowness > 1 ? .regression : .pass), "\(result.reasons)")
        // 6 of screening, 16 of control, 16 that confirm.
        #expect(kept.count == (slowness > 1 ? 38 : 22) && launched == 0)
        #expect(kept.count(where: \.isControl) == 16)
        #expect(kept.map(\.pair) == Array(kept.indices))
        #expect(Set(kept.map(\.seed)).count == kept.count)
        let sigma = try #require(runner.procedure.sigma["srv_cpu_ns_per_req"])
        #expect(sigma < 0.02, "neighbours share what the machine does")
    }

    @Test("a gate that was stopped goes on with the pairs it lacks and ends the same")
    func resumed() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        do {
            var meter = MockMeter(slowness: 1.06)
            meter.stopsAt = 5
            var journals = try folder.gateJournals(.slice)
            var runner = Self.runner(meter)
            #expect(try runner.run(into: &journals) == .interrupted)
            let count = journals.sliced.count
            #expect(count == 4)
        }
        let meter = MockMeter(slowness: 1.06)
        var journals = try folder.gateJournals(.slice)
        var second = Self.runner(meter)
        #expect(try second.run(into: &journals) == .complete)
        let numbers = journals.sliced.map(\.pair)
        #expect(numbers == Array(0..<38), "each pair once")
        #expect(meter.measured.pairs == Array(4..<38))

        let other = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: other.path) }
        var whole = try other.gateJournals(.slice)
        var straight = Self.runner(MockMeter(slowness: 1.06))
        #expect(try straight.run(into: &whole) == .complete)
        #expect(second.procedure.result == straight.procedure.result)
    }

    @Test("closed loops of a gate by slices are launched")
    func mixed() throws {
        var closed = Self.cell
        closed.arrival = .closed
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        var journals = try folder.gateJournals(.slice)
        var runner = Self.runner(MockMeter(slowness: 1), cells: [closed, Self.cell])
        #expect(try runner.run(into: &journals) == .complete)
        let launched = Set(journals.launches.records.map(\.cell))
        let sliced = Set(journals.sliced.map(\.cell))
        #expect(launched == [closed] && sliced == [Self.cell])
    }

    @Test("slices are for a fixed rate and for as many connections as open in a moment")
    func cells() {
        var many = Self.cell
        many.connections = 10_000
        var closed = Self.cell
        closed.arrival = .closed
        let taken = [Self.cell, many, closed].map { SliceExecutor.takes($0) }
        #expect(taken == [true, false, false])
    }

    @Test(
        "a pair has as much measured time as two launches, in turns with requests enough",
        arguments: [
            (10, 15_000, 25, 4), (1_000, 15_000, 25, 40), (2_010, 15_000, 25, 81),
            (2_000, 160, 100, 20), (2_000, 20, 500, 4), (2_000, 0.001, 500, 4),
        ] as [(Int, Double, Int, Int)])
    func round(milliseconds: Int, rate: Double, turn: Int, slices: Int) {
        var settings = Settings()
        settings.duration = .milliseconds(milliseconds)
        var cell = Self.cell
        cell.arrival = .constant(PerSecond(raw: rate))
        let round = SliceRound(cell, settings, after: .init(raw: 0))
        #expect(round.turn == .milliseconds(turn) && round.slices == slices)
        #expect(round.readings == -1...2 * slices)
    }

    @Test(
        "the first slice lies behind the warm-up and the last reading before the end of the load",
        arguments: [0, 10, 50, 51, 300])
    func timeline(warmup: Int) {
        var settings = Settings()
        settings.warmup = .milliseconds(warmup)
        settings.duration = .milliseconds(400)
        let now = Instant(raw: 7_000_000_000)
        let round = SliceRound(Self.cell, settings, after: now)
        #expect(round.start > now)
        let first = round.middle(ofSlice: 0) + round.turn / -2
        #expect(first.since(round.start) >= settings.warmup)
        // Turns go round from the start, and slice 0 belongs to the first of them.
        #expect(first.since(round.start).raw % (2 * round.turn.raw) == 0)
        #expect(round.middle(ofSlice: -1) > round.start)
        let last = round.middle(ofSlice: round.readings.upperBound)
        #expect(last + round.turn <= round.start + round.duration)
        let whole = SliceRound.time(ofPair: Self.cell, settings)
        #expect(whole == (round.start + round.duration).since(now))
    }
}
