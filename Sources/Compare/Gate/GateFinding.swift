import Foundation
import Measure

/// What a gate found for one metric of one cell.
package struct GateFinding: Equatable, Sendable {
    package let cell: String
    package let metric: ComparedMetric
    /// The last stage that measured it.
    package let stage: PairRequest.Stage
    package let verdict: Verdict
    /// Nil without pairs.
    package let change: Change?
    /// After Holm's correction; nil unless it was tested.
    package let pAdjusted: Double?
    /// The noise of its metric over the gate, as the deviation of a pair's log ratio.
    package let sigma: Double?
    /// The smallest worsening that the gate finds with its power, as a share; nil when it finds
    /// nothing.
    package let minimumDetectableEffect: Double?
    /// Why, in a clause; empty when the verdict says all.
    package let reason: String
    /// The logarithm of each pair's ratio in the order of measuring, positive when worse.
    package let worsenings: [Double]
    /// Of which sides the figures are bounds.
    package let limits: Limits
}
