package import Measure

extension SignedRank {
    /// The interval of one sample alone.
    package static func interval(
        of values: [Double], confidence: Double
    ) -> ConfidenceInterval<Double> {
        var tails = Tails()
        return estimate(of: values, confidence: confidence, &tails).interval
    }
}
