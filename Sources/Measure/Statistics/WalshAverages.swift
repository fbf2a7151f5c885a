/// The means of all n(n+1)/2 pairs of values, each value with itself included, by rank.
///
/// Of many values they are not held but counted: how many are at most a given number takes one pass
/// over the sorted values, so that halving an interval finds the one of a rank in a few passes (the
/// idea of D. B. Johnson and T. Mizoguchi, "Selecting the Kth element in X + Y", SIAM J. Computing
/// 7, 1978, with a bisection in place of their weighted medians).
struct WalshAverages {
    private enum Limit {
        /// Up to this number of values all averages are sorted, which is faster there.
        static let sorted = 24
        /// Averages that are this many halvings apart differ by less than the rounding of their
        /// values.
        static let halvings = 64
    }

    /// By rising size.
    private let values: [Double]
    /// Empty where the averages are counted.
    private let all: [Double]
    let count: Int

    init(_ values: [Double]) {
        self.values = values.sorted()
        count = values.count * (values.count + 1) / 2
        all = values.count <= Limit.sorted ? SignedRank.walshAverages(values) : []
    }

    /// The middle one, or the mean of the two middle ones; nil without values.
    var median: Double? {
        if values.isEmpty { return nil }
        let upper = ofRank(count / 2 + 1)
        return count.isMultiple(of: 2) ? (ofRank(count / 2) + upper) / 2 : upper
    }

    /// The `rank`-th least average, counted from 1.
    func ofRank(_ rank: Int) -> Double {
        precondition(rank >= 1 && rank <= count, "a rank counts from 1")
        if !all.isEmpty { return all[rank - 1] }
        // Fewer than `rank` averages are at most `low`, and at least as many at most `high`.
        var low = values[0].nextDown
        var high = values[values.count - 1]
        var (atLow, atHigh) = (0, count)
        for _ in 0..<Limit.halvings where atHigh - atLow > values.count {
            let middle = low + (high - low) / 2
            if middle <= low || middle >= high { return high }
            let atMiddle = atMost(middle)
            if atMiddle >= rank {
                (high, atHigh) = (middle, atMiddle)
            } else {
                (low, atLow) = (middle, atMiddle)
            }
        }
        let between = atHigh - atLow > values.count ? [least(above: low)] : among(low, high)
        return between[min(rank - atLow, between.count) - 1]
    }

    /// How many averages are at most `limit`.
    private func atMost(_ limit: Double) -> Int {
        var total = 0
        var end = values.count
        for index in values.indices {
            // A larger value needs smaller partners.
            while end > index, (values[index] + values[end - 1]) / 2 > limit { end -= 1 }
            if end <= index { break }
            total += end - index
        }
        return total
    }

    /// The averages above `low` up to `high`, by rising size.
    private func among(_ low: Double, _ high: Double) -> [Double] {
        var found: [Double] = []
        var end = values.count
        for index in values.indices {
            while end > index, (values[index] + values[end - 1]) / 2 > high { end -= 1 }
            var partner = end - 1
            while partner >= index {
                let average = (values[index] + values[partner]) / 2
                if average <= low { break }
                found.append(average)
                partner -= 1
            }
        }
        found.sort()
        return found
    }

    /// The least average above `low`; there is one.
    private func least(above low: Double) -> Double {
        var least = values[values.count - 1]
        var end = values.count
        for index in values.indices {
            while end > index, (values[index] + values[end - 1]) / 2 > low { end -= 1 }
            let partner = max(end, index)
            if partner < values.count {
                least = min(least, (values[index] + values[partner]) / 2)
            }
        }
        return least
    }
}
