import Basis
import TestSupport
import Testing

@testable import Measure

@Suite("Intervals")
struct IntervalTests {
    /// Ranks of the interval of a median and their coverage in per cent: D. G. Altman, D. Machin,
    /// T. N. Bryant and M. J. Gardner, "Statistics with Confidence", 2nd ed. 2000, table 18.4 (95
    /// %, 99 %).
    @Test(
        "ranks for the median",
        arguments: [
            (6, 0.95, 1, 6, 96.9), (8, 0.95, 1, 8, 99.2), (10, 0.95, 2, 9, 97.9),
            (12, 0.95, 3, 10, 96.1), (20, 0.95, 6, 15, 95.9), (25, 0.95, 8, 18, 95.7),
            (50, 0.95, 18, 33, 96.7), (100, 0.95, 40, 61, 96.5), (8, 0.99, 1, 8, 99.2),
            (20, 0.99, 4, 17, 99.7), (100, 0.99, 37, 64, 99.3),
        ] as [(UInt64, Double, UInt64, UInt64, Double)])
    func medianRanks(
        count: UInt64, confidence: Double, low: UInt64, high: UInt64, coverage: Double
    ) {
        let ranks = PercentileInterval.ranks(50, of: count, confidence: confidence)
        #expect(ranks.low == low)
        #expect(ranks.high == high)
        #expect(abs(100 * ranks.coverage - coverage) < 0.06)
    }

    @Test("samples that are too small bound nothing", arguments: [(5, 0.95), (7, 0.99)])
    func tooSmallForMedian(count: Int, confidence: Double) {
        let interval = Median.interval(of: (0..<count).map(Double.init), confidence: confidence)
        #expect(interval.low == nil && interval.high == nil)
        let empty = Median.interval(of: [], confidence: confidence)
        #expect(empty.low == nil && empty.high == nil)
    }

    /// 0.99^n ≤ 0.025 needs n ≥ 368.
    @Test("the upper bound of p99 appears with the 368th sample")
    func oneSidedTail() {
        #expect(PercentileInterval.ranks(99, of: 367, confidence: 0.95).high == nil)
        let ranks = PercentileInterval.ranks(99, of: 368, confidence: 0.95)
        #expect(ranks.high == 368)
        #expect(ranks.low != nil)
        #expect(ranks.coverage >= 0.95)
    }

    @Test("normal ranks meet the exact ones within a rank or two", arguments: [50, 90, 99, 99.9])
    func seam(percentile: Double) {
        let share = percentile / 100
        let variance = share * (1 - share)
        let below = UInt64(PercentileInterval.exactVarianceLimit / variance)
        let exact = PercentileInterval.ranks(percentile, of: below, confidence: 0.95)
        let normal = PercentileInterval.ranks(percentile, of: below + 2, confidence: 0.95)
        for (a, b) in [(exact.low, normal.low), (exact.high, normal.high)] {
            let distance = Int64(a ?? 0) - Int64(b ?? 0)
            #expect(abs(distance) <= 3, "\(exact) \(normal)")
        }
        #expect(normal.coverage == 0.95)
    }

    @Test(
        "a histogram's interval contains that of the sorted sample", arguments: [1, 2] as [UInt64])
    func fromHistogram(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var histogram = Histogram()
        var sorted: [Nanoseconds] = []
        for _ in 0..<3_000 {
            let value = Nanoseconds(raw: Int64(1e6 * sampleExponential(&generator)))
            sorted.append(value)
            histogram.record(value)
        }
        sorted.sort()
        for percentile in [50, 90, 99, 99.9] {
            let exact = PercentileInterval.of(
                sorted: sorted, percentile: percentile, confidence: 0.95)
            let coarse = PercentileInterval.of(
                histogram, percentile: percentile, confidence: 0.95)
            #expect(coarse.coverage == exact.coverage)
            let low = exact.low.map { Histogram.equivalentRange(of: $0).lowerBound }
            let high = exact.high.map { Histogram.equivalentRange(of: $0).upperBound }
            #expect(coarse.low == low, "seed \(seed), percentile \(percentile)")
            #expect(coarse.high == high, "seed \(seed), percentile \(percentile)")
        }
    }

    @Test("the interval covers the true percentile as often as it says")
    func coverage() {
        let seed: UInt64 = 77
        var generator = SeededGenerator(seed: seed)
        let truth = -Elementary.log(0.1)
        var covered = 0
        for _ in 0..<1_000 {
            let sorted = (0..<120).map { _ in sampleExponential(&generator) }.sorted()
            let interval = PercentileInterval.of(sorted: sorted, percentile: 90, confidence: 0.95)
            if let low = interval.low, let high = interval.high, low <= truth, truth <= high {
                covered += 1
            }
        }
        // 1 000 trials of at least 95 %: fewer than 930 have probability 0.3 %.
        #expect(covered >= 930 && covered <= 990, "seed \(seed): \(covered)")
    }

    @Test("the summary hides percentiles that too few samples support")
    func summary() {
        for (count, shown) in [
            (4, 0), (5, 1), (11, 2), (29, 3), (59, 4), (298, 4), (299, 5), (2_994, 5), (2_995, 6),
            (29_955, 6), (29_956, 7),
        ] as [(UInt64, Int)] {
            var histogram = Histogram()
            histogram.record(.microseconds(100), count: count)
            let summary = LatencySummary(histogram)
            let percentiles = [
                summary.p50, summary.p75, summary.p90, summary.p95, summary.p99, summary.p999,
                summary.p9999,
            ]
            #expect(percentiles.count { $0 != nil } == shown, "\(count) samples")
            #expect(percentiles[..<shown].allSatisfy { $0 == .microseconds(100) })
            #expect(summary.samples == count)
        }
    }

    @Test("no percentile of the summary exceeds the exact maximum")
    func summaryOrder() {
        var histogram = Histogram()
        for raw in 1...40_000 as ClosedRange<Int64> {
            histogram.record(Nanoseconds(raw: raw * 1_001))
        }
        let summary = LatencySummary(histogram)
        let rising = [
            summary.min, summary.p50, summary.p75, summary.p90, summary.p95, summary.p99,
            summary.p999, summary.p9999, summary.max,
        ].compactMap { $0 }
        #expect(rising.count == 9)
        #expect(rising == rising.sorted())
        #expect(summary.mean == 1_001 * 20_000.5)
    }

    @Test("medians")
    func medians() {
        #expect(Median.of([]) == nil)
        #expect(Median.of([3]) == 3)
        #expect(Median.of([4, 1, 3]) == 3)
        #expect(Median.of([4, 1, 3, 2]) == 2.5)
    }

    @Test("sigma from the median deviation")
    func medianDeviation() {
        #expect(MedianDeviation.sigma(of: []) == nil)
        #expect(MedianDeviation.sigma(of: [5, 5, 5]) == 0)
        // By hand: median 2, distances 1 1 0 0 2 4 7, their median 1.
        #expect(
            MedianDeviation.sigma(of: [1, 1, 2, 2, 4, 6, 9]) == MedianDeviation.normalConsistency)
        #expect(abs(MedianDeviation.normalConsistency * Normal.quantile(0.75) - 1) < 1e-12)
        let shifted = MedianDeviation.pooledSigma(of: [[1, 2, 3], [101, 102, 103], []])
        #expect(shifted == MedianDeviation.normalConsistency)
    }
}
