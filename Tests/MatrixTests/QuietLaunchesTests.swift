import Basis
import Measure
import Platform
import Report
import Testing

@testable import Matrix

/// What becomes of launches of effects that others disturb.
@Suite("textbook effects: disturbed launches")
struct QuietLaunchesTests {
    private static let cell = Cell(pattern: "single", threads: 1, connections: 1)
    private static let settings = Settings(warmup: .seconds(1), duration: .seconds(2))

    /// Launches of which each has so much of its time withheld, and a rate that is its number.
    private final class Machine {
        private let stolen: [Double]
        private(set) var made = 0

        init(stolen: [Double]) { self.stolen = stolen }

        func launch(_ cell: Cell, _ settings: Settings) throws(LaunchFailure) -> LaunchRecord {
            var record = LaunchRecord(
                slot: made, block: 0, cell: cell, seed: 1, time: .zero, warmup: settings.warmup,
                duration: settings.duration, serverCPUs: "1", loadCPUs: "0")
            record.load = Fake.report(cell)
            record.machine.stolenShare = stolen[made % stolen.count]
            made += 1
            record.load?.achievedRate = Double(made)
            return record
        }
    }

    private static func figures(
        _ machine: Machine, rows: Int, spare: Nanoseconds = .seconds(60)
    ) throws -> ([Double?], String?) {
        let launches = QuietLaunches(spare: spare, machine.launch)
        var figures: [Double?] = []
        for _ in 0..<rows {
            figures.append(try launches.launch(Self.cell, Self.settings).load?.achievedRate)
        }
        return (figures, launches.disturbance)
    }

    @Test("a disturbed launch is made again, and no other")
    func again() throws {
        let machine = Machine(stolen: [0, 0.2, 0, 0.005])
        let (figures, disturbance) = try Self.figures(machine, rows: 3)
        #expect(figures == [1, 3, 4] && disturbance == nil)
    }

    @Test("what is always disturbed counts in the end, and is told")
    func always() throws {
        let machine = Machine(stolen: [0.02, 0.03, 0.04])
        let (figures, disturbance) = try Self.figures(machine, rows: 2)
        #expect(figures == [3, 6])
        #expect(disturbance == "the hypervisor withheld 4.0% of the CPU time")
    }

    @Test("no more time than is to spare", arguments: [(0, 1), (2, 1), (3, 2), (8, 3)])
    func spare(seconds: Int, first: Double) throws {
        let machine = Machine(stolen: [0.5])
        let (figures, _) = try Self.figures(machine, rows: 1, spare: .seconds(seconds))
        #expect(figures == [first])
    }

    /// A row of the rate of the last of two launches.
    private enum Rate: Effect {
        static let name = "rate"
        static let source = "a book"
        static let rows = [
            EffectRow(
                name: "low", setting: "two launches", published: "none",
                predicted: Prediction(atLeast: nil, atMost: 4, unit: "1/s")
            ) { (bench) throws(LaunchFailure) in
                _ = try bench.launch(cell, settings)
                return .value(try bench.launch(cell, settings).load?.achievedRate ?? 0)
            }
        ]
    }

    private static func bench(stolen: [Double]) -> EffectBench {
        let cpu = CPUSet.available.cpus[0]
        return EffectBench(
            launches: QuietLaunches(spare: .seconds(60), Machine(stolen: stolen).launch),
            cpus: CPUSplit(server: [cpu], load: [cpu])
        ) { nil }
    }

    @Test(
        "a figure out of its bounds lacks a quiet machine where it had none",
        arguments: [
            ([0.0], "holds", "2.000 1/s"), ([0.3, 0, 0, 0.2, 0, 0], "holds", "3.000 1/s"),
            // The third attempt at the first launch counts, as it is; the second is quiet.
            ([0.3, 0.3, 0.3, 0], "holds", "4.000 1/s"),
            (
                [0.3, 0.3, 0.3, 0.3, 0], "lacks",
                "a quiet machine: 5.000 1/s, but the hypervisor withheld 30.0% of the CPU time"
            ),
        ])
    func outcome(stolen: [Double], verdict: String, text: String) throws {
        let bench = Self.bench(stolen: stolen)
        let outcome = try EffectOutcome(Rate.rows[0], of: Rate.self, on: bench)
        #expect(outcome.verdict.rawValue == verdict && outcome.text == text)
        // The next row begins anew.
        bench.launches.beginRow()
        #expect(bench.launches.disturbance == nil)
    }

    @Test("a quiet machine has no excuse")
    func noExcuse() throws {
        let bench = Self.bench(stolen: [0.3, 0, 0.3, 0.3, 0])
        let outcome = try EffectOutcome(Rate.rows[0], of: Rate.self, on: bench)
        #expect(outcome.verdict == .fails && outcome.measured == 5 && outcome.reason == nil)
    }
}
