package import Basis

/// The standard normal distribution.
package enum Normal {
    /// P(Z > z), accurate in relative terms also far out.
    ///
    /// Marsaglia's series below 3 ("Evaluating the Normal Distribution", J. Stat. Software 11(4),
    /// 2004), Laplace's continued fraction above (Abramowitz and Stegun 26.2.14).
    package static func upperTail(_ z: Double) -> Double {
        if z < -3 { return 1 - upperTail(-z) }
        let density = Elementary.exp(-z * z / 2) / (2 * Double.pi).squareRoot()
        if z > 3 {
            var fraction = z
            for step in stride(from: 100.0, through: 1, by: -1) { fraction = z + step / fraction }
            return density / fraction
        }
        var term = z
        var sum = z
        var odd = 1.0
        while abs(term) > 1e-18 {
            odd += 2
            term *= z * z / odd
            sum += term
        }
        return 0.5 - density * sum
    }

    /// P(Z ≤ z).
    package static func cumulative(_ z: Double) -> Double { upperTail(-z) }

    /// The z with P(Z ≤ z) = `probability`, which lies between 0 and 1, both excluded. By bisection
    /// in the nearer tail, to the last bit: no table of coefficients to trust.
    package static func quantile(_ probability: Double) -> Double {
        precondition(
            probability > 0 && probability < 1, "a quantile needs a probability inside 0...1")
        if probability > 0.5 { return -quantile(1 - probability) }
        var low = 0.0
        var high = 39.0
        while true {
            let middle = (low + high) / 2
            if middle <= low || middle >= high { return -middle }
            if upperTail(middle) > probability { low = middle } else { high = middle }
        }
    }

    /// One standard normal deviate (Box and Muller, Ann. Math. Stat. 29, 1958; the second is
    /// dropped).
    package static func sample(_ generator: inout SeededGenerator) -> Double {
        let radius = (-2 * Elementary.log(generator.nextOpenUnit())).squareRoot()
        return radius * Elementary.cos(2 * Double.pi * generator.nextOpenUnit())
    }
}

/// The number of successes in `trials` independent trials.
package enum Binomial {
    /// P(X ≤ successes), through the incomplete beta function (Abramowitz and Stegun 26.5.24).
    package static func cumulative(
        _ successes: Double, trials: Double, probability: Double
    ) -> Double {
        if successes < 0 { return 0 }
        if successes >= trials { return 1 }
        return SpecialFunctions.incompleteBeta(
            1 - probability, trials - successes, successes + 1)
    }
}
