package import Basis

/// What a gate says in the end. "No data" is never "no regression".
package enum Verdict: String, Equatable, Sendable, CaseIterable {
    case pass = "PASS"
    case regression = "REGRESSION"
    /// The noise hides changes that matter; a failure under `--strict`.
    case inconclusive = "INCONCLUSIVE"
    /// The machine or the harness disturbed the measurement: base differs from itself, or too many
    /// launches did not count.
    case invalid = "INVALID"
    /// The candidate answers wrongly.
    case wrong = "WRONG"

    package func status(strict: Bool) -> ExitStatus {
        switch self {
        case .pass: .success
        case .regression: .regression
        case .inconclusive: strict ? .inconclusive : .success
        case .invalid: .invalidRun
        case .wrong: .wrongResponses
        }
    }
}

/// The two things that are compared.
package enum Side: String, Equatable, Hashable, Sendable, CaseIterable {
    case base
    case candidate = "cand"
}

/// A pair of launches to be made next, one directly after the other.
package struct PairRequest: Equatable, Sendable {
    /// What the pair is for.
    package enum Stage: String, Equatable, Hashable, Sendable, CaseIterable {
        case screen
        /// Base against base: `candidate` stands for a second launch of the base.
        case control
        case confirm
    }

    /// Names the pair within the gate; counts from 0.
    package let serial: Int
    package let stage: Stage
    /// Index into the gate's cells.
    package let cell: Int
    /// Which side is launched first.
    package let first: Side
    /// Whether it replaces a pair that did not count.
    package let isRepeat: Bool

    /// `AB` or `BA`, A being the base.
    package var order: String { first == .base ? "AB" : "BA" }
}

/// What came of a pair.
package enum PairOutcome: Equatable, Sendable {
    /// The figures of both launches, one for each metric of the cell.
    case measured(base: [Double], candidate: [Double])
    /// The machine or the generator disturbed it.
    case invalid(String)
    /// A server gave wrong answers, or none.
    case wrong(Side, String)
}
