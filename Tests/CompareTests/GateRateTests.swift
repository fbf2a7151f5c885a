import Basis
import Compare
import Foundation
import Testing

/// Holds the whole gate to its rates in a simulated, nasty world. The published figures are those
/// of docs/GATE.md. SWITCHYARD_GATE_REPLICATES=2500 repeats them in full (release: seconds).
struct GateRateTests {
    static let replicates =
        ProcessInfo.processInfo.environment["SWITCHYARD_GATE_REPLICATES"].flatMap { Int($0) }

    static let cells = (0..<12).map { index in
        GateCell(
            id: "cell\(index)",
            metrics: [ComparedMetric.known[index.isMultiple(of: 2) ? 1 : 0]])
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
            : [(0.01, 0.0), (0.02, 0.0), (0.03, 0.0), (0.05, 0.0), (0.02, 0.01), (0.03, 0.01)])
    func falseAlarms(noise: Double, bias: Double) {
        let count = Self.replicates ?? 40
        let gates = gates(
            count, seed: 0xFA15_E000, noise: noise,
            effects: [Double](repeating: log(1 + bias), count: Self.cells.count))
        let alarms = gates.count { $0.verdict?.name == .regression }
        report("false alarms, noise \(noise), bias \(bias)", gates, alarms)
        #expect(
            Double(alarms) <= 0.01 * Double(count),
            "\(alarms) of \(count) gates, launch noise \(noise), bias \(bias), seed 0xFA15E000")
    }

    @Test(
        "a real regression in one cell is caught as often as docs/GATE.md says",
        arguments: replicates == nil
            ? [(0.01, 0.05, 0.90), (0.03, 0.10, 0.93)]
            : [
                (0.01, 0.05, 0.93), (0.02, 0.05, 0.75), (0.02, 0.075, 0.97), (0.03, 0.05, 0.53),
                (0.03, 0.075, 0.89), (0.03, 0.10, 0.95), (0.05, 0.075, 0.60), (0.05, 0.10, 0.85),
            ])
    func power(noise: Double, effect: Double, atLeast: Double) {
        let count = Self.replicates ?? 40
        var effects = [Double](repeating: 0, count: Self.cells.count)
        effects[4] = log(1 + effect)
        let gates = gates(count, seed: 0x90_3E00, noise: noise, effects: effects)
        let valid = gates.filter { $0.verdict?.name != .invalid }
        let caught = valid.count { $0.judgements[4] == .regression }
        report("power, noise \(noise), effect \(effect)", gates, caught)
        #expect(
            Double(caught) >= atLeast * Double(valid.count),
            "\(caught) of \(valid.count) gates, launch noise \(noise), seed 0x903E00")
        let others = gates.count { gate in
            gate.judgements.enumerated().contains { $0.offset != 4 && $0.element == .regression }
        }
        #expect(Double(others) <= 0.01 * Double(count))
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
