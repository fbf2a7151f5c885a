import Basis
import Platform

/// Where a reader takes its messages: answered on the spot, or passed to workers.
protocol MessageDesk: ~Copyable {
    /// Whether messages may be passed on, and come back through `nextDone`.
    static var isDeferred: Bool { get }

    /// Whether `work` does what was passed on, in the reader's own thread.
    static var worksInTurn: Bool { get }

    /// Takes a message: answers it, or passes on an item of `items`, of which one is free then.
    ///
    /// - Parameters:
    ///   - body: its idempotency key and payload.
    ///   - mustFollow: workers have messages whose replies must leave before this one's. It is
    ///     passed on then, so that they do.
    mutating func submit(
        _ message: Message, body: Span<UInt8>, from owner: Exchange, mustFollow: Bool,
        items: inout WorkItems, tally: inout Tally
    ) -> Submission

    /// The next item that came back from a worker.
    mutating func nextDone() -> UInt32?

    /// Whether `nextDone` would answer, for a last look before sleeping.
    var hasDone: Bool { get }

    /// Does what was passed on and can be done now.
    mutating func work()

    /// System calls that passing on has taken.
    var counts: SyscallCounts { get }
}

extension MessageDesk where Self: ~Copyable {
    @inline(always)
    static var worksInTurn: Bool { false }

    @inline(always)
    mutating func work() {}
}

/// What became of a message.
enum Submission {
    case reply(Content)
    /// The reply is ready, after work that has held the thread until then.
    case worked(Content, until: LoopTime)
    /// The reply is due when this much time has passed, and the route knows it then.
    case later(Nanoseconds, Route)
    /// The session makes the reply as its pieces fall due.
    case inTime(Route)
    case published(Content, TopicID)
    case passedOn(UInt32)

    /// What became of a message that the reader's own thread has answered.
    @inline(always)
    init(_ reply: Reply) {
        switch reply {
        case .now(let content): self = .reply(content)
        case .afterWork(let content): self = .worked(content, until: .current)
        case .after(let delay, let route): self = .later(delay, route)
        case .inTime(let route): self = .inTime(route)
        case .published(let content, let topic): self = .published(content, topic)
        }
    }
}

/// A moment, as deadlines and as the Date field count it.
struct LoopTime: BitwiseCopyable {
    var now: Instant
    var unixSeconds: Int64

    @inline(always)
    static var current: LoopTime {
        LoopTime(now: MonotonicClock.now, unixSeconds: WallClock.seconds)
    }
}

/// The desk of run-to-completion patterns: the reader's own thread does the work.
struct OwnDesk: MessageDesk, ~Copyable {
    private let responder: Responder

    init(responder: Responder) { self.responder = responder }

    static var isDeferred: Bool { false }

    @inline(always)
    mutating func submit(
        _ message: Message, body: Span<UInt8>, from owner: Exchange, mustFollow: Bool,
        items: inout WorkItems, tally: inout Tally
    ) -> Submission {
        tally.requests &+= 1
        return Submission(responder.respond(to: message, body: body))
    }

    @inline(always)
    mutating func nextDone() -> UInt32? { nil }

    @inline(always)
    var hasDone: Bool { false }

    @inline(always)
    var counts: SyscallCounts { SyscallCounts() }
}
