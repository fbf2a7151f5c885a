// Hot path
package import Basis
package import Wire

/// A protocol as the engine drives it: bytes in, answers out, no socket and no clock. One value
/// serves all connections of a thread; what differs between them is in the session.
///
/// The session decides what lies in its output; the engine decides when it is sent, measures and
/// counts. What a protocol does without is false in its static members, and compiled to nothing.
package protocol ProtocolClient: RequestVariety, ~Copyable {
    /// The state of one connection. Lies in the connection's hot memory, so it is small; what it
    /// owns ends with it.
    associatedtype Session: ~Copyable

    /// Whether sessions have something to send when no request begins (a preface, an
    /// acknowledgement, a PONG), lose requests singly, or let the peer say how many may be under
    /// way. Then output is looked for after every receive, and lost requests for their next chance.
    static var speaksUnasked: Bool { get }

    /// Whether answers come in parts whose times matter.
    static var hasParts: Bool { get }

    /// Whether the parts are events that are meant to come one by one: they may tell when they were
    /// due, and answers whose events come in one burst are counted.
    static var hasEvents: Bool { get }

    /// Whether sessions bring events that no request has asked for by itself, of which each is a
    /// success. They then speak unasked, open themselves and have no room for requests.
    static var delivers: Bool { get }

    /// Whether sessions have deadlines of their own. They then speak unasked, too.
    static var hasTimer: Bool { get }

    /// Whether answers say when their first bytes came.
    static var tellsBeginnings: Bool { get }

    /// Whether sessions have an opening of their own behind that of the stream, which a connection
    /// is not made without. They then speak unasked, too.
    static var opensItself: Bool { get }

    /// The last answer of a session asks for another request: whether that one is begun next with
    /// the same due time.
    mutating func follow(_ outcome: Outcome, due: Instant, on session: inout Session) -> Bool

    /// How the output is divided into heads and bodies.
    static var framing: MessageFraming { get }

    /// Requests that one connection can have under way. Slots are numbered 0..<capacity.
    var capacity: Int { get }

    /// The state of a connection that never had a socket.
    borrowing func open() -> Session

    /// Whether the session's own opening is done. Before, it has no room.
    borrowing func isOpen(_ session: borrowing Session) -> Bool

    /// Requests that may be under way now, at most `capacity`: fewer where the peer allows no more
    /// or has not yet agreed to anything.
    borrowing func room(on session: borrowing Session) -> Int

    /// Puts one more request into the session's output and says which slot its answer will name.
    /// Fewer than `room` are under way.
    ///
    /// - Parameter due: when it should have been sent.
    mutating func begin(on session: inout Session, due: Instant) -> Int

    /// Some of the bytes that wait to be sent, oldest first; empty when there is nothing to send.
    @_lifetime(borrow self, borrow session)
    borrowing func output(of session: borrowing Session) -> Span<UInt8>

    /// The first `count` bytes of `output` were taken by the kernel.
    mutating func wrote(_ count: Int, on session: inout Session)

    /// Bytes, or the end of them, came at this time; what they are follows. Told where sessions
    /// have deadlines, for those that count from what the peer says, and where answers say when
    /// they began.
    mutating func arrive(at now: Instant)

    /// Reads the next event from the bytes of `input` from `offset` on, of which there is at least
    /// one.
    mutating func receive(
        _ input: Span<UInt8>, from offset: Int, on session: inout Session
    ) -> ClientEvent

    /// What the session waits for, in a clause: `before an answer`.
    borrowing func missing(of session: borrowing Session) -> String

    /// One line about the failed request that was answered last.
    borrowing func reason(of outcome: Outcome) -> String

    /// Where the first answer with a redirection leads; empty when there was none.
    var location: [UInt8] { get }

    /// The peer sent its last byte: the answer that only this completes, if any.
    mutating func end(of session: inout Session) -> Answer?

    /// Whether the peer owes the session something that is no answer to a request under way, so
    /// that the end of the connection is a loss.
    borrowing func expects(_ session: borrowing Session) -> Bool

    /// The socket was closed: makes the session one for the next socket. What outlives sockets, it
    /// keeps.
    mutating func restart(_ session: inout Session)

    /// When the session wants to be woken, on an open connection.
    borrowing func due(_ session: borrowing Session) -> Instant

    /// The deadline has come, up to `Limit.timerStep` late. Moves it on, and may leave output.
    mutating func wake(_ session: inout Session, at now: Instant)
}

/// A protocol that only answers, one answer whole after the other.
extension ProtocolClient where Self: ~Copyable {
    @inline(always)
    package static var speaksUnasked: Bool { false }
    @inline(always)
    package static var hasParts: Bool { false }
    @inline(always)
    package static var hasEvents: Bool { false }
    @inline(always)
    package static var delivers: Bool { false }
    @inline(always)
    package static var hasTimer: Bool { false }
    @inline(always)
    package static var tellsBeginnings: Bool { false }
    @inline(always)
    package static var opensItself: Bool { false }
    package mutating func follow(
        _ outcome: Outcome, due: Instant, on session: inout Session
    ) -> Bool { false }
    package static var framing: MessageFraming { .opaque }

    @inline(always)
    package borrowing func isOpen(_ session: borrowing Session) -> Bool { true }

    @inline(always)
    package borrowing func room(on session: borrowing Session) -> Int { capacity }

    package borrowing func reason(of outcome: Outcome) -> String { outcome.statusReason }

    @inline(always)
    package mutating func arrive(at now: Instant) {}

    @inline(always)
    package borrowing func expects(_ session: borrowing Session) -> Bool { false }

    package mutating func restart(_ session: inout Session) { session = open() }

    package borrowing func due(_ session: borrowing Session) -> Instant { .distantFuture }
    package mutating func wake(_ session: inout Session, at now: Instant) {}
}
