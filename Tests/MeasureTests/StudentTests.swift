import Measure
import Testing

struct StudentTests {
    @Test(
        "quantiles are those of the tables",
        arguments: [
            (0.975, 1, 12.706_204_736), (0.975, 2, 4.302_652_730), (0.975, 4, 2.776_445_105),
            (0.995, 3, 5.840_909_310), (0.95, 10, 1.812_461_123), (0.975, 1_000, 1.962_339_081),
            (0.025, 4, -2.776_445_105), (0.5, 7, 0),
        ])
    func quantiles(probability: Double, degrees: Double, expected: Double) {
        let found = StudentT.quantile(probability, degrees: degrees)
        #expect(abs(found - expected) < 1e-6, "\(found)")
        #expect(abs(StudentT.cumulative(found, degrees: degrees) - probability) < 1e-9)
    }

    @Test("the difference of two samples has Welch's interval")
    func welch() {
        // As scipy has it: stats.t.ppf(0.975, 7.423433145) * sqrt(2.620666667 + 0.654489796).
        let (sum, interval) = StudentT.interval(
            ofSum: [
                (1, [27.5, 21, 19, 23.6, 17, 17.9]),
                (-1, [27.1, 22, 20.8, 23.4, 23.4, 23.5, 25.8]),
            ], confidence: 0.95)
        #expect(abs(sum - (21 - 166.0 / 7)) < 1e-9)
        let width = ((interval.high ?? 0) - (interval.low ?? 0)) / 2
        #expect(abs(width - 4.230_364_803) < 1e-6, "\(width)")
    }

    @Test("one value has no interval, and equal values have one without width")
    func degenerate() {
        let one = StudentT.interval(ofSum: [(1, [3]), (-1, [1, 2])], confidence: 0.95)
        #expect(one.sum == 1.5 && one.interval.low == nil && one.interval.high == nil)
        let equal = StudentT.interval(ofSum: [(2, [3, 3]), (-1, [1, 1])], confidence: 0.95)
        #expect(equal.sum == 5 && equal.interval.low == 5 && equal.interval.high == 5)
    }
}
