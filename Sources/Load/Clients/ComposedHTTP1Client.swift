// Hot path
package import Basis
package import Wire

/// Requests of HTTP/1.1 that are not all alike: each is composed when it begins.
package protocol HTTP1Requests: RequestVariety, ~Copyable {
    /// Appends the next one.
    ///
    /// - Parameter due: when it was due; the same again where it is begun again.
    mutating func compose(due: Instant, to output: inout ByteQueue)

    /// An answer asks for another request: whether that one is begun next with the same due time.
    ///
    /// - Parameter location: what it says of that.
    mutating func follow(due: Instant, _ outcome: Outcome, to location: Span<UInt8>) -> Bool
}

extension HTTP1Requests where Self: ~Copyable {
    package mutating func follow(
        due: Instant, _ outcome: Outcome, to location: Span<UInt8>
    ) -> Bool { false }
}

/// HTTP/1.1 with requests that are composed one by one. The answers are read, and the slots kept,
/// as where all requests are alike.
package struct ComposedHTTP1Client<Requests: HTTP1Requests & ~Copyable>: ProtocolClient, ~Copyable {
    /// A connection, and the requests that the kernel has not taken whole.
    package struct Session: ~Copyable {
        var inner: HTTP1Client.Session
        var output = ByteQueue()
        /// Where the redirection leads that is being read, if it is to be followed.
        var location: [UInt8] = []
    }

    private var inner: HTTP1Client
    /// Of the request that `inner` believes to send.
    private let innerBytes: Int
    private var requests: Requests

    /// - Parameters:
    ///   - like: all bytes of one request, of any kind.
    ///   - answersHead: whether the method of all is HEAD, whose answers have no body.
    ///   - pipeline: requests under way on one connection, at least 1.
    init(_ requests: consuming Requests, like request: [UInt8], answersHead: Bool, pipeline: Int) {
        inner = HTTP1Client(request: request, answersHead: answersHead, pipeline: pipeline)
        if Requests.follows { inner.noteRedirections() }
        innerBytes = request.count
        self.requests = requests
    }

    package static var framing: MessageFraming { .http1Requests }
    @inline(always)
    package static var tellsBeginnings: Bool { true }
    @inline(always)
    package static var hasKinds: Bool { Requests.hasKinds }
    @inline(always)
    package static var preparesAhead: Bool { Requests.preparesAhead }
    @inline(always)
    package static var follows: Bool { Requests.follows }
    package var kinds: Int { requests.kinds }
    @inline(always)
    package var lastKind: Int { requests.lastKind }
    package var capacity: Int { inner.capacity }
    package var location: [UInt8] { inner.location }

    @inline(always)
    package mutating func prepare() { requests.prepare() }

    package borrowing func open() -> Session { Session(inner: inner.open()) }

    package mutating func begin(on session: inout Session, due: Instant) -> Int {
        let slot = inner.begin(on: &session.inner, due: due)
        // What is unsent is this session's affair.
        inner.wrote(innerBytes, on: &session.inner)
        requests.compose(due: due, to: &session.output)
        return slot
    }

    @_lifetime(borrow self, borrow session)
    package borrowing func output(of session: borrowing Session) -> Span<UInt8> {
        session.output.bytes
    }

    package mutating func wrote(_ count: Int, on session: inout Session) {
        session.output.consume(count)
    }

    package mutating func arrive(at now: Instant) { inner.arrive(at: now) }

    package mutating func receive(
        _ input: Span<UInt8>, from offset: Int, on session: inout Session
    ) -> ClientEvent {
        let event = inner.receive(input, from: offset, on: &session.inner)
        if Requests.follows, let location = inner.takeLocation() { session.location = location }
        return event
    }

    package mutating func follow(
        _ outcome: Outcome, due: Instant, on session: inout Session
    ) -> Bool {
        var location: [UInt8] = []
        swap(&location, &session.location)
        return requests.follow(due: due, outcome, to: location.span)
    }

    @inline(always)
    package mutating func forget(due: Instant) { requests.forget(due: due) }

    package borrowing func missing(of session: borrowing Session) -> String {
        inner.missing(of: session.inner)
    }

    package mutating func end(of session: inout Session) -> Answer? {
        inner.end(of: &session.inner)
    }
}
