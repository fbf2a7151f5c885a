/// Student's distribution of a mean over its estimated standard error (Student, "The probable error
/// of a mean", Biometrika 6, 1908).
package enum StudentT {
    /// P(T ≤ t), through the incomplete beta function (Abramowitz and Stegun 26.7.1).
    package static func cumulative(_ t: Double, degrees: Double) -> Double {
        precondition(degrees > 0, "some degrees of freedom")
        let share = degrees / (degrees + t * t)
        let tail = SpecialFunctions.incompleteBeta(share, degrees / 2, 0.5) / 2
        return t < 0 ? tail : 1 - tail
    }

    /// The t with P(T ≤ t) = `probability`, which lies between 0 and 1, both excluded. By
    /// bisection, to the last bit.
    package static func quantile(_ probability: Double, degrees: Double) -> Double {
        precondition(
            probability > 0 && probability < 1, "a quantile needs a probability inside 0...1")
        if probability < 0.5 { return -quantile(1 - probability, degrees: degrees) }
        var (low, high) = (0.0, 1.0)
        while cumulative(high, degrees: degrees) < probability, high < 1e15 { high *= 2 }
        while true {
            let middle = (low + high) / 2
            if middle <= low || middle >= high { return middle }
            if cumulative(middle, degrees: degrees) < probability {
                low = middle
            } else {
                high = middle
            }
        }
    }

    /// The sum of the means of independent samples, each times its factor, with an interval (B. L.
    /// Welch, "The generalization of 'Student's' problem when several different population
    /// variances are involved", Biometrika 34, 1947). Both bounds are nil when a sample has fewer
    /// than two values.
    ///
    /// - Parameter samples: none of them empty.
    package static func interval(
        ofSum samples: [(factor: Double, values: [Double])], confidence: Double
    ) -> (sum: Double, interval: ConfidenceInterval<Double>) {
        precondition(confidence > 0 && confidence < 1, "a confidence lies inside 0...1")
        var sum = 0.0
        var variance = 0.0
        var shares = 0.0
        for (factor, values) in samples {
            precondition(!values.isEmpty, "a mean of something")
            let count = Double(values.count)
            let mean = values.reduce(0, +) / count
            sum += factor * mean
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let part = factor * factor * squares / Swift.max(1, count - 1) / count
            variance += part
            shares += part * part / Swift.max(1, count - 1)
        }
        if samples.contains(where: { $0.values.count < 2 }) {
            return (sum, ConfidenceInterval(low: nil, high: nil, coverage: confidence))
        }
        var width = 0.0
        if variance > 0 {
            let t = quantile(1 - (1 - confidence) / 2, degrees: variance * variance / shares)
            width = t * variance.squareRoot()
        }
        return (
            sum, ConfidenceInterval(low: sum - width, high: sum + width, coverage: confidence)
        )
    }
}
