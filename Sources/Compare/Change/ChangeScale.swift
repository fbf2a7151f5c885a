import Foundation
import Measure

/// How far apart two sides are.
package enum ChangeSize: Equatable, Sendable {
    /// Candidate over base.
    case ratio(Double)
    /// Candidate minus base, in the unit of the metric.
    case difference(Double)
}

/// In which terms the figures of a metric are compared: by ratios where all are positive, else by
/// differences, so that zero to three is a change like any other.
struct ChangeScale {
    private enum Limit {
        /// Figures further apart than this have ratios that no `Double` holds.
        static let spread = 1e300
        /// The dead band is widened by what rounding does to a change of exactly its width.
        static let rounding = 1e-9
    }

    let baseMedian: Double
    let candidateMedian: Double
    let hasRatios: Bool
    /// The sign that makes a rise mean worse.
    private let sign: Double
    /// As a share; nil for a metric that is not judged.
    private let share: Double?

    /// Nil when a side has no figure.
    init?(base: [Double], candidate: [Double], metric: ComparedMetric) {
        guard let baseMedian = Median.of(base), let candidateMedian = Median.of(candidate) else {
            return nil
        }
        self.baseMedian = baseMedian
        self.candidateMedian = candidateMedian
        let all = base + candidate
        let least = all.min() ?? 0
        hasRatios = least > 0 && (all.max() ?? 0) / least < Limit.spread
        sign = metric.worseSign
        share = metric.tier.deadBand
    }

    /// What `shift`s are measured by: positive where worse.
    func level(_ figure: Double) -> Double { sign * (hasRatios ? log(figure) : figure) }

    /// The shift of one pair.
    func worsening(from base: Double, to candidate: Double) -> Double {
        // The logarithm of the quotient is the same for equal ratios, which must tie.
        hasRatios ? sign * log(candidate / base) : sign * (candidate - base)
    }

    /// The shift that is still no change: a share of the base, which of a base of zero is nothing.
    var deadBand: Double? {
        share.map { (hasRatios ? log(1 + $0) : $0 * abs(baseMedian)) * (1 + Limit.rounding) }
    }

    func size(_ shift: Double) -> ChangeSize {
        hasRatios ? .ratio(exp(sign * shift)) : .difference(sign == 1 ? shift : 0 - shift)
    }

    /// From shifts to what `size` says: a metric of which more is better turns the interval around.
    func interval(_ shifts: ConfidenceInterval<Double>) -> ConfidenceInterval<Double> {
        func said(_ shift: Double?) -> Double? {
            shift.map { shift in
                switch size(shift) {
                case .ratio(let value), .difference(let value): value
                }
            }
        }
        return ConfidenceInterval(
            low: said(sign > 0 ? shifts.low : shifts.high),
            high: said(sign > 0 ? shifts.high : shifts.low), coverage: shifts.coverage)
    }

    /// Whether all of `shifts` is no change.
    func holds(_ shifts: ConfidenceInterval<Double>) -> Bool {
        guard let deadBand, let low = shifts.low, let high = shifts.high else { return false }
        return -deadBand <= low && high <= deadBand
    }
}
