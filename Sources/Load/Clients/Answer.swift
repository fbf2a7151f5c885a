// Hot path
package import Basis

/// One answered request.
package struct Answer: BitwiseCopyable, Sendable {
    /// Which of the connection's requests, as `begin` named it.
    package let slot: Int
    package let outcome: Outcome
    /// Payload without heads and frames, and without what parts have told.
    package let bodyBytes: UInt64
    /// Where in the input the answer ends.
    package let end: Int
    /// When its first byte came, where that was before the rest; else the distant future.
    package let began: Instant
    /// Whether the connection can carry another request. Where it can't, the requests behind this
    /// one were not processed, and are begun again elsewhere.
    package let keepsOpen: Bool

    @inline(always)
    package init(
        slot: Int, outcome: Outcome, bodyBytes: UInt64, end: Int, keepsOpen: Bool,
        began: Instant = .distantFuture
    ) {
        self.slot = slot
        self.outcome = outcome
        self.bodyBytes = bodyBytes
        self.end = end
        self.keepsOpen = keepsOpen
        self.began = began
    }
}
