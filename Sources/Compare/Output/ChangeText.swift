import Basis
package import Measure

/// The figures of a row as people read them, in the unit of the metric's title and with the signs
/// of bounds; nil where there are none.
extension Comparison.Row {
    var baseText: String? {
        change.map { limits.sign(of: metric, isBase: true) + metric.shown($0.baseMedian) }
    }

    var candidateText: String? {
        change.map { limits.sign(of: metric, isBase: false) + metric.shown($0.candidateMedian) }
    }

    var changeText: String? {
        change.map { limits.sign(ofChangeOf: metric) + $0.text(in: metric) }
    }

    var intervalText: String? { change?.intervalText(in: metric) }
}

/// A change as people read it.
extension Change {
    /// As a ratio in percent, `+8.1%`, or as a difference in the unit of the metric's title, `+3`.
    package func text(in metric: ComparedMetric) -> String { said(size, metric) }

    /// Both ends of the interval, `+5.9% … +10.4%`; `none` for small samples.
    package func intervalText(in metric: ComparedMetric) -> String {
        guard let low = interval.low, let high = interval.high else { return "none" }
        return "\(text(low, in: metric)) … \(text(high, in: metric))"
    }

    /// A bound of the interval.
    package func text(_ bound: Double, in metric: ComparedMetric) -> String {
        said(ratio == nil ? .difference(bound) : .ratio(bound), metric)
    }

    private func said(_ size: ChangeSize, _ metric: ComparedMetric) -> String {
        switch size {
        case .ratio(let ratio): return signedPercent(ratio)
        case .difference(let difference):
            let text = metric.shown(difference)
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
