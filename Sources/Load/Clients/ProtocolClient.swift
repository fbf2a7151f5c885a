// Hot path

/// What the bytes of one connection meant to a client.
package enum ClientEvent: BitwiseCopyable, Sendable {
    /// Everything before `keepFrom` is done with; the rest must be shown again with what follows
    /// it.
    case needMore(keepFrom: Int)
    case answer(Answer)
    /// The peer does not speak the protocol, or answers what nobody asked.
    case violation(Violation)
}

/// One answered request.
package struct Answer: BitwiseCopyable, Sendable {
    /// Which of the connection's requests, as `begin` named it.
    package let slot: Int
    /// The status code, in the sense of HTTP.
    package let status: UInt16
    /// Payload without heads and frames.
    package let bodyBytes: UInt64
    /// Where in the input the answer ends.
    package let end: Int
    /// Whether the connection can carry another request.
    package let keepsOpen: Bool

    @inline(always)
    package init(slot: Int, status: UInt16, bodyBytes: UInt64, end: Int, keepsOpen: Bool) {
        self.slot = slot
        self.status = status
        self.bodyBytes = bodyBytes
        self.end = end
        self.keepsOpen = keepsOpen
    }
}

/// A protocol as the engine drives it: bytes in, answers out, no socket and no clock. One value
/// serves all connections of a thread; what differs between them is in the session.
///
/// The session decides what lies in its output; the engine decides when it is sent, measures and
/// counts.
package protocol ProtocolClient: ~Copyable, SendableMetatype {
    /// The state of one connection. Lies in the connection's hot memory, so it is small.
    associatedtype Session

    /// Requests that one connection can have under way. Slots are numbered 0..<capacity.
    var capacity: Int { get }

    /// The state of a fresh connection.
    borrowing func open() -> Session

    /// Puts one more request into the session's output and says which slot its answer will name.
    /// Fewer than `capacity` are under way.
    mutating func begin(on session: inout Session) -> Int

    /// Some of the bytes that wait to be sent, oldest first; empty when there is nothing to send.
    @_lifetime(borrow self, borrow session)
    borrowing func output(of session: borrowing Session) -> Span<UInt8>

    /// The first `count` bytes of `output` were taken by the kernel.
    mutating func wrote(_ count: Int, on session: inout Session)

    /// Reads the next event from the bytes of `input` from `offset` on, of which there is at least
    /// one.
    mutating func receive(
        _ input: Span<UInt8>, from offset: Int, on session: inout Session
    ) -> ClientEvent

    /// What the session waits for, in a clause: `before an answer`.
    borrowing func missing(of session: borrowing Session) -> String

    /// Where the first answer with a redirection leads; empty when there was none.
    var location: [UInt8] { get }

    /// The peer sent its last byte: the answer that only this completes, if any.
    mutating func end(of session: inout Session) -> Answer?
}
