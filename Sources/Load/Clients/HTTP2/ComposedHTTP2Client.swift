// Hot path
import Basis
import Wire

/// Requests of HTTP/2 of several kinds.
protocol HTTP2Kinds: RequestVariety, ~Copyable {
    /// One of each kind, none of them of HEAD.
    var all: [HTTP2Request] { get }

    /// Begins the next one, and says its slot.
    mutating func begin(on connection: inout HTTP2ClientConnection<HTTPExchange>) -> Int
}

extension HTTP2Kinds where Self: ~Copyable {
    @inline(always)
    static var hasKinds: Bool { true }
    var kinds: Int { all.count }
}

/// HTTP/2 with requests of several kinds.
struct ComposedHTTP2Client<Requests: HTTP2Kinds & ~Copyable>: ProtocolClient, ~Copyable {
    /// One connection, on the heap like that of one kind.
    struct Session: ~Copyable {
        fileprivate var connection: Boxed<HTTP2ClientConnection<HTTPExchange>>
    }

    let capacity: Int
    private var requests: Requests
    private let kindsOfStreams: HTTP2RequestKinds
    private var facts = HTTP2AnswerFacts()

    /// - Parameter streams: requests under way on one connection.
    init(_ requests: consuming Requests, streams: Int) {
        precondition(
            streams > 0 && (1...KindChooser.most).contains(requests.all.count), "some kinds")
        capacity = streams
        kindsOfStreams = HTTP2RequestKinds(all: requests.all)
        self.requests = requests
    }

    @inline(always)
    static var speaksUnasked: Bool { true }
    @inline(always)
    static var hasKinds: Bool { Requests.hasKinds }
    @inline(always)
    static var tellsBeginnings: Bool { true }
    @inline(always)
    static var preparesAhead: Bool { Requests.preparesAhead }
    static var framing: MessageFraming { .http2 }
    var kinds: Int { requests.kinds }
    @inline(always)
    var lastKind: Int { requests.lastKind }

    @inline(always)
    mutating func prepare() { requests.prepare() }

    borrowing func open() -> Session {
        Session(connection: Boxed(HTTP2ClientConnection(capacity: capacity)))
    }

    @inline(always)
    borrowing func room(on session: borrowing Session) -> Int {
        session.connection.value.room
    }

    mutating func begin(on session: inout Session, due: Instant) -> Int {
        requests.begin(on: &session.connection.value)
    }

    @_lifetime(borrow self, borrow session)
    borrowing func output(of session: borrowing Session) -> Span<UInt8> {
        session.connection.value.output.bytes
    }

    mutating func wrote(_ count: Int, on session: inout Session) {
        session.connection.value.output.consume(count)
        session.connection.value.refill(kindsOfStreams)
    }

    mutating func arrive(at now: Instant) { facts.now = now }

    mutating func receive(
        _ input: Span<UInt8>, from offset: Int, on session: inout Session
    ) -> ClientEvent {
        session.connection.value.receive(input, from: offset, kindsOfStreams, &facts)
    }

    borrowing func missing(of session: borrowing Session) -> String {
        session.connection.value.missing
    }

    var location: [UInt8] { facts.location }

    borrowing func reason(of outcome: Outcome) -> String {
        HTTPExchange.reason(of: outcome, facts.fields)
    }

    mutating func end(of session: inout Session) -> Answer? { nil }
}
