import Foundation
package import Measure

/// How much a figure of one cell differs between two sides, and how sure one may be.
///
/// Positive figures are compared by their logarithms, so that a ratio and its inverse are treated
/// alike; where one is zero or negative there is no ratio, and the figures themselves are
/// subtracted. The estimate is the median of the Walsh averages (pairs) or of all differences
/// (independent samples): neither assumes a shape of the noise, and a quarter of the launches may
/// be arbitrarily wrong.
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
    /// The estimate.
    package let size: ChangeSize
    /// Of the ratio or the difference, whichever `size` is; bounds are nil below 8 pairs, or 5
    /// against 5 launches.
    package let interval: ConfidenceInterval<Double>
    /// The chance to see this much or more if the figure had not become worse by more than the dead
    /// band; the same for better. Nil where nothing was tested.
    package let pWorse: Double?
    package let pBetter: Double?
    /// Whether the whole interval lies within the dead band; false for a metric that has none.
    package let isWithinDeadBand: Bool
    /// How often a launch of the candidate is worse than one of the base (Vargha-Delaney A): 0.5
    /// when neither is.
    package let superiority: Double
    package let baseCount: Int
    package let candidateCount: Int
    /// The deviation of the logarithm of a pair's ratio, about percent over 100; nil for
    /// independent samples and where there is no ratio.
    package let sigma: Double?

    /// The change over pairs; nil without any.
    package init?(
        pairs: [(base: Double, candidate: Double)], metric: ComparedMetric, isTested: Bool = true
    ) {
        var tails = SignedRank.Tails()
        self.init(pairs: pairs, metric: metric, isTested: isTested, tails: &tails)
    }

    /// The same; `tails` are those of the numbers of pairs met before. `isTested` is false where
    /// the design can carry no test, which leaves no p-value.
    package init?(
        pairs: [(base: Double, candidate: Double)], metric: ComparedMetric, isTested: Bool = true,
        tails: inout SignedRank.Tails
    ) {
        let base = pairs.map(\.base)
        let candidate = pairs.map(\.candidate)
        guard let scale = ChangeScale(base: base, candidate: candidate, metric: metric) else {
            return nil
        }
        let worse = pairs.map { scale.worsening(from: $0.base, to: $0.candidate) }
        let estimate = SignedRank.estimate(of: worse, confidence: Self.confidence, &tails)
        guard let centre = estimate.centre else { return nil }
        method = .signedRank
        (baseMedian, candidateMedian) = (scale.baseMedian, scale.candidateMedian)
        size = scale.size(centre)
        interval = scale.interval(estimate.interval)
        isWithinDeadBand = scale.holds(estimate.interval)
        if isTested, let band = scale.deadBand {
            pWorse = SignedRank.pGreater(worse, shift: band, &tails)
            pBetter = SignedRank.pGreater(worse.map { -$0 }, shift: band, &tails)
        } else {
            (pWorse, pBetter) = (nil, nil)
        }
        superiority = VarghaDelaney.a(pairedDifferences: worse) ?? 0.5
        baseCount = pairs.count
        candidateCount = pairs.count
        sigma = scale.hasRatios ? MedianDeviation.sigma(of: worse) : nil
    }

    /// The change between samples measured independently of one another; nil without values.
    /// `ranks` are those of `confidence`.
    package init?(
        base: [Double], candidate: [Double], metric: ComparedMetric, isTested: Bool = true,
        ranks: inout ShiftEstimate.Ranks
    ) {
        guard let scale = ChangeScale(base: base, candidate: candidate, metric: metric) else {
            return nil
        }
        let x = candidate.map(scale.level)
        let y = base.map(scale.level)
        guard let shift = ShiftEstimate.hodgesLehmann(x, over: y) else { return nil }
        let interval = ShiftEstimate.interval(of: x, over: y, &ranks)
        method = .rankSum
        (baseMedian, candidateMedian) = (scale.baseMedian, scale.candidateMedian)
        size = scale.size(shift)
        self.interval = scale.interval(interval)
        isWithinDeadBand = scale.holds(interval)
        let band = isTested ? scale.deadBand : nil
        // The two-sided value stands for the one-sided: stricter by a factor of two.
        pWorse = band.map { b in shift > b ? RankSum.pTwoSided(x.map { $0 - b }, y) : 1 }
        pBetter = band.map { b in shift < -b ? RankSum.pTwoSided(x.map { $0 + b }, y) : 1 }
        superiority = VarghaDelaney.a(x, over: y) ?? 0.5
        baseCount = base.count
        candidateCount = candidate.count
        sigma = nil
    }

    /// Candidate over base; nil where a figure is zero or negative.
    package var ratio: Double? {
        if case .ratio(let ratio) = size { return ratio }
        return nil
    }

    /// Candidate minus base in the unit of the metric; nil where there is a ratio.
    package var difference: Double? {
        if case .difference(let difference) = size { return difference }
        return nil
    }
}
