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
