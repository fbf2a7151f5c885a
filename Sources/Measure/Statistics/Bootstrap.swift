import Basis

/// The bias-corrected and accelerated bootstrap of the median (B. Efron, "Better bootstrap
/// confidence intervals", JASA 82, 1987; Efron and Tibshirani, "An Introduction to the Bootstrap",
/// 1993, section 14.3).
///
/// A cross-check of the exact intervals, not a substitute: for fewer than about 20 values it covers
/// less often than it says.
package enum Bootstrap {
    /// The interval of the median of `values` from `resamples` resamples drawn with `seed`.
    ///
    /// The bias correction counts half of the resamples that hit the estimate itself, which with a
    /// median are many. The acceleration comes from the jackknife and is zero when all its medians
    /// agree. Both bounds are nil for fewer than two values; `coverage` is the confidence asked
    /// for.
    package static func medianInterval(
        of values: [Double], confidence: Double, resamples: Int = 10_000, seed: UInt64
    ) -> ConfidenceInterval<Double> {
        precondition(confidence > 0 && confidence < 1, "a confidence lies inside 0...1")
        precondition(resamples > 0, "a bootstrap needs resamples")
        let sorted = values.sorted()
        guard sorted.count >= 2, let estimate = Median.of(sorted: sorted) else {
            return ConfidenceInterval(low: nil, high: nil, coverage: confidence)
        }
        let medians = resampledMedians(of: sorted, resamples: resamples, seed: seed)
        let points = medians.reduce(0.0) { $0 + ($1 < estimate ? 1 : $1 == estimate ? 0.5 : 0) }
        let share = min(max(points, 0.5), Double(resamples) - 0.5) / Double(resamples)
        let bias = Normal.quantile(share)
        let acceleration = acceleration(of: sorted)

        func bound(_ tail: Double) -> Double {
            let shifted = bias + Normal.quantile(tail)
            let level = Normal.cumulative(bias + shifted / (1 - acceleration * shifted))
            return medians[Int(Percentile.rank(100 * level, of: UInt64(resamples))) - 1]
        }
        let tail = (1 - confidence) / 2
        return ConfidenceInterval(low: bound(tail), high: bound(1 - tail), coverage: confidence)
    }

    /// The medians of resamples with replacement, by rising size.
    private static func resampledMedians(
        of sorted: [Double], resamples: Int, seed: UInt64
    ) -> [Double] {
        var generator = SeededGenerator(seed: seed)
        let count = sorted.count
        var drawn = [Int](repeating: 0, count: count)
        var medians: [Double] = []
        medians.reserveCapacity(resamples)
        for _ in 0..<resamples {
            for index in drawn.indices { drawn[index] = 0 }
            for _ in 0..<count { drawn[Int.random(in: 0..<count, using: &generator)] += 1 }
            let upper = value(atRank: count / 2 + 1, of: sorted, drawn)
            let lower =
                count.isMultiple(of: 2) ? value(atRank: count / 2, of: sorted, drawn) : upper
            medians.append((lower + upper) / 2)
        }
        medians.sort()
        return medians
    }

    /// The `rank`-th least value when `sorted[i]` was drawn `drawn[i]` times.
    private static func value(atRank rank: Int, of sorted: [Double], _ drawn: [Int]) -> Double {
        var seen = 0
        var index = -1
        while seen < rank {
            index += 1
            seen += drawn[index]
        }
        return sorted[index]
    }

    private static func acceleration(of sorted: [Double]) -> Double {
        var medians: [Double] = []
        for index in sorted.indices {
            var rest = sorted
            rest.remove(at: index)
            if let median = Median.of(sorted: rest) { medians.append(median) }
        }
        let mean = medians.reduce(0, +) / Double(medians.count)
        var squares = 0.0
        var cubes = 0.0
        for median in medians {
            let distance = mean - median
            squares += distance * distance
            cubes += distance * distance * distance
        }
        return squares > 0 ? cubes / (6 * squares * squares.squareRoot()) : 0
    }
}
