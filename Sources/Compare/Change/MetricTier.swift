/// How far a figure can be trusted on a machine that others share.
package enum MetricTier: String, Sendable, CaseIterable {
    /// Compared between neighbours in time; a change of one percent counts.
    case paired
    /// The same, but moved by the layout of memory and the mood of the scheduler: five percent.
    case wide
    /// Shown with its interval, never judged: tails and balances.
    case advisory

    /// The share by which a figure may change and still count as unchanged: it takes in what
    /// linking in another order or another address layout does to identical code. Nil where nothing
    /// is judged.
    package var deadBand: Double? {
        switch self {
        case .paired: 0.01
        case .wide: 0.05
        case .advisory: nil
        }
    }
}
