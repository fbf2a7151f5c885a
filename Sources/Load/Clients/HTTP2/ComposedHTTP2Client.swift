// Hot path
package import Basis
package import Wire

/// Requests of HTTP/2 of several kinds.
package protocol HTTP2Kinds: ~Copyable, SendableMetatype {
    /// One of each kind, none of them of HEAD.
    var all: [HTTP2Request] { get }

    /// The kind of the last one that was begun.
    var lastKind: Int { get }

    /// Whether requests can be made ready before they begin.
    static var preparesAhead: Bool { get }

    /// Makes some ready, when nothing is due.
    mutating func prepare()

    /// Begins the next one, and says its slot.
    mutating func begin(on connection: inout HTTP2KindsConnection) -> Int
}

/// The connection of one session.
package struct HTTP2KindsConnection: ~Copyable {
    var state: HTTP2ClientConnection<HTTPExchange>
}

/// HTTP/2 with requests of several kinds.
package struct ComposedHTTP2Client<Requests: HTTP2Kinds & ~Copyable>: ProtocolClient, ~Copyable {
    /// One connection, on the heap like that of one kind.
    package struct Session: ~Copyable {
        fileprivate var connection: Boxed<HTTP2KindsConnection>
    }

    package let capacity: Int
    private var requests: Requests
    private let kindsOfStreams: HTTP2RequestKinds
    private var facts = HTTP2AnswerFacts()

    /// - Parameter streams: requests under way on one connection.
    package init(_ requests: consuming Requests, streams: Int) {
        precondition(
            streams > 0 && (1...KindChooser.most).contains(requests.all.count), "some kinds")
        capacity = streams
        kindsOfStreams = HTTP2RequestKinds(all: requests.all)
        self.requests = requests
    }

    @inline(always)
    package static var speaksUnasked: Bool { true }
    @inline(always)
    package static var hasKinds: Bool { true }
    @inline(always)
    package static var tellsBeginnings: Bool { true }
    @inline(always)
    package static var preparesAhead: Bool { Requests.preparesAhead }
    package static var framing: MessageFraming { .http2 }
    package var kinds: Int { kindsOfStreams.all.count }
    @inline(always)
    package var lastKind: Int { requests.lastKind }

    @inline(always)
    package mutating func prepare() { requests.prepare() }

    package borrowing func open() -> Session {
        Session(
            connection: Boxed(
                HTTP2KindsConnection(state: HTTP2ClientConnection(capacity: capacity))))
    }

    @inline(always)
    package borrowing func room(on session: borrowing Session) -> Int {
        session.connection.value.state.room
    }

    package mutating func begin(on session: inout Session, due: Instant) -> Int {
        requests.begin(on: &session.connection.value)
    }

    @_lifetime(borrow self, borrow session)
    package borrowing func output(of session: borrowing Session) -> Span<UInt8> {
        session.connection.value.state.output.bytes
    }

    package mutating func wrote(_ count: Int, on session: inout Session) {
        session.connection.value.state.output.consume(count)
        session.connection.value.state.refill(kindsOfStreams)
    }

    package mutating func arrive(at now: Instant) { facts.now = now }

    package mutating func receive(
        _ input: Span<UInt8>, from offset: Int, on session: inout Session
    ) -> ClientEvent {
        session.connection.value.state.receive(input, from: offset, kindsOfStreams, &facts)
    }

    package borrowing func missing(of session: borrowing Session) -> String {
        session.connection.value.state.missing
    }

    package var location: [UInt8] { facts.location }

    package borrowing func reason(of outcome: Outcome) -> String {
        HTTPExchange.reason(of: outcome, facts.fields)
    }

    package mutating func end(of session: inout Session) -> Answer? { nil }
}
