import Basis
import Compare
import Foundation
import Testing

/// Holds the whole gate to its rates in a simulated, nasty world: those of docs/GATE.md, within
/// three standard errors of as many gates as are run. SWITCHYARD_GATE_REPLICATES=2500 repeats them
/// in full (release: seconds). No figure of the policy was chosen on the seeds used here.
struct GateRateTests {
    static let replicates =
        ProcessInfo.processInfo.environment["SWITCHYARD_GATE_REPLICATES"].flatMap { Int($0) }

    /// A row of the table: in code with `effect` in one cell and launches of deviation `noise`, the
    /// share of gates that accuse that cell.
    struct Power: Sendable {
        let noise: Double
        let effect: Double
        let caught: Double

        init(_ noise: Double, _ effect: Double, _ caught: Double) {
            (self.noise, self.effect, self.caught) = (noise, effect, caught)
        }

        /// What `count` gates fall below once in 700 tests, the figure itself being known from
        /// 1 000 gates.
        func floor(_ count: Int) -> Double {
            let variance = caught * (1 - caught) * (1 / Double(count) + 1 / 1_000)
            return caught - 3 * variance.squareRoot()
        }
    }

    /// What the gate is held to; docs/GATE.md has what it reaches.
    static let table = [
        Power(0.01, 0.05, 0.96), Power(0.01, 0.075, 0.99), Power(0.01, 0.10, 0.999),
        Power(0.02, 0.05, 0.88), Power(0.02, 0.075, 0.99), Power(0.02, 0.10, 0.999),
        Power(0.03, 0.05, 0.79), Power(0.03, 0.075, 0.99), Power(0.03, 0.10, 0.999),
        Power(0.05, 0.05, 0.30), Power(0.05, 0.075, 0.79), Power(0.05, 0.10, 0.96),
    ]

    static let cells = (0..<12).map { index in
        GateCell(
            id: "cell\(index)",
            metrics: [ComparedMetric.known[index.isMultiple(of: 2) ? 1 : 0]])
    }

    /// What `count` gates exceed once in 700 tests if one in 100 gives a false alarm.
    static func alarms(_ count: Int) -> Int {
        Int(0.01 * Double(count) + 3 * (0.01 * 0.99 * Double(count)).squareRoot())
    }

    static let policy = GatePolicy()
    static let design = GateDesign(policy, subjects: cells.count)

    private func gates(
        _ count: Int, seed: UInt64, noise: Double, effects: [Double]
    ) -> [GateProcedure] {
        (0..<count).map { replicate in
            let own = seed &+ UInt64(replicate)
            var world = GateWorld(seed: own, effects: effects)
            world.launchNoise = noise
            var gate = GateProcedure(
                cells: Self.cells, policy: Self.policy, design: Self.design, seed: own)
            world.run(&gate)
            return gate
        }
    }

    @Test(
        "identical code, or code that a new layout made 1 % slower everywhere, is rarely accused",
        arguments: replicates == nil
            ? [(0.02, 0.0), (0.03, 0.01)]
            : [0.01, 0.02, 0.03, 0.05].flatMap { [($0, 0.0), ($0, 0.01)] })
    func falseAlarms(noise: Double, bias: Double) {
        let count = Self.replicates ?? 40
        let gates = gates(
            count, seed: 0xA1_A3_45, noise: noise,
            effects: [Double](repeating: log(1 + bias), count: Self.cells.count))
        let alarms = gates.count { $0.verdict?.name == .regression }
        report("false alarms, noise \(noise), bias \(bias)", gates, alarms)
        #expect(
            alarms <= Self.alarms(count),
            "\(alarms) of \(count) gates, launch noise \(noise), bias \(bias), seed 0xA1A345")
    }

    @Test(
        "a real regression in one cell is caught as often as promised",
        arguments: replicates == nil ? [table[0], table[3], table[6], table[8], table[10]] : table)
    func power(row: Power) {
        let count = Self.replicates ?? 60
        var effects = [Double](repeating: 0, count: Self.cells.count)
        effects[4] = log(1 + row.effect)
        let gates = gates(count, seed: 0xB0_7E11, noise: row.noise, effects: effects)
        let valid = gates.filter { $0.verdict?.name != .invalid }
        let caught = valid.count { $0.judgements[4] == .regression }
        report("power, noise \(row.noise), effect \(row.effect)", gates, caught)
        #expect(
            Double(caught) >= row.floor(valid.count) * Double(valid.count),
            "\(caught) of \(valid.count) gates, \(row), seed 0xB07E11")
        let others = gates.count { gate in
            gate.judgements.enumerated().contains { $0.offset != 4 && $0.element == .regression }
        }
        #expect(others <= Self.alarms(count))
    }

    /// The figures for docs/GATE.md, in the long run only.
    private func report(_ title: String, _ gates: [GateProcedure], _ hits: Int) {
        guard Self.replicates != nil else { return }
        let invalid = gates.count { $0.verdict?.name == .invalid }
        let inconclusive = gates.count { $0.verdict?.name == .inconclusive }
        let rerun = gates.count { $0.attempt > 0 }
        let sigma = gates.compactMap { $0.sigma.values.max() }.reduce(0, +) / Double(gates.count)
        print(
            "\(title): \(hits) of \(gates.count), \(invalid) invalid, \(inconclusive)"
                + " inconclusive, \(rerun) began anew, sigma \(fixed(sigma, decimals: 4))")
    }
}
