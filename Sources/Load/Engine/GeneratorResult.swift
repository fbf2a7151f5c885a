package import Basis
package import Secure

/// What one thread brings home.
package struct GeneratorResult: ~Copyable, Sendable {
    /// The window as it was: an interrupt shortens it.
    package let window: Window
    /// When sending requests of the window began: its start, or later where the warm-up left a
    /// backlog; nil when that backlog left no time for any.
    package let sentFrom: Instant?
    /// When the last request that was due in the window was sent; the window's start when none was.
    package let sentUntil: Instant
    /// Requests of the warm-up that were never sent.
    package let warmUpUnsent: UInt64
    /// Requests of the window that were due while too many others waited for their connections.
    package var heldBack: UInt64 = 0
    package let usage: UsedResources
    /// Whether the window ended because as many requests as were asked for were answered or lost.
    package var hasSentAll = false
    /// Over the whole run, from the first connect on.
    package let connectionsOpened: Int
    package var handshakes = HandshakeCounts()
    package var openingTimes = OpeningTimes()
    /// Answers in the window by connection.
    package let served: [UInt32]
    /// Rates in equal pieces of the window.
    package let rates: [RatePiece]
    /// What the borders of the window cut; zero in an open loop.
    package let borders: BorderShares
    /// The last call that the kernel refused since the window began.
    package let lastRefusal: StreamError?
    /// The first failure of the window.
    package var firstFailure: FailureNote? = nil
    /// Where the first redirection leads, as the peer wrote it; empty when there was none.
    package var location: [UInt8] = []
    /// What the coordinator had not yet collected.
    package var tally: LoadTally
    /// Of each kind of a mix.
    package var kinds = KindTallies(count: 0)

    /// Leaves nothing behind, so that no count is added twice.
    mutating func takeTally() -> LoadTally {
        var taken = LoadTally()
        swap(&taken, &tally)
        return taken
    }
}
