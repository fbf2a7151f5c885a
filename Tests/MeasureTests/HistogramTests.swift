import Basis
import TestSupport
import Testing

@testable import Measure

@Suite("Histogram")
struct HistogramTests {
    @Test("buckets follow HdrHistogram's layout and meet without gap or overlap")
    func layout() {
        var next: UInt64 = 0
        for index in 0..<Histogram.Layout.length {
            let low = Histogram.Layout.lowest(at: index)
            let high = Histogram.Layout.highest(at: index)
            #expect(low == next, "bucket \(index)")
            #expect(Histogram.Layout.index(of: low) == index)
            #expect(Histogram.Layout.index(of: high) == index)
            #expect(low < 2_048 ? high == low : (high - low + 1) * 1_024 <= low)
            next = high + 1
        }
        #expect(next > UInt64(Histogram.highest.raw))
    }

    @Test(
        "equivalent ranges at the borders of the layout",
        arguments: [
            (-1, 0, 0), (0, 0, 0), (1, 1, 1), (2_047, 2_047, 2_047), (2_048, 2_048, 2_049),
            (2_049, 2_048, 2_049), (4_095, 4_094, 4_095), (4_097, 4_096, 4_099),
            (50_000, 49_984, 50_015), (1_000_000, 999_936, 1_000_447),
            (123_456_789, 123_404_288, 123_469_823),
        ] as [(Int64, Int64, Int64)])
    func equivalentRange(value: Int64, low: Int64, high: Int64) {
        let range = Histogram.equivalentRange(of: Nanoseconds(raw: value))
        #expect(range.lowerBound.raw == low)
        #expect(range.upperBound.raw == high)
    }

    @Test("an empty histogram answers with zeros")
    func empty() {
        let histogram = Histogram()
        #expect(histogram.isEmpty == true)
        #expect(histogram.min == .zero)
        #expect(histogram.max == .zero)
        #expect(histogram.mean == 0)
        #expect(histogram.standardDeviation == 0)
        #expect(histogram.value(atPercentile: 99) == .zero)
        #expect(histogram.countAtOrBelow(.forever) == 0)
        #expect(histogram.buckets == [])
    }

    @Test("values outside the range are clamped, those above are counted")
    func clamping() {
        var histogram = Histogram()
        histogram.record(Nanoseconds(raw: -5))
        histogram.record(Nanoseconds(raw: .min))
        histogram.record(Histogram.highest)
        #expect(histogram.clampedCount == 0)
        histogram.record(.forever)
        histogram.record(Histogram.highest + Nanoseconds(raw: 1), count: 3)
        #expect(histogram.clampedCount == 4)
        #expect(histogram.totalCount == 7)
        #expect(histogram.min == .zero)
        #expect(histogram.max == Histogram.highest)
        #expect(histogram.countAtOrBelow(.zero) == 2)
        #expect(histogram.mean == 5.0 * 3.6e12 / 7.0)
    }

    @Test("minimum, maximum and mean are exact")
    func exactFigures() {
        var histogram = Histogram()
        for raw in [1_000_003, 5_000_017, 123_456_789] as [Int64] {
            histogram.record(Nanoseconds(raw: raw))
        }
        histogram.record(Nanoseconds(raw: 7), count: 0)
        #expect(histogram.min.raw == 1_000_003)
        #expect(histogram.max.raw == 123_456_789)
        #expect(histogram.mean == 129_456_809.0 / 3)
    }

    @Test("the sum survives more than 64 bits of nanoseconds")
    func wideSum() {
        var histogram = Histogram()
        histogram.record(Histogram.highest, count: 1 << 40)
        #expect(histogram.mean == 3.6e12)
    }

    @Test("the standard deviation stays within the layout's error")
    func deviation() {
        var equal = Histogram()
        equal.record(Nanoseconds(raw: 1_000_003), count: 12_345)
        #expect(equal.standardDeviation == 0)

        var two = Histogram()
        two.record(.milliseconds(10), count: 30)
        two.record(.milliseconds(20), count: 10)
        // By hand: mean 12.5 ms, variance (30 * 2.5² + 10 * 7.5²) / 40 = 18.75 ms².
        #expect(abs(two.standardDeviation / (18.75.squareRoot() * 1e6) - 1) < 2e-3)
    }

    /// `percentile`, `n`, and the rank a person would count.
    @Test(
        "a rank is ceil(p/100 * n), at least one, in spite of binary fractions",
        arguments: [
            (0, 10, 1), (1, 10, 1), (50, 1, 1), (50, 2, 1), (50, 3, 2), (50, 4, 2), (90, 10, 9),
            (95, 20, 19), (99, 100, 99), (99, 101, 100), (99.9, 1_000, 999), (99.9, 1_001, 1_000),
            (99.99, 10_000, 9_999), (99.9, 1_000_000_000, 999_000_000), (0.07, 10_000, 7),
            (0.14, 5_000, 7), (1.1, 1_000, 11), (100, 7, 7),
        ] as [(Double, UInt64, UInt64)])
    func rank(percentile: Double, count: UInt64, rank: UInt64) {
        #expect(Percentile.rank(percentile, of: count) == rank)
    }

    @Test("percentiles agree with the sorted sample", arguments: [1, 2, 3] as [UInt64])
    func percentilesOfRandomSamples(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var histogram = Histogram()
        var samples: [Int64] = []
        for _ in 0..<5_000 {
            let raw = Int64.random(in: 0..<(1 << Int64.random(in: 1...41)), using: &generator)
            samples.append(raw)
            histogram.record(Nanoseconds(raw: raw))
        }
        samples.sort()
        for percentile in [0, 0.1, 10, 50, 75, 90, 99, 99.9, 99.99, 100] {
            let exact = samples[Int(Percentile.rank(percentile, of: 5_000)) - 1]
            let reported = histogram.value(atPercentile: percentile)
            #expect(
                reported == Histogram.equivalentRange(of: Nanoseconds(raw: exact)).upperBound,
                "seed \(seed), percentile \(percentile)")
            #expect(reported.raw >= exact)
            #expect(Double(reported.raw - exact) <= Double(exact) * Histogram.relativeErrorBound)
            #expect(
                histogram.countAtOrBelow(reported)
                    == UInt64(samples.count { $0 <= reported.raw }), "seed \(seed)")
        }
    }

    @Test("adding gives what recording both streams gives", arguments: [11, 12] as [UInt64])
    func addition(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var parts = [0, 0, 0]
        var left = Histogram()
        var right = Histogram()
        var whole = Histogram()
        for _ in 0..<3_000 {
            let value = Nanoseconds(
                raw: Int64.random(in: 0..<(1 << Int64.random(in: 1...43)), using: &generator))
            whole.record(value)
            if Bool.random(using: &generator) {
                left.record(value)
                parts[0] += 1
            } else {
                right.record(value)
            }
        }
        var merged = left.copy()
        merged.add(right)
        merged.add(Histogram())
        #expect(left.totalCount == UInt64(parts[0]))
        expectSame(merged, whole, "seed \(seed)")
    }

    @Test("a reset histogram is as good as a new one")
    func reset() {
        var histogram = Histogram()
        histogram.record(.forever)
        histogram.record(.milliseconds(3))
        histogram.reset()
        expectSame(histogram, Histogram(), "after reset")
        histogram.record(.milliseconds(5))
        histogram.record(.forever)
        var fresh = Histogram()
        fresh.record(.milliseconds(5))
        fresh.record(.forever)
        expectSame(histogram, fresh, "after reuse")
    }
}

/// Compares everything a histogram answers.
func expectSame(
    _ left: borrowing Histogram, _ right: borrowing Histogram, _ comment: Comment,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let same =
        left.buckets == right.buckets && left.totalCount == right.totalCount
        && left.clampedCount == right.clampedCount && left.min == right.min
        && left.max == right.max && left.mean == right.mean
        && left.standardDeviation == right.standardDeviation
    #expect(same, comment, sourceLocation: sourceLocation)
}
