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
