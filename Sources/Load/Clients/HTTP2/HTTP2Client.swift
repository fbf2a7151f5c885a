// Hot path
package import Basis
package import Wire

/// HTTP/2 with prior knowledge (RFC 9113 §3.3): sends one request over and over, several under way
/// on a connection as streams.
package struct HTTP2Client<Exchange: HTTP2Exchange>: ProtocolClient, ~Copyable {
    /// One connection. It is large and lies on the heap, so that the table of connections stays
    /// small.
    package struct Session: ~Copyable {
        fileprivate var state: Boxed<HTTP2ClientConnection<Exchange>>
    }

    package let capacity: Int
    private let request: HTTP2Request
    private let firstID: UInt32
    private var facts = HTTP2AnswerFacts()

    /// - Parameters:
    ///   - request: what is asked.
    ///   - streams: requests under way on one connection.
    ///   - firstID: the number of a connection's first stream, which is odd.
    package init(request: HTTP2Request, streams: Int, firstID: UInt32 = 1) {
        precondition(streams > 0 && firstID & 1 == 1, "a request to send")
        capacity = streams
        self.request = request
        self.firstID = firstID
    }

    @inline(always)
    package static var speaksUnasked: Bool { true }
    @inline(always)
    package static var tellsBeginnings: Bool { true }
    package static var framing: MessageFraming { .http2 }
    @inline(always)
    package static var hasParts: Bool { Exchange.hasParts }

    package borrowing func open() -> Session {
        Session(state: Boxed(HTTP2ClientConnection(capacity: capacity, firstID: firstID)))
    }

    @inline(always)
    package borrowing func room(on session: borrowing Session) -> Int {
        session.state.value.room
    }

    @inline(always)
    package mutating func begin(on session: inout Session, due: Instant) -> Int {
        session.state.value.begin(request)
    }

    @_lifetime(borrow self, borrow session)
    @inline(always)
    package borrowing func output(of session: borrowing Session) -> Span<UInt8> {
        session.state.value.output.bytes
    }

    @inline(always)
    package mutating func wrote(_ count: Int, on session: inout Session) {
        session.state.value.output.consume(count)
        session.state.value.refill(request)
    }

    @inline(always)
    package mutating func arrive(at now: Instant) { facts.now = now }

    @inline(always)
    package mutating func receive(
        _ input: Span<UInt8>, from offset: Int, on session: inout Session
    ) -> ClientEvent {
        session.state.value.receive(input, from: offset, request, &facts)
    }

    package borrowing func missing(of session: borrowing Session) -> String {
        session.state.value.missing
    }

    package var location: [UInt8] { facts.location }

    package borrowing func reason(of outcome: Outcome) -> String {
        Exchange.reason(of: outcome, facts.fields)
    }

    package mutating func end(of session: inout Session) -> Answer? { nil }
}
