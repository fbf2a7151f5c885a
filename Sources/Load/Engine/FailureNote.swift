package import Basis
package import Report

/// The first failure that a thread counted, and when.
package struct FailureNote: Equatable, Sendable {
    package let at: Instant
    package let failure: FirstFailure

    package init(at: Instant, _ failure: FirstFailure) {
        self.at = at
        self.failure = failure
    }
}
