import TestSupport
import Testing

@testable import Measure

@Suite("Distributions")
struct DistributionTests {
    /// P(Z > z) from SciPy 1.17 `norm.sf`; the middle three also stand in Abramowitz and Stegun,
    /// table 26.1.
    @Test(
        "normal tails",
        arguments: [
            (0, 0.5), (1, 0.158655253931457), (1.96, 0.0249978951482204),
            (3, 1.3498980316300933e-3), (5, 2.866515718791933e-7), (10, 7.61985302416047e-24),
            (-8, 0.9999999999999993),
        ])
    func normalTail(z: Double, tail: Double) {
        #expect(abs(Normal.upperTail(z) / tail - 1) < 1e-12)
        #expect(abs(Normal.cumulative(-z) / tail - 1) < 1e-12)
    }

    @Test("the series and the fraction of the normal tail meet")
    func normalSeam() {
        #expect(abs(Normal.upperTail(3.nextUp) / Normal.upperTail(3) - 1) < 1e-11)
        #expect(abs(Normal.upperTail((-3).nextDown) - Normal.upperTail(-3)) < 1e-12)
    }

    /// Abramowitz and Stegun, table 26.5, and SciPy for the last.
    @Test(
        "normal quantiles",
        arguments: [
            (0.5, 0), (0.75, 0.674489750196082), (0.95, 1.644853626951473),
            (0.975, 1.959963984540054), (0.995, 2.575829303548901), (0.999, 3.090232306167814),
            (0.025, -1.959963984540054), (1e-12, -7.034483825301131),
        ])
    func normalQuantile(probability: Double, z: Double) {
        #expect(abs(Normal.quantile(probability) - z) < 1e-9)
    }

    /// Tables of Student's t, as in any textbook (Fisher and Yates, table III).
    @Test(
        "Student's t",
        arguments: [
            (12.7062, 1, 0.05), (4.03214, 5, 0.01), (2.22814, 10, 0.05), (2.04227, 30, 0.05),
            (1.95996, 1e7, 0.05),
        ])
    func studentT(t: Double, degrees: Double, probability: Double) {
        #expect(abs(StudentT.twoSided(t, degrees: degrees) / probability - 1) < 1e-4)
        #expect(StudentT.twoSided(-t, degrees: degrees) == StudentT.twoSided(t, degrees: degrees))
    }

    @Test("Student's t far out keeps its relative precision")
    func studentTFar() {
        // SciPy 1.17: 2 * t.sf(30, 12).
        #expect(abs(StudentT.twoSided(30, degrees: 12) / 1.1773181907018936e-12 - 1) < 1e-9)
        #expect(StudentT.twoSided(0, degrees: 3) == 1)
    }

    /// SciPy 1.17 `binom.cdf`; the first also follows from counting: 21 700 / 2^20.
    @Test(
        "binomial sums",
        arguments: [
            (5, 20, 0.5, 0.020694732666015625), (985, 1_000, 0.99, 0.0824123195160892),
            (99_850, 100_000, 0.999, 1.8604062101284467e-06),
        ])
    func binomial(successes: Double, trials: Double, probability: Double, sum: Double) {
        let value = Binomial.cumulative(successes, trials: trials, probability: probability)
        #expect(abs(value / sum - 1) < 1e-8)
    }

    @Test("binomial sums agree with adding up the terms", arguments: [0.01, 0.3, 0.5, 0.99])
    func binomialTerms(probability: Double) {
        var term = (0..<30).reduce(1.0) { product, _ in product * (1 - probability) }
        var sum = 0.0
        for successes in 0...30 {
            sum += term
            let value = Binomial.cumulative(
                Double(successes), trials: 30, probability: probability)
            #expect(abs(value - sum) < 1e-12, "\(successes)")
            term *= Double(30 - successes) / Double(successes + 1) * probability / (1 - probability)
        }
        #expect(Binomial.cumulative(-1, trials: 30, probability: probability) == 0)
    }

    @Test(
        "ln Γ",
        arguments: [
            (0.5, 0.5723649429247001), (1, 0), (2, 0), (10.3, 13.482036786138359),
            (1e6, 12815504.569147611),
        ])
    func logGamma(x: Double, expected: Double) {
        #expect(abs(SpecialFunctions.logGamma(x) - expected) <= 4e-14 * max(1, abs(expected)))
    }
}
