/// The gamma and beta functions behind the distributions, in double precision.
package enum SpecialFunctions {
    private enum Limit {
        /// The fraction needs about sqrt(max(a, b)) steps: enough for arguments of 10^9.
        static let fractionSteps = 100_000
    }

    /// ln Γ(x) for x > 0: Stirling's series after the recurrence has brought x above 10 (Abramowitz
    /// and Stegun, "Handbook of Mathematical Functions", 6.1.15 and 6.1.41). Error about 1e-15 of
    /// the value, at least 2e-14.
    static func logGamma(_ x: Double) -> Double {
        precondition(x > 0, "ln Γ is asked for positive arguments only")
        var x = x
        var product = 1.0
        while x < 10 {
            product *= x
            x += 1
        }
        let square = x * x
        var series = -1.0 / 1_680 + 1.0 / (1_188 * square)
        series = -1.0 / 360 + (1.0 / 1_260 + series / square) / square
        series = (1.0 / 12 + series / square) / x
        let halfLogTwoPi = 0.918_938_533_204_672_74
        return (x - 0.5) * Elementary.log(x) - x + halfLogTwoPi + series - Elementary.log(product)
    }

    /// The regularised incomplete beta function I_x(a, b), a and b > 0, x in 0...1, by its
    /// continued fraction (Abramowitz and Stegun 26.5.8) with Lentz's method (Press et al.,
    /// "Numerical Recipes", section 6.4).
    package static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        let logFront =
            logGamma(a + b) - logGamma(a) - logGamma(b) + a * Elementary.log(x)
            + b * Elementary.log(1 - x)
        let front = Elementary.exp(logFront)
        if x < (a + 1) / (a + b + 2) { return front * betaFraction(x, a, b) / a }
        return 1 - front * betaFraction(1 - x, b, a) / b
    }

    private static func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        func away(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / away(1 - (a + b) * x / (a + 1))
        var result = d
        for step in 1...Limit.fractionSteps {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / away(1 + even * d)
            c = away(1 + even / c)
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / away(1 + odd * d)
            c = away(1 + odd / c)
            result *= d * c
            if abs(d * c - 1) < 1e-15 { break }
        }
        return result
    }
}
