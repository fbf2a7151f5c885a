import Basis

/// Several runs that are made one after the other, each at a rate of its own.
package enum LoadSteps: Equatable, Sendable {
    case search(CapacityRules)
    case stages([Stage])

    /// The first rate, as far as it is known before the first run.
    func first(in duration: Nanoseconds) -> PerSecond? {
        switch self {
        case .search(let rules): rules.first ?? PerSecond(raw: rules.lowest(in: duration))
        case .stages(let stages): stages.first?.rate
        }
    }
}
