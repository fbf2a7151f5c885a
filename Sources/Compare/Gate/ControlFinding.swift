import Foundation

/// What base against base showed in one metric.
package struct ControlFinding: Equatable, Sendable {
    package let metric: String
    package let pairs: Int
    /// The second over the first launch, oriented so that more than 1 is worse.
    package let ratio: Double
    /// Two-sided.
    package let p: Double
    package let isBroken: Bool
}
