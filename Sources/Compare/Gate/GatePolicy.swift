package import Basis
import Foundation
import Measure

/// The figures a gate decides by. Effects are shares: 0.01 is one percent.
package struct GatePolicy: Equatable, Sendable {
    /// The chance of even one false alarm in a whole gate.
    package var alpha = 0.01
    /// Pairs of a cell in the screening.
    package var screenPairs = 6
    /// By how much the estimate must exceed the dead band of its metric to be confirmed on fresh
    /// pairs. No test: it only decides where the time goes.
    package var screenMargin = 0.01
    /// Suspects that are confirmed; the worst ones.
    package var suspectsMax = 6
    /// Pairs that confirm, by the greatest noise for which they are enough. The noise is the robust
    /// `MedianDeviation.sigma`, which for launches with heavy tails is two thirds to nine tenths of
    /// the standard deviation of their pairs: 2.2 % stand for 2.5 %, 3.9 % for 5.4 %.
    package var confirmPairs: [NoiseStep] = [
        .init(sigma: 0.022, pairs: 16), .init(sigma: 0.06, pairs: 24),
    ]
    /// Pairs of base against base.
    package var controlPairs = 16
    /// What base against base may seem to differ.
    package var controlEffect = 0.02
    package var controlLevel = 0.01
    /// How often the whole gate is begun anew after a broken control.
    package var controlReruns = 1
    /// The share of a stage's pairs that may be measured again.
    package var requeueShare = 0.2
    /// The power, at the smallest effect shown as detectable.
    package var power = 0.8

    /// Up to `sigma` of noise, `pairs` are enough.
    package struct NoiseStep: Equatable, Sendable {
        package var sigma: Double
        package var pairs: Int

        package init(sigma: Double, pairs: Int) {
            self.sigma = sigma
            self.pairs = pairs
        }
    }

    package init() {}

    /// Fewer pairs for a first look: fit to see a tenth, not a twentieth.
    package static var quick: GatePolicy {
        var policy = GatePolicy()
        policy.screenPairs = 4
        policy.controlPairs = 8
        policy.suspectsMax = 3
        policy.confirmPairs = [.init(sigma: 0.027, pairs: 10), .init(sigma: 0.05, pairs: 12)]
        return policy
    }

    /// Above this noise a gate that finds nothing has proved nothing.
    package var sigmaLimit: Double { confirmPairs.map(\.sigma).max() ?? 0 }

    /// How many pairs confirm a suspect whose metric has noise `sigma`.
    package func pairs(sigma: Double) -> Int {
        confirmPairs.first { sigma <= $0.sigma }?.pairs ?? confirmPairs.last?.pairs ?? 0
    }

    /// The level of each confirming test before Holm relaxes it.
    package func level(suspects: Int) -> Double { alpha / Double(max(1, suspects)) }

    /// Refuses figures with which no regression could ever be confirmed, or that make no sense.
    package func check(cells: Int, metrics: Int) throws(Complaint) {
        guard cells > 0, metrics > 0 else {
            throw Complaint(
                "the gate has no cell to measure", remedy: "widen --filter or name cells",
                status: .usage)
        }
        guard screenPairs >= 2, screenPairs.isMultiple(of: 2), controlPairs.isMultiple(of: 2),
            confirmPairs.allSatisfy({ $0.pairs >= 2 && $0.pairs.isMultiple(of: 2) }),
            !confirmPairs.isEmpty
        else {
            throw Complaint(
                "the gate's pairs can't be split into blocks of ABBA", remedy: "give even numbers")
        }
        let suspects = min(suspectsMax, cells * metrics)
        let fewest = confirmPairs.map(\.pairs).min() ?? 0
        let least = SignedRank.pLeast(pairs: fewest)
        guard least <= level(suspects: suspects) else {
            throw Complaint(
                "\(fewest) pairs can't reach a level of \(alpha) over \(suspects) suspects: the"
                    + " smallest p-value is \(fixed(least, decimals: 5))",
                remedy: "plan more pairs, fewer suspects or a greater alpha")
        }
        let control = SignedRank.pLeast(pairs: controlPairs)
        guard controlPairs == 0 || 2 * control <= controlLevel else {
            throw Complaint(
                "\(controlPairs) pairs of control can't reach its level of \(controlLevel)",
                remedy: "plan at least 8 pairs of control")
        }
    }
}

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
