import Basis

/// How long whoever asks waits for a reply.
enum TimeLimit: Equatable, BitwiseCopyable, Sendable {
    case none
    /// Counted from when the message was found.
    case within(Nanoseconds)
    case until(Instant)

    /// The message was found now. What is beyond the clock's range is no limit.
    @inline(always)
    mutating func start(at now: Instant) {
        guard case .within(let span) = self else { return }
        self = span.raw < .max - now.raw ? .until(now + span) : .none
    }

    /// The end, once it has started.
    @inline(always)
    var end: Instant {
        if case .until(let end) = self { end } else { .distantFuture }
    }

    @inline(always)
    func isOver(at now: Instant) -> Bool { end <= now }
}
