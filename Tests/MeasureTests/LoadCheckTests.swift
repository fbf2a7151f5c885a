import Basis
import TestSupport
import Testing

@testable import Measure

@Suite("Steadiness")
struct SteadinessTests {
    /// P(S ≥ s), one-sided: M. G. Kendall, "Rank Correlation Methods", 4th ed. 1970, appendix table
    /// 1.
    @Test(
        "the exact distribution of Mann and Kendall's score",
        arguments: [
            (4, 4, 0.167), (5, 10, 0.0083), (8, 16, 0.031), (8, 20, 0.0071), (10, 21, 0.036),
            (10, 23, 0.023), (10, 27, 0.0083), (10, 33, 0.0011),
        ])
    func kendall(count: Int, score: Int, tail: Double) {
        let rising = MannKendall(permutation(count: count, score: score))
        #expect(rising.score == score)
        #expect(abs(rising.pTwoSided / 2 - tail) < 0.05 * tail)
        let falling = MannKendall(permutation(count: count, score: score).map { -$0 })
        #expect(falling.score == -score)
        #expect(falling.pTwoSided == rising.pTwoSided)
    }

    /// 0..<count in an order with as many inversions as the score wants, by its Lehmer code.
    private func permutation(count: Int, score: Int) -> [Double] {
        var inversions = (count * (count - 1) / 2 - score) / 2
        var rest = (0..<count).map(Double.init)
        return (0..<count).map { _ in
            let code = min(inversions, rest.count - 1)
            inversions -= code
            return rest.remove(at: code)
        }
    }

    @Test("ties and long series use the normal approximation with Kendall's variance")
    func normalApproximation() {
        // By hand: S = 8, variance (5·4·15 - 2·1·9) / 18 = 15.667, z = 7/3.958 = 1.7685.
        let tied = MannKendall([1, 2, 2, 3, 3.5])
        #expect(tied.score == 9)
        #expect(abs(tied.pTwoSided - 2 * Normal.upperTail(8 / (282.0 / 18).squareRoot())) < 1e-12)
        #expect(MannKendall([4, 4, 4, 4, 4]).pTwoSided == 1)

        let seed: UInt64 = 8
        var generator = SeededGenerator(seed: seed)
        let series = (0..<100).map { Double($0) / 200 + Normal.sample(&generator) }
        let exact = MannKendall(series).pTwoSided
        // One tie brings the approximation; it must stay close.
        let approximate = MannKendall(series + [series[50]]).pTwoSided
        #expect(abs(exact - approximate) < 0.01 + 0.2 * exact, "seed \(seed)")
    }

    @Test(
        "verdicts",
        arguments: [
            ([100, 101, 99, 100, 102, 98, 100, 101], true), ([60, 80, 90, 95, 99, 100], false),
            ([100, 96, 91, 87, 80], false), ([100, 100, 100, 130, 130, 130], true),
            ([100, 101, 99, 100, 102, 90, 89, 91, 90, 88], false),
            // Significant but below what matters: 1 % over the run.
            ([100, 100.1, 100.2, 100.3, 100.4, 100.5, 100.6, 100.7, 100.8, 100.9], true),
            // One bad interval is no trend.
            ([100, 101, 99, 20, 100, 102, 98, 100], true),
        ] as [([Double], Bool)])
    func verdicts(values: [Double], steady: Bool) throws {
        let check = try #require(Steadiness(values))
        #expect(check.isSteady == steady, "\(check)")
    }

    @Test("too few intervals or no work at all decide nothing")
    func undecided() {
        #expect(Steadiness([1, 2, 3, 4]) == nil)
        #expect(Steadiness([0, 0, 0, 5, 5, 5]) == nil)
        #expect(Steadiness([1, 2, 3, 4, 5])?.isSteady == false)
    }

    /// Shares of runs called unsteady, out of `trials`.
    private func alarms(
        intervals: Int, deviation: Double, correlation: Double, drift: Double, trials: Int,
        seed: UInt64
    ) -> (tests: Double, unsteady: Double) {
        var generator = SeededGenerator(seed: seed)
        var tests = 0
        var unsteady = 0
        for _ in 0..<trials {
            var noise = Normal.sample(&generator)
            let values = (0..<intervals).map { index in
                let fresh = Normal.sample(&generator) * (1 - correlation * correlation).squareRoot()
                noise = correlation * noise + fresh
                return 1 + deviation * noise + drift * Double(index) / Double(intervals - 1)
            }
            guard let check = Steadiness(values) else { continue }
            if min(check.pTrend, check.pHalves) <= Steadiness.Limit.level { tests += 1 }
            if !check.isSteady { unsteady += 1 }
        }
        return (Double(tests) / Double(trials), Double(unsteady) / Double(trials))
    }

    @Test("false alarms of steady runs are as rare as documented", arguments: [5, 10, 30])
    func falseAlarms(intervals: Int) {
        let seed: UInt64 = 21
        let rates = alarms(
            intervals: intervals, deviation: 0.1, correlation: 0, drift: 0, trials: 600, seed: seed)
        // At most 2.8 % as documented; the standard error of 600 runs is 0.7 %.
        #expect(rates.tests <= 0.049, "seed \(seed): \(rates)")
        #expect(rates.unsteady <= rates.tests)
        let calm = alarms(
            intervals: intervals, deviation: 0.02, correlation: 0.5, drift: 0, trials: 300,
            seed: seed)
        #expect(calm.unsteady <= 0.01, "seed \(seed): \(calm)")
    }

    @Test("a real drift is found")
    func drift() {
        let seed: UInt64 = 22
        let rates = alarms(
            intervals: 10, deviation: 0.03, correlation: 0, drift: 0.2, trials: 300, seed: seed)
        #expect(rates.unsteady >= 0.9, "seed \(seed): \(rates)")
    }
}

@Suite("Independence")
struct IndependenceTests {
    /// SciPy 1.17: `spearmanr(z[:-lag], z[lag:])`.
    @Test(
        "Spearman's coefficient of neighbours",
        arguments: [
            (1, -0.020925110132158593, 0.9433963888509199),
            (2, -0.011019283746556474, 0.9714994128633141),
        ])
    func reference(lag: Int, rho: Double, p: Double) throws {
        let values = [3.1, 4.7, 2.2, 5.9, 5.8, 6.1, 3.3, 2.9, 4.4, 4.4, 7.0, 1.2, 2.5, 2.6, 3.9]
        let correlation = try #require(LagCorrelation(values, lag: lag))
        #expect(abs(correlation.rho - rho) < 1e-12)
        #expect(abs(correlation.pTwoSided - p) < 1e-9)
    }

    @Test("extremes")
    func extremes() throws {
        #expect(LagCorrelation((0..<10).map(Double.init)) == nil)
        let rising = try #require(LagCorrelation((0..<11).map(Double.init)))
        #expect(rising.rho == 1 && rising.pTwoSided == 0)
        let constant = try #require(LagCorrelation([Double](repeating: 3, count: 20)))
        #expect(constant.rho == 0 && constant.pTwoSided == 1)
    }

    @Test("independent values pass about as often as the level says, dependent ones do not")
    func level() {
        let seed: UInt64 = 31
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        var found = 0
        for _ in 0..<200 {
            let noise = (0..<100).map { _ in Normal.sample(&generator) }
            if (LagCorrelation(noise)?.pTwoSided ?? 1) <= 0.05 { refused += 1 }
            let smooth = zip(noise, noise.dropFirst()).map { $0 + $1 }
            if (LagCorrelation(smooth)?.pTwoSided ?? 1) <= 0.05 { found += 1 }
        }
        #expect(refused <= 21, "seed \(seed): \(refused)")
        #expect(found >= 195, "seed \(seed): \(found)")
    }

    @Test("thinning takes the first lag that passes")
    func thinning() {
        let seed: UInt64 = 32
        var generator = SeededGenerator(seed: seed)
        // Each value stands four times: neighbours one to three apart are alike, five apart are
        // not.
        let values = (0..<400).flatMap { _ in
            [Double](repeating: Normal.sample(&generator), count: 4)
        }
        #expect(LagCorrelation.thinningLag(values, level: 1e-10) == 5, "seed \(seed)")
        let rising = (0..<200).map(Double.init)
        #expect(LagCorrelation.thinningLag(rising, level: 1e-10) == nil)
    }
}

@Suite("Arrivals")
struct ArrivalTests {
    /// Air-conditioning failures of one aeroplane (F. Proschan, Technometrics 5, 1963), and A² by
    /// SciPy 1.17, `anderson(x, "expon").statistic`.
    @Test("Anderson and Darling's statistic is that of another implementation")
    func reference() throws {
        let gaps: [Int64] = [
            74, 57, 48, 29, 502, 12, 70, 21, 29, 386, 59, 27, 153, 26, 326, 50, 254, 5, 283, 35, 12,
            130, 493, 90, 10, 14, 24,
        ]
        let check = try #require(
            ArrivalCheck.poisson(gaps.map { Nanoseconds(raw: $0 * 1_000_000) }))
        #expect(abs(check.statistic - 1.7044472979504128 * (1 + 0.6 / 27)) < 1e-9)
        #expect(check.gaps == 27)
        #expect(check.passes)
    }

    private func poissonGaps(_ count: Int, seed: UInt64) -> [Nanoseconds] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            Nanoseconds(raw: Int64(20_000 * sampleExponential(&generator)))
        }
    }

    /// Stephens 1974, table 4: modified A² exceeds 1.341 in 5 % and 1.957 in 1 % of samples.
    @Test("the published points hold for real exponentials")
    func level() throws {
        var above5 = 0
        var above1 = 0
        for seed in 0..<600 as Range<UInt64> {
            let check = try #require(ArrivalCheck.poisson(poissonGaps(60, seed: seed)))
            if check.statistic > 1.341 { above5 += 1 }
            if check.statistic > 1.957 { above1 += 1 }
            #expect(check.passes, "seed \(seed)")
        }
        #expect((14...46).contains(above5), "\(above5)")
        #expect(above1 <= 14, "\(above1)")
    }

    @Test("what is not Poisson is refused")
    func notPoisson() {
        let even = [Nanoseconds](repeating: .microseconds(20), count: 500)
        #expect(ArrivalCheck.poisson(even)?.passes == false)
        // Bursts of ten at exponential distances: the right rate, the wrong arrivals.
        let bursts = poissonGaps(3_000, seed: 4).flatMap {
            [Nanoseconds](repeating: .zero, count: 9) + [$0 * 10]
        }
        #expect(ArrivalCheck.poisson(bursts)?.passes == false)
        #expect(ArrivalCheck.poisson(bursts)?.gaps == ArrivalCheck.Limit.gaps)
        #expect(ArrivalCheck.poisson(poissonGaps(50_000, seed: 5))?.passes == true)
        #expect(ArrivalCheck.poisson(poissonGaps(19, seed: 6)) == nil)
    }

    @Test("constant arrivals: share of gaps outside the tolerance")
    func constant() {
        func check(_ gaps: [Nanoseconds]) -> ArrivalCheck? {
            ArrivalCheck.constant(gaps, interval: .microseconds(100), tolerance: .microseconds(10))
        }
        let even = (0..<200).map { Nanoseconds(raw: 90_000 + Int64($0) * 100) }
        #expect(check(even)?.statistic == 0)
        // Every tenth gap swallows the nine before it: the mean is right, the bursts are not.
        let bursts = (0..<5_000).flatMap { _ in
            [Nanoseconds](repeating: .zero, count: 9) + [.microseconds(1_000)]
        }
        #expect((check(bursts)?.statistic ?? 0) > 0.85)
        #expect(check(bursts)?.passes == false)
        // Whoever looked at every 30th of these gaps would see only the good ones.
        let periodic = (0..<10_000).flatMap { _ in
            [Nanoseconds.microseconds(100), .zero, .microseconds(200)]
        }
        #expect(abs((check(periodic)?.statistic ?? 0) - 0.333) < 0.05)
        let fewLong = even.dropLast(10) + [Nanoseconds](repeating: .microseconds(200), count: 10)
        #expect(check(Array(fewLong))?.statistic == 0.05)
        #expect(check(Array(fewLong))?.passes == true)
        #expect(check(Array(even.prefix(19))) == nil)
    }
}
