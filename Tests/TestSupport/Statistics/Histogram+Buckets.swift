package import Basis
package import Measure

extension Histogram {
    /// All values that share a bucket with `value`, which is first brought into `0...highest`.
    package static func equivalentRange(of value: Nanoseconds) -> ClosedRange<Nanoseconds> {
        var histogram = Histogram()
        histogram.record(value)
        return histogram.bucket(ofRank: 1)
    }

    /// How many samples are not longer than `value`, as far as the histogram can tell: all samples
    /// of the bucket of `value` are counted.
    package func countAtOrBelow(_ value: Nanoseconds) -> UInt64 {
        buckets.reduce(0) { $1.values.lowerBound <= value ? $0 + $1.count : $0 }
    }
}
