package import Basis
package import Report

extension LoadResult {
    /// Whether nothing that was asked for came: the run says nothing of a server that works.
    package var isFailure: Bool {
        succeeded == 0 && (failed > 0 || tally.errors.attempts > 0 || isUnsent)
    }

    /// What the program ends with. A demand that is not met is said before a server that failed:
    /// who made it waits for that status.
    package func exitStatus(_ outcomes: [Objective.Outcome]) -> ExitStatus {
        if isInterrupted { return .interrupted }
        if !outcomes.allSatisfy(\.isMet) { return .objectiveMissed }
        return isFailure ? .failure : .success
    }
}
