package import Basis

/// The measured span. A request belongs to it by its intended start, whenever it is answered.
package struct Window: Equatable, Sendable {
    package private(set) var start: Instant
    package private(set) var end: Instant

    package init(start: Instant, duration: Nanoseconds) {
        self.start = start
        end = start + duration
    }

    init(start: Instant, end: Instant) {
        self.start = start
        self.end = end
    }

    /// Ends the window now, if it would go on longer. Cut before its start it is empty.
    package mutating func cut(at now: Instant) {
        end = min(end, now)
        start = min(start, end)
    }

    package var duration: Nanoseconds { end.since(start) }
}
