/// What came of a pair.
package enum PairOutcome: Equatable, Sendable {
    /// The figures of both launches, one for each metric of the cell, and of which sides the
    /// generator was the limit.
    case measured(base: [Double], candidate: [Double], limits: Limits = .none)
    /// The machine or the generator disturbed it.
    case invalid(String)
    /// A server gave wrong answers, or none.
    case wrong(Side, String)
}
