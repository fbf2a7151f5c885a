/// What a percentile is, in this project: the nearest rank, counted from 1.
package enum Percentile {
    /// ceil(percentile/100 * count), at least 1: how many of `count` samples must be ≤ the
    /// percentile.
    ///
    /// `percentile` lies in 0...100 and `count` is at least 1. The product is formed from the next
    /// smaller number, so that 0.14 of 10 000 is 14 although 0.14 has no exact binary form.
    package static func rank(_ percentile: Double, of count: UInt64) -> UInt64 {
        precondition(percentile >= 0 && percentile <= 100, "a percentile lies in 0...100")
        precondition(count >= 1, "no percentile of nothing")
        let exact = Swift.max(0, percentile.nextDown) * Double(count) / 100
        return Swift.min(Swift.max(1, UInt64(exact.rounded(.up))), count)
    }

    /// How many samples must stand behind a percentile before it is printed: the least n with
    /// 1 - (percentile/100)^n ≥ 0.95, which is ln 0.05 / ln(percentile/100) rounded up.
    ///
    /// With fewer, the longest of all samples is not yet a 95 % upper bound of the percentile (S.
    /// S. Wilks, "Determination of sample sizes for setting tolerance limits", Ann. Math. Stat. 12,
    /// 1941). 99 needs 299, 99.9 needs 2 995, 99.99 needs 29 956. Samples must be independent;
    /// correlated ones need more.
    package static func samplesNeeded(_ percentile: Double) -> UInt64 {
        precondition(
            percentile >= 0 && percentile < 100, "a percentile to be shown lies in 0..<100")
        if percentile == 0 { return 1 }
        return UInt64((Elementary.log(0.05) / Elementary.log(percentile / 100)).rounded(.up))
    }
}
