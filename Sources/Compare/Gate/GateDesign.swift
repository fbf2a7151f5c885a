import Basis
import Foundation
import Measure

/// What a gate of both stages can find, known before it runs.
///
/// An effect is found when the estimate of the screening passes its threshold and the signed-rank
/// test on fresh pairs refuses the dead band, at the level that is left when as many suspects share
/// it as may be. For each simulated sample of noise there is one effect from which on both hold;
/// its quantile at the wished power is the minimum detectable effect.
package struct GateDesign: Sendable {
    private enum Limit {
        static let replicates = 500
        /// Fixed, so that the same plan always prints the same figures.
        static let seed: UInt64 = 0x6A7E_DE51_6E
    }

    private let policy: GatePolicy
    /// For each number of confirming pairs, what noise of unit deviation adds to the screening's
    /// estimate and to the Walsh average that the test looks at. Empty when no test of so many
    /// pairs reaches the level.
    private let noises: [Int: [(screen: Double, confirm: Double)]]

    /// The design for a gate of `subjects` metrics in cells. Simulates at once: keep it.
    package init(_ policy: GatePolicy, subjects: Int) {
        self.policy = policy
        let level = policy.level(suspects: min(subjects, policy.suspectsMax))
        var noises: [Int: [(screen: Double, confirm: Double)]] = [:]
        for pairs in Set(policy.confirmPairs.map(\.pairs)) {
            let tails = SignedRank.upperTails(pairs: pairs)
            guard let sum = tails.firstIndex(where: { $0 <= level }) else { continue }
            var generator = SeededGenerator(seed: Limit.seed)
            noises[pairs] = (0..<Limit.replicates).map { _ in
                let screen = (0..<policy.screenPairs).map { _ in Normal.sample(&generator) }
                let averages = SignedRank.walshAverages(
                    (0..<pairs).map { _ in Normal.sample(&generator) })
                return (SignedRank.hodgesLehmann(screen) ?? 0, averages[averages.count - sum])
            }
        }
        self.noises = noises
    }

    /// The smallest worsening, as a share, that is found with the power of the policy in a metric
    /// of `tier` whose pairs have deviation `sigma`; nil when nothing is ever found.
    package func minimumDetectableEffect(tier: MetricTier, sigma: Double) -> Double? {
        guard let band = tier.deadBand, let noises = noises[policy.pairs(sigma: sigma)] else {
            return nil
        }
        let effects = noises.map {
            max(
                log(1 + band + policy.screenMargin) - sigma * $0.screen,
                log(1 + band) - sigma * $0.confirm)
        }.sorted()
        return exp(effects[Int((policy.power * Double(effects.count)).rounded(.up)) - 1]) - 1
    }
}
