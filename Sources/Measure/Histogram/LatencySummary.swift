package import Basis

/// The figures every report gives of a latency distribution.
package struct LatencySummary: Equatable, Sendable {
    package var samples: UInt64 = 0
    /// Zero when there are no samples, like the other figures that are not optional.
    package var min = Nanoseconds.zero
    package var max = Nanoseconds.zero
    /// In nanoseconds.
    package var mean = 0.0
    /// In nanoseconds, dividing by n.
    package var standardDeviation = 0.0

    /// A percentile is nil when fewer than `Percentile.samplesNeeded` samples stand behind it.
    package var p50: Nanoseconds?
    package var p75: Nanoseconds?
    package var p90: Nanoseconds?
    package var p95: Nanoseconds?
    package var p99: Nanoseconds?
    /// The 99.9th.
    package var p999: Nanoseconds?
    /// The 99.99th.
    package var p9999: Nanoseconds?

    /// Of no sample.
    package init() {}

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
