import Basis
import Testing

@testable import Measure

@Suite("Comparison statistics")
struct ComparisonTests {
    /// `wilcox.test` values by hand: 3 and 3 values apart in 2 of 20 choices; 5 and 5 in 2 of 252.
    @Test(
        "the rank-sum test, exactly",
        arguments: [
            ([1, 2, 3], [4, 5, 6], 0.1), ([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2.0 / 252),
            ([1, 2], [1, 2], 1), ([1, 1, 2], [2, 3, 3], 0.2), ([], [1], 1), ([4, 4], [4, 4], 1),
        ] as [([Double], [Double], Double)])
    func rankSum(x: [Double], y: [Double], p: Double) {
        #expect(abs(RankSum.pTwoSided(x, y) - p) < 1e-12)
        #expect(abs(RankSum.pTwoSided(y, x) - p) < 1e-12)
    }

    @Test("the rank-sum test's approximation continues the exact values")
    func rankSumSeam() {
        let x = (0..<10).map { Double($0) * 1.7 }
        let y = (0..<10).map { Double($0) * 1.1 + 5.5 }
        let exact = RankSum.pTwoSided(x, y)
        let approximate = RankSum.pTwoSided(x + [7.66], y)
        #expect(abs(exact - approximate) < 0.05, "\(exact) \(approximate)")
        #expect(
            RankSum.pTwoSided([Double](repeating: 1, count: 15), Array(repeating: 1, count: 15))
                == 1)
    }

    /// By hand: 0.005·4, 0.01·3, then max(0.03·2, …) and max(0.06, 0.04·1).
    @Test("Holm's procedure")
    func holm() {
        let adjusted = Holm.adjusted([0.01, 0.04, 0.03, 0.005])
        for (value, expected) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) {
            #expect(abs(value - expected) < 1e-12)
        }
        #expect(Holm.adjusted([0.6, 0.7]) == [1, 1])
        #expect(Holm.adjusted([0.02]) == [0.02])
        #expect(Holm.adjusted([]) == [])
    }

    @Test(
        "Vargha and Delaney's A by ranks is A by counting", arguments: 1...5 as ClosedRange<UInt64>)
    func varghaDelaney(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let x = (0..<9).map { _ in Double(Int.random(in: 0..<8, using: &generator)) }
        let y = (0..<6).map { _ in Double(Int.random(in: 0..<6, using: &generator)) }
        var points = 0.0
        for a in x {
            for b in y { points += a > b ? 1 : a == b ? 0.5 : 0 }
        }
        let value = VarghaDelaney.a(x, over: y) ?? .nan
        #expect(abs(value - points / 54) < 1e-12, "seed \(seed)")
    }

    @Test("Vargha and Delaney's A at its ends and for pairs")
    func varghaDelaneyEnds() {
        #expect(VarghaDelaney.a([5, 6], over: [1, 2, 3]) == 1)
        #expect(VarghaDelaney.a([1, 2], over: [1, 2]) == 0.5)
        #expect(VarghaDelaney.a([], over: [1]) == nil)
        #expect(VarghaDelaney.a(pairedDifferences: [1, -2, 0, 3]) == 0.625)
        #expect(VarghaDelaney.a(pairedDifferences: []) == nil)
    }

    @Test("how evenly workers share")
    func evenness() throws {
        #expect(Evenness([4, 4, 4, 4])?.jain == 1)
        #expect(Evenness([400, 0, 0, 0])?.jain == 0.25)
        // Connections of 8 nginx workers sharing one listener, and what was published of them:
        // 0.14.
        let skewed = try #require(Evenness([349, 17, 4, 0, 0, 0, 0, 0]))
        #expect(abs(skewed.jain - 0.14) < 0.005)
        #expect(abs(1 / (1 + skewed.variation * skewed.variation) - skewed.jain) < 1e-12)
        #expect(Evenness([1, 2, 3])?.maxOverMean == 1.5)
        #expect(Evenness([]) == nil && Evenness([0, 0]) == nil)
    }

    private static let sample = [
        0.031, -0.012, 0.044, 0.05, 0.018, 0.027, -0.003, 0.061, 0.022, 0.035, 0.009, 0.14,
    ]

    /// SciPy 1.17: `bootstrap((x,), np.median, method="BCa", n_resamples=100000)`.
    @Test(
        "the bootstrap agrees with another implementation",
        arguments: [(0.9, 0.018, 0.044), (0.95, 0.0135, 0.047), (0.99, 0.0075, 0.0525)])
    func bootstrap(confidence: Double, low: Double, high: Double) {
        let interval = Bootstrap.medianInterval(
            of: Self.sample, confidence: confidence, resamples: 20_000, seed: 1)
        // The medians lie on a grid with steps up to 0.003; one step is left to chance.
        #expect(abs((interval.low ?? .nan) - low) < 0.0031)
        #expect(abs((interval.high ?? .nan) - high) < 0.0031)
        #expect(interval.coverage == confidence)
    }

    @Test("the bootstrap follows its seed and copes with little")
    func bootstrapEdges() {
        func run(_ values: [Double], seed: UInt64) -> ConfidenceInterval<Double> {
            Bootstrap.medianInterval(of: values, confidence: 0.95, resamples: 500, seed: seed)
        }
        #expect(run(Self.sample, seed: 3) == run(Self.sample, seed: 3))
        #expect(run([1], seed: 3).low == nil)
        let constant = run([2, 2, 2, 2], seed: 3)
        #expect(constant.low == 2 && constant.high == 2)
    }
}
