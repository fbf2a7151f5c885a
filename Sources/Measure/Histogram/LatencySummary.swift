package import Basis

/// The figures every report gives of a latency distribution.
package struct LatencySummary: Equatable, Sendable {
    package let samples: UInt64
    /// Zero when there are no samples, like the other figures that are not optional.
    package let min: Nanoseconds
    package let max: Nanoseconds
    /// In nanoseconds.
    package let mean: Double
    /// In nanoseconds, dividing by n.
    package let standardDeviation: Double

    /// A percentile is nil when fewer than `Percentile.samplesNeeded` samples stand behind it.
    package let p50: Nanoseconds?
    package let p75: Nanoseconds?
    package let p90: Nanoseconds?
    package let p95: Nanoseconds?
    package let p99: Nanoseconds?
    /// The 99.9th.
    package let p999: Nanoseconds?
    /// The 99.99th.
    package let p9999: Nanoseconds?

    /// Percentiles are those of `Histogram.value(atPercentile:)`, but never above the exact
    /// maximum.
    package init(_ histogram: borrowing Histogram) {
        samples = histogram.totalCount
        min = histogram.min
        max = histogram.max
        mean = histogram.mean
        standardDeviation = histogram.standardDeviation
        p50 = Self.percentile(50, of: histogram)
        p75 = Self.percentile(75, of: histogram)
        p90 = Self.percentile(90, of: histogram)
        p95 = Self.percentile(95, of: histogram)
        p99 = Self.percentile(99, of: histogram)
        p999 = Self.percentile(99.9, of: histogram)
        p9999 = Self.percentile(99.99, of: histogram)
    }

    private static func percentile(
        _ percentile: Double, of histogram: borrowing Histogram
    ) -> Nanoseconds? {
        if histogram.totalCount < Percentile.samplesNeeded(percentile) { return nil }
        return Swift.min(histogram.value(atPercentile: percentile), histogram.max)
    }
}
