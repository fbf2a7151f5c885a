import Foundation
package import Measure

/// How much a figure of one cell differs between two sides, and how sure one may be.
///
/// Everything is computed on logarithms, so that a ratio and its inverse are treated alike, with
/// the median of the Walsh averages (pairs) or of all differences (independent samples) as the
/// estimate: neither assumes a shape of the noise, and a quarter of the launches may be arbitrarily
/// wrong.
package struct Change: Equatable, Sendable {
    /// How the two sides are related.
    package enum Method: String, Sendable {
        /// Pairs of neighbours in time; signed ranks.
        case signedRank = "signed-rank"
        /// Independent launches; rank sums.
        case rankSum = "rank-sum"
    }

    /// The confidence of the interval.
    package static let confidence = 0.99

    package let method: Method
    /// Medians in the unit of the metric.
    package let baseMedian: Double
    package let candidateMedian: Double
    /// Candidate over base.
    package let ratio: Double
    /// Of the ratio; bounds are nil below 8 pairs, or 5 against 5 launches.
    package let interval: ConfidenceInterval<Double>
    /// The chance to see this much or more if the figure had not become worse by more than the dead
    /// band; the same for better. 1 for a metric that is not judged.
    package let pWorse: Double
    package let pBetter: Double
    /// How often a launch of the candidate is worse than one of the base (Vargha-Delaney A): 0.5
    /// when neither is.
    package let superiority: Double
    package let baseCount: Int
    package let candidateCount: Int
    /// The deviation of the logarithm of a pair's ratio, about percent over 100; nil for
    /// independent samples.
    package let sigma: Double?

    /// The change over pairs; nil without pairs or with a figure that has no logarithm.
    package init?(pairs: [(base: Double, candidate: Double)], metric: ComparedMetric) {
        var tails = SignedRank.Tails()
        self.init(pairs: pairs, metric: metric, tails: &tails)
    }

    /// The same; `tails` are those of the numbers of pairs met before.
    package init?(
        pairs: [(base: Double, candidate: Double)], metric: ComparedMetric,
        tails: inout SignedRank.Tails
    ) {
        let base = pairs.map(\.base)
        let candidate = pairs.map(\.candidate)
        guard let medians = Self.medians(base, candidate) else { return nil }
        // Worse is positive.
        let worse = pairs.map { metric.worseSign * log($0.candidate / $0.base) }
        let estimate = SignedRank.estimate(of: worse, confidence: Self.confidence, &tails)
        guard let centre = estimate.centre else { return nil }
        method = .signedRank
        (baseMedian, candidateMedian) = medians
        ratio = exp(metric.worseSign * centre)
        interval = Self.ratios(estimate.interval, metric)
        if let band = metric.tier.deadBand.map({ log(1 + $0) }) {
            pWorse = SignedRank.pGreater(worse, shift: band, &tails)
            pBetter = SignedRank.pGreater(worse.map { -$0 }, shift: band, &tails)
        } else {
            (pWorse, pBetter) = (1, 1)
        }
        superiority = VarghaDelaney.a(pairedDifferences: worse) ?? 0.5
        baseCount = pairs.count
        candidateCount = pairs.count
        sigma = MedianDeviation.sigma(of: worse)
    }

    /// The change between samples measured independently of one another; nil without values or with
    /// a figure that has no logarithm. `isTested` is false where the design can carry no test,
    /// which leaves both p-values at 1; `ranks` are those of `confidence`.
    package init?(
        base: [Double], candidate: [Double], metric: ComparedMetric, isTested: Bool = true,
        ranks: inout ShiftEstimate.Ranks
    ) {
        guard let medians = Self.medians(base, candidate) else { return nil }
        let x = candidate.map { metric.worseSign * log($0) }
        let y = base.map { metric.worseSign * log($0) }
        guard let shift = ShiftEstimate.hodgesLehmann(x, over: y) else { return nil }
        method = .rankSum
        (baseMedian, candidateMedian) = medians
        ratio = exp(metric.worseSign * shift)
        interval = Self.ratios(
            ShiftEstimate.interval(of: x, over: y, &ranks), metric)
        let band = isTested ? metric.tier.deadBand.map { log(1 + $0) } : nil
        // The two-sided value stands for the one-sided: stricter by a factor of two.
        pWorse = band.map { b in shift > b ? RankSum.pTwoSided(x.map { $0 - b }, y) : 1 } ?? 1
        pBetter = band.map { b in shift < -b ? RankSum.pTwoSided(x.map { $0 + b }, y) : 1 } ?? 1
        superiority = VarghaDelaney.a(x, over: y) ?? 0.5
        baseCount = base.count
        candidateCount = candidate.count
        sigma = nil
    }

    /// The change in percent of the base; positive when the figure grew.
    package var percent: Double { (ratio - 1) * 100 }

    private static func medians(_ base: [Double], _ candidate: [Double]) -> (Double, Double)? {
        guard base.allSatisfy({ $0 > 0 }), candidate.allSatisfy({ $0 > 0 }),
            let baseMedian = Median.of(base), let candidateMedian = Median.of(candidate)
        else { return nil }
        return (baseMedian, candidateMedian)
    }

    /// From worse-is-positive logarithms to candidate over base: a metric of which more is better
    /// turns the interval around.
    private static func ratios(
        _ worse: ConfidenceInterval<Double>, _ metric: ComparedMetric
    ) -> ConfidenceInterval<Double> {
        let sign = metric.worseSign
        let bounds = [worse.low, worse.high].map { $0.map { exp(sign * $0) } }
        return ConfidenceInterval(
            low: bounds[sign > 0 ? 0 : 1], high: bounds[sign > 0 ? 1 : 0],
            coverage: worse.coverage)
    }
}
