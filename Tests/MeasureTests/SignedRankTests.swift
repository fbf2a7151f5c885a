import Basis
import TestSupport
import Testing

@testable import Measure

@Suite("Signed rank")
struct SignedRankTests {
    /// Greatest W with P(W ≤ w) ≤ level, one-sided: R. L. McCornack, "Extended tables of the
    /// Wilcoxon matched pair signed rank statistic", JASA 60, 1965. -1 where no value is that rare.
    @Test(
        "the distribution reproduces the published critical values",
        arguments: [
            (5, 0, -1, -1, -1), (6, 2, 0, -1, -1), (7, 3, 2, 0, -1), (8, 5, 3, 1, 0),
            (9, 8, 5, 3, 1), (10, 10, 8, 5, 3), (11, 13, 10, 7, 5), (12, 17, 13, 9, 7),
            (13, 21, 17, 12, 9), (14, 25, 21, 15, 12), (15, 30, 25, 19, 15), (16, 35, 29, 23, 19),
            (17, 41, 34, 27, 23), (18, 47, 40, 32, 27), (19, 53, 46, 37, 32), (20, 60, 52, 43, 37),
            (25, 100, 89, 76, 68), (30, 151, 137, 120, 109),
        ])
    func criticalValues(pairs: Int, _ five: Int, _ twoAndHalf: Int, _ one: Int, _ half: Int) {
        let tails = SignedRank.upperTails(pairs: pairs)
        let most = pairs * (pairs + 1) / 2
        for (level, critical) in [(0.05, five), (0.025, twoAndHalf), (0.01, one), (0.005, half)] {
            // By symmetry P(W ≤ w) = P(W ≥ most - w).
            let found = (0...most).last { tails[most - $0] <= level } ?? -1
            #expect(found == critical, "\(pairs) pairs at \(level)")
        }
    }

    @Test("the least p-value is 2^-n", arguments: [1, 7, 10, 12, 16, 24, 60])
    func leastValue(pairs: Int) {
        let values = (1...pairs).map(Double.init)
        let least = (0..<pairs).reduce(1.0) { halved, _ in halved / 2 }
        #expect(SignedRank.pGreater(values) == least)
        #expect(SignedRank.pLeast(pairs: pairs) == least)
        #expect(abs(SignedRank.pGreater(values.map { -$0 }) - 1) < 1e-12)
    }

    /// Hamilton's depression scale factor before and after (Hollander and Wolfe, example 3.1): W+ =
    /// 40 with P = 0.0195, estimate 0.46, interval (0.010, 0.786) at 96.1 % (there for the opposite
    /// sign).
    private static let depression = [
        0.952, -0.147, 1.022, 0.43, 0.62, 0.59, 0.49, -0.08, 0.01,
    ]

    @Test("the textbook's example")
    func textbook() throws {
        #expect(SignedRank.pGreater(Self.depression) == 10.0 / 512)
        let estimate = try #require(SignedRank.hodgesLehmann(Self.depression))
        #expect(abs(estimate - 0.46) < 1e-12)
        let interval = SignedRank.interval(of: Self.depression, confidence: 0.95)
        #expect(abs((interval.low ?? .nan) - 0.010) < 1e-12)
        #expect(abs((interval.high ?? .nan) - 0.786) < 1e-12)
        #expect(abs(interval.coverage - 0.9609375) < 1e-12)
    }

    @Test("Walsh averages, all of them and in order")
    func walsh() {
        #expect(SignedRank.walshAverages([4, 1, 2]) == [1, 1.5, 2, 2.5, 3, 4])
        #expect(SignedRank.walshAverages([]) == [])
        #expect(SignedRank.hodgesLehmann([]) == nil)
        #expect(SignedRank.hodgesLehmann([4, 1, 2]) == 2.25)
    }

    @Test("ties and zeros: the p-value is the share of sign assignments", arguments: 1...12)
    func bruteForce(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let shift = Double(Int.random(in: -2...2, using: &generator))
        let values = (0..<Int.random(in: 1...10, using: &generator)).map { _ in
            Double(Int.random(in: -4...5, using: &generator))
        }
        let distances = values.map { $0 - shift }
        // Midranks by counting, zeros ranked and then left out (Pratt).
        let ranks = distances.map { own in
            let less = distances.count { abs($0) < abs(own) }
            let equal = distances.count { abs($0) == abs(own) }
            return Double(less) + Double(equal + 1) / 2
        }
        let signed = zip(distances, ranks).filter { $0.0 != 0 }
        let observed = signed.reduce(0.0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
        var reached = 0
        for signs in 0..<(1 << signed.count) {
            var sum = 0.0
            for (place, pair) in signed.enumerated() where signs >> place & 1 == 1 { sum += pair.1 }
            if sum >= observed { reached += 1 }
        }
        let expected = Double(reached) / Double(1 << signed.count)
        #expect(
            abs(SignedRank.pGreater(values, shift: shift) - expected) < 1e-12,
            "seed \(seed): \(values) shift \(shift)")
    }

    /// SciPy 1.17, `wilcoxon(x, zero_method="pratt", correction=True, alternative="greater",
    /// method="approx")` of x[i] = (7919 i + 13) mod `modulus` - `offset`.
    @Test(
        "above the exact sizes the p-value is the normal approximation's, ties and zeros included",
        arguments: [
            (101, 1_009, 499.75, 0.6068086893908018, 0.39449464736069195),
            (150, 1_009, 439.75, 0.008204026027056907, 0.991837926158865),
            (400, 1_009, 469.75, 0.012243611134814734, 0.9877701187523473),
            (1_000, 1_009, 479.75, 0.0042871624900659286, 0.995714217109892),
            (60, 7, 2, 0.0002959997408229145, 0.9997120025344217),
            (120, 7, 2, 9.826354162498168e-07, 0.9999990301290091),
            (300, 5, 2, 0.500135384409453, 0.500135384409453),
        ])
    func approximation(
        count: Int, modulus: Int, offset: Double, greater: Double, less: Double
    ) {
        let values = Self.remainders(count, modulus).map { $0 - offset }
        #expect(abs(SignedRank.pGreater(values) / greater - 1) < 1e-9)
        #expect(abs(SignedRank.pGreater(values.map { -$0 }) / less - 1) < 1e-9)
    }

    private static func remainders(_ count: Int, _ modulus: Int) -> [Double] {
        (0..<count).map { Double(($0 * 7_919 + 13) % modulus) }
    }

    @Test("the approximation continues the exact values, a little to the safe side")
    func seam() {
        // About 1 in 1 000 and 5 in ten million, where Holm's correction over many rows asks.
        let pairs = 100
        let tails = SignedRank.upperTails(pairs: pairs)
        for sum in [3_440, 3_900] {
            let exact = tails[sum]
            let n = Double(pairs)
            let deviation = (n * (n + 1) * (2 * n + 1) / 24).squareRoot()
            let approximate = Normal.upperTail((Double(sum) - 0.5 - n * (n + 1) / 4) / deviation)
            #expect(approximate > exact && approximate < 4 * exact, "\(sum): \(exact)")
        }
    }

    @Test(
        "selected Walsh averages are the sorted ones, ties and all",
        arguments: [1, 2, 24, 25, 40, 99, 250], [3, 11, 1_000_003])
    func selection(count: Int, modulus: Int) throws {
        let values = Self.remainders(count, modulus).map { ($0 - Double(modulus / 2)) / 7 }
        let sorted = SignedRank.walshAverages(values)
        let averages = WalshAverages(values)
        #expect(averages.count == sorted.count)
        for rank in Set([1, 2, 7, sorted.count / 2, sorted.count / 2 + 1, sorted.count])
        where rank >= 1 && rank <= sorted.count {
            #expect(averages.ofRank(rank) == sorted[rank - 1], "rank \(rank)")
        }
        #expect(averages.median == Median.of(sorted: sorted))
    }

    @Test("a distribution is counted once for all samples of a size, and not for large ones")
    func countedOnce() {
        var tails = SignedRank.Tails()
        for (count, shift) in [(40, 0.25), (40, 3.25), (90, 0.25), (101, 0.25), (5_000, 0.25)] {
            let values = Self.remainders(count, 10_007).map { $0 - 5_000 }
            _ = SignedRank.pGreater(values, shift: shift, &tails)
            let estimate = SignedRank.estimate(of: values, confidence: 0.99, &tails)
            #expect(estimate.interval.low != nil)
        }
        #expect(tails.counted == 2)
    }

    @Test("intervals of large samples cover as often as they say")
    func largeCoverage() {
        let seed: UInt64 = 17
        var generator = SeededGenerator(seed: seed)
        var tails = SignedRank.Tails()
        var covered = 0
        for _ in 0..<400 {
            let sample = (0..<150).map { _ in Normal.sample(&generator) }
            let (_, interval) = SignedRank.estimate(of: sample, confidence: 0.95, &tails)
            if let low = interval.low, let high = interval.high, low <= 0, 0 <= high {
                covered += 1
            }
        }
        #expect(covered >= 366 && covered <= 393, "seed \(seed): \(covered)")
    }

    @Test("nothing but zeros proves nothing")
    func zeros() {
        #expect(SignedRank.pGreater([0.01, 0.01, 0.01], shift: 0.01) == 1)
        #expect(SignedRank.pGreater([]) == 1)
    }

    @Test("test and interval agree: the interval holds the shifts that are not refused")
    func duality() throws {
        let interval = SignedRank.interval(of: Self.depression, confidence: 0.95)
        let tail = (1 - interval.coverage) / 2
        let low = try #require(interval.low)
        #expect(SignedRank.pGreater(Self.depression, shift: low - 1e-9) <= tail + 1e-12)
        #expect(SignedRank.pGreater(Self.depression, shift: low + 1e-9) > tail + 1e-12)
    }

    @Test("intervals bound nothing below six values at 95 % and eight at 99 %")
    func smallIntervals() {
        for (confidence, needed) in [(0.95, 6), (0.99, 8)] {
            for count in 0..<12 {
                let interval = SignedRank.interval(
                    of: (0..<count).map(Double.init), confidence: confidence)
                #expect((interval.low != nil) == (count >= needed), "\(count) at \(confidence)")
                #expect(interval.coverage >= confidence)
            }
        }
    }

    @Test("the interval covers the centre as often as it says")
    func coverage() {
        let seed: UInt64 = 5
        var generator = SeededGenerator(seed: seed)
        var covered = 0
        for _ in 0..<1_000 {
            let sample = (0..<12).map { _ in Normal.sample(&generator) }
            let interval = SignedRank.interval(of: sample, confidence: 0.95)
            if let low = interval.low, let high = interval.high, low <= 0, 0 <= high {
                covered += 1
            }
        }
        #expect(covered >= 930 && covered <= 980, "seed \(seed): \(covered)")
    }
}
