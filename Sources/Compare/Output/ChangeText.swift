import Basis
package import Measure

/// A change as people read it.
extension Change {
    /// As a ratio in percent, `+8.1%`, or as a difference in the metric's unit, `+3`.
    package var text: String { said(size) }

    /// Both ends of the interval, `+5.9% … +10.4%`; `none` for small samples.
    package var intervalText: String {
        guard let low = interval.low, let high = interval.high else { return "none" }
        return "\(text(low)) … \(text(high))"
    }

    /// A bound of the interval.
    package func text(_ bound: Double) -> String {
        said(ratio == nil ? .difference(bound) : .ratio(bound))
    }

    private func said(_ size: ChangeSize) -> String {
        switch size {
        case .ratio(let ratio): return signedPercent(ratio)
        case .difference(let difference):
            let text = decimalDisplay(difference)
            return text.hasPrefix("-") || difference == 0 ? text : "+" + text
        }
    }

    /// The interval of the ratio; nil where there is none.
    package var ratioInterval: ConfidenceInterval<Double>? { ratio == nil ? nil : interval }

    /// The interval of the difference; nil where there is a ratio.
    package var differenceInterval: ConfidenceInterval<Double>? {
        difference == nil ? nil : interval
    }

    /// How far the candidate is worse, for an order: the ratio with the worse side on top; without
    /// one, further than any.
    func worsening(_ metric: ComparedMetric) -> Double {
        guard let ratio else { return .infinity }
        return metric.better == .lower ? ratio : 1 / ratio
    }
}
