// Hot path
package import Basis

/// Whose turn it is when several generators send one after the other: the time from `start` is cut
/// into turns of equal length, and they go round.
///
/// A schedule runs on through the turns that belong to its generator and stands still in the
/// others, so that generators of one rate and seed send the same in each of their turns.
package struct Turns: Equatable, Sendable {
    /// More would wait longer than they send.
    package static let most = 8

    /// Which of the turns is ours, from 0.
    package let index: Int
    /// How many there are before it is our turn again.
    package let count: Int
    package let length: Nanoseconds
    /// When the first turn of the first generator begins, on CLOCK_MONOTONIC.
    package let start: Instant

    package init(index: Int, of count: Int, length: Nanoseconds, start: Instant) {
        precondition(count >= 1 && count <= Self.most && index >= 0 && index < count, "a turn")
        precondition(length > .zero && start.raw >= 0, "a turn takes its time")
        self.index = index
        self.count = count
        self.length = length
        self.start = start
    }

    /// When our own time has come to `elapsed`.
    @inline(always)
    func moment(at elapsed: Nanoseconds) -> Instant {
        let round = elapsed.raw / length.raw
        return start + length * (round * Int64(count - 1) + Int64(index)) + elapsed
    }
}
