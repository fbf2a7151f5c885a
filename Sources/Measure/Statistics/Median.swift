/// The middle of a sample, and how sure one may be of it.
package enum Median {
    /// The middle value, or the mean of the two middle ones; nil for an empty sample.
    package static func of(_ values: [Double]) -> Double? { of(sorted: values.sorted()) }

    /// As `of(_:)`, for values that rise already.
    package static func of(sorted: [Double]) -> Double? {
        if sorted.isEmpty { return nil }
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2)
            ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// The exact interval of the population's median from order statistics, the inversion of the
    /// sign test (W. J. Conover, "Practical Nonparametric Statistics", 3rd ed. 1999, section 3.2).
    ///
    /// Both bounds are nil for fewer than 6 values at 95 % and fewer than 8 at 99 %.
    package static func interval(
        of values: [Double], confidence: Double
    ) -> ConfidenceInterval<Double> {
        PercentileInterval.of(sorted: values.sorted(), percentile: 50, confidence: confidence)
    }
}

/// The median absolute deviation, a measure of spread that half of the sample cannot spoil.
package enum MedianDeviation {
    /// 1 / Φ⁻¹(3/4): makes the median deviation of normal values estimate their standard deviation
    /// (F. R. Hampel, "The influence curve and its role in robust estimation", JASA 69, 1974).
    static let normalConsistency = 1.482_602_218_505_602

    /// The standard deviation that normal values with this median deviation would have; nil when
    /// empty.
    package static func sigma(of values: [Double]) -> Double? { pooledSigma(of: [values]) }

    /// As `sigma(of:)`, from several samples that share their spread but not their middle: each
    /// value is taken as its distance from the median of its own sample.
    package static func pooledSigma(of samples: [[Double]]) -> Double? {
        var distances: [Double] = []
        for sample in samples {
            guard let middle = Median.of(sample) else { continue }
            for value in sample { distances.append(abs(value - middle)) }
        }
        return Median.of(distances).map { $0 * normalConsistency }
    }
}
