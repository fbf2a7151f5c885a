import Compare

/// Cases whose outcome is known, put before the gate itself: who trusts a gate should have seen it
/// pass, catch and refuse.
enum SelftestCase: String, Equatable, Sendable, CaseIterable {
    /// Twice the same program.
    case identical
    /// The candidate burns a known share more CPU time.
    case handicapped
    /// Identical programs on CPUs that other work takes away in bursts.
    case jammed

    /// What the gate must say.
    var due: Verdict {
        switch self {
        case .identical: .pass
        case .handicapped: .regression
        case .jammed: .invalid
        }
    }

    /// How a gate's verdict stands to what is due.
    enum Standing: String, Equatable, Sendable {
        case shown
        /// The gate said that it can't tell. A machine too noisy for the case is no fault of the
        /// gate, but proves nothing.
        case notShown = "not-shown"
        case wrong
    }

    /// - Parameter verdict: nil when the gate ended without one.
    func standing(of verdict: Verdict?) -> Standing {
        switch verdict {
        case due: .shown
        case .inconclusive, .invalid: .notShown
        case .pass, .regression, .wrong, nil: .wrong
        }
    }
}
