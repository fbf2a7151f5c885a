package import Basis

extension Histogram {
    /// Samples that the histogram cannot tell apart, and how many there are.
    package struct Bucket: Equatable, Sendable {
        /// Every value that would be counted here, both ends included.
        package let values: ClosedRange<Nanoseconds>
        package let count: UInt64
    }

    /// The buckets that hold samples, by rising value.
    package var buckets: [Bucket] {
        var found: [Bucket] = []
        for index in 0...topIndex {
            let count = count(at: index)
            if count > 0 { found.append(Bucket(values: Self.values(at: index), count: count)) }
        }
        return found
    }

    /// The mean of the samples in nanoseconds, from the exact sum; 0 when there is none.
    package var mean: Double {
        totalCount == 0 ? 0 : Double(sum) / Double(totalCount)
    }

    /// The standard deviation of the samples in nanoseconds, dividing by n; 0 when there is none.
    ///
    /// Every sample stands at the middle of its bucket, as in HdrHistogram, so the relative error
    /// is of the order of `relativeErrorBound`. Equal samples give exactly zero.
    package var standardDeviation: Double {
        if totalCount == 0 { return 0 }
        let total = Double(totalCount)
        var centre = 0.0
        forEachUsed { index, count in centre += Self.middle(of: index) * (Double(count) / total) }
        var variance = 0.0
        forEachUsed { index, count in
            let distance = Self.middle(of: index) - centre
            variance += distance * distance * (Double(count) / total)
        }
        return variance.squareRoot()
    }

    /// The `percentile`-th percentile (0...100) by nearest rank: the smallest value v such that at
    /// least ceil(percentile/100 * n) samples, and at least one, are ≤ v. No interpolation; zero
    /// when empty.
    ///
    /// The answer is the greatest value of the bucket that holds the sample of this rank, so it is
    /// never below that sample and above it by less than `relativeErrorBound` of it. HdrHistogram_c
    /// and the Python port round `percentile/100 * n` to the nearest integer instead of up; Java
    /// rounds up.
    package func value(atPercentile percentile: Double) -> Nanoseconds {
        if totalCount == 0 { return .zero }
        return bucket(ofRank: Percentile.rank(percentile, of: totalCount)).upperBound
    }

    /// The bucket that holds the `rank`-th shortest sample, `rank` in `1...totalCount`.
    package func bucket(ofRank rank: UInt64) -> ClosedRange<Nanoseconds> {
        precondition(rank >= 1 && rank <= totalCount, "a rank counts from 1 to the sample count")
        var seen: UInt64 = 0
        for index in 0..<topIndex {
            seen += count(at: index)
            if seen >= rank { return Self.values(at: index) }
        }
        return Self.values(at: topIndex)
    }

    /// How many samples are at most each of `bounds`, which rise. One in the bucket of a bound may
    /// be on either side of it, and counts as below: an error within `relativeErrorBound`.
    package func counts(upTo bounds: [Nanoseconds]) -> [UInt64] {
        var counts = [UInt64](repeating: 0, count: bounds.count)
        forEachUsed { index, count in
            let low = Self.values(at: index).lowerBound
            if let place = bounds.firstIndex(where: { low <= $0 }) { counts[place] += count }
        }
        for place in counts.indices.dropFirst() { counts[place] += counts[place - 1] }
        return counts
    }

    private func forEachUsed(_ body: (_ index: Int, _ count: UInt64) -> Void) {
        for index in 0...topIndex {
            let count = count(at: index)
            if count > 0 { body(index, count) }
        }
    }

    private static func values(at index: Int) -> ClosedRange<Nanoseconds> {
        let low = Nanoseconds(raw: Int64(Layout.lowest(at: index)))
        return low...Nanoseconds(raw: Int64(Layout.highest(at: index)))
    }

    private static func middle(of index: Int) -> Double {
        (Double(Layout.lowest(at: index)) + Double(Layout.highest(at: index))) / 2
    }
}
