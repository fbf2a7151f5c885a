import Basis

/// The successes of a closed loop that a border of the window cuts in two, by the shares of their
/// time on the other side of it.
///
/// Each success counts in a rate by the share of its time that lies in the window, so that the rate
/// of a server that answers slowly does not depend on where the borders fall between its answers.
package struct BorderShares: Equatable, Sendable {
    /// What lies in the window of successes whose requests belong to the warm-up.
    package private(set) var before = 0.0
    /// What lies behind the window of successes whose requests belong to it.
    package private(set) var behind = 0.0

    package init(before: Double = 0, behind: Double = 0) {
        self.before = before
        self.behind = behind
    }

    /// A success that came in the window or later, to a request from before it.
    mutating func noteEntering(_ window: Window, sent: Instant, answered: Instant) {
        let inside = min(answered, window.end).since(window.start)
        before += Self.share(inside, of: answered.since(sent))
    }

    /// A success that came behind the window, to a request of it.
    mutating func noteLeaving(_ window: Window, sent: Instant, answered: Instant) {
        behind += Self.share(answered.since(window.end), of: answered.since(sent))
    }

    private static func share(_ part: Nanoseconds, of whole: Nanoseconds) -> Double {
        whole <= .zero ? 0 : min(1, max(0, part.inSeconds / whole.inSeconds))
    }

    package static func + (a: BorderShares, b: BorderShares) -> BorderShares {
        BorderShares(before: a.before + b.before, behind: a.behind + b.behind)
    }
}
