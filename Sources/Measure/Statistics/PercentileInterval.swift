package import Basis

/// Confidence intervals of percentiles that assume nothing of the distribution but independent
/// samples: the interval runs from one order statistic to another (H. A. David and H. N. Nagaraja,
/// "Order Statistics", 3rd ed. 2003, section 7.1).
///
/// How many of n samples lie at or below the true percentile is binomial(n, p). Ranks are chosen so
/// that each tail beyond the interval has at most half of 1 - confidence: by the binomial
/// distribution itself, or, where n·p·(1-p) exceeds `exactVarianceLimit`, by its normal
/// approximation, which then errs by less than a rank in fifty. Latencies of successive requests
/// are rarely independent; thin them or take the interval over runs.
package enum PercentileInterval {
    /// Above this binomial variance the normal ranks are used.
    static let exactVarianceLimit = 2_500.0

    /// Ranks from 1 to n; nil where no sample is extreme enough.
    struct Ranks: Equatable {
        let low: UInt64?
        let high: UInt64?
        let coverage: Double
    }

    /// The interval from `sorted`, which rises. Empty input bounds nothing.
    package static func of<Value: Comparable & Sendable>(
        sorted: [Value], percentile: Double, confidence: Double
    ) -> ConfidenceInterval<Value> {
        let ranks = ranks(percentile, of: UInt64(sorted.count), confidence: confidence)
        return ConfidenceInterval(
            low: ranks.low.map { sorted[Int($0) - 1] },
            high: ranks.high.map { sorted[Int($0) - 1] },
            coverage: ranks.coverage)
    }

    /// The interval from a histogram, widened to the outer ends of the buckets it ends in.
    package static func of(
        _ histogram: borrowing Histogram, percentile: Double, confidence: Double
    ) -> ConfidenceInterval<Nanoseconds> {
        let ranks = ranks(percentile, of: histogram.totalCount, confidence: confidence)
        var low: Nanoseconds?
        if let rank = ranks.low { low = histogram.bucket(ofRank: rank).lowerBound }
        var high: Nanoseconds?
        if let rank = ranks.high { high = histogram.bucket(ofRank: rank).upperBound }
        return ConfidenceInterval(low: low, high: high, coverage: ranks.coverage)
    }

    /// `percentile` lies inside 0...100 and `confidence` inside 0...1, ends excluded.
    static func ranks(_ percentile: Double, of count: UInt64, confidence: Double) -> Ranks {
        precondition(
            percentile > 0 && percentile < 100, "the interval needs a percentile inside 0...100")
        precondition(confidence > 0 && confidence < 1, "a confidence lies inside 0...1")
        if count == 0 { return Ranks(low: nil, high: nil, coverage: 1) }
        let share = percentile / 100
        let trials = Double(count)
        let tail = (1 - confidence) / 2
        if trials * share * (1 - share) > exactVarianceLimit {
            return normalRanks(share, trials, tail)
        }
        func below(_ rank: UInt64) -> Double {
            Binomial.cumulative(Double(rank) - 1, trials: trials, probability: share)
        }
        // The number of ranks whose lower tail is small enough; the greatest of them is the bound.
        let low = partition(count) { below($0) <= tail }
        // One more than the number of ranks whose upper tail is still too large.
        let high = partition(count) { below($0) < 1 - tail } + 1
        return Ranks(
            low: low == 0 ? nil : low, high: high > count ? nil : high,
            coverage: (high > count ? 1 : below(high)) - (low == 0 ? 0 : below(low)))
    }

    private static func normalRanks(_ share: Double, _ trials: Double, _ tail: Double) -> Ranks {
        let centre = trials * share
        let reach = Normal.quantile(1 - tail) * (centre * (1 - share)).squareRoot()
        return Ranks(
            low: UInt64((centre - reach).rounded(.down)),
            high: UInt64((centre + reach).rounded(.up)) + 1,
            coverage: 1 - 2 * tail)
    }

    /// How many of the ranks 1...count satisfy `holds`, which is true up to some rank and false
    /// beyond.
    private static func partition(_ count: UInt64, _ holds: (UInt64) -> Bool) -> UInt64 {
        var yes: UInt64 = 0
        var no = count + 1
        while no - yes > 1 {
            let middle = yes + (no - yes) / 2
            if holds(middle) { yes = middle } else { no = middle }
        }
        return yes
    }
}
