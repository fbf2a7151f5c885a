/// A range that covers the true value in at least the stated share of repetitions of the
/// experiment.
package struct ConfidenceInterval<Value: Comparable & Sendable>: Sendable {
    /// Nil when the sample is too small to bound the value on this side.
    package let low: Value?
    /// Nil when the sample is too small to bound the value on this side.
    package let high: Value?
    /// The probability, 0...1, with which the method covers the true value. A discrete method
    /// cannot meet the confidence it was asked for exactly; where both bounds exist it gives at
    /// least that.
    package let coverage: Double

    package init(low: Value?, high: Value?, coverage: Double) {
        self.low = low
        self.high = high
        self.coverage = coverage
    }
}

extension ConfidenceInterval: Equatable where Value: Equatable {}
