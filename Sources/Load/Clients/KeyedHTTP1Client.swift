// Hot path
package import Basis
package import Wire

/// HTTP/1.1 with an `Idempotency-Key` of its own in each request
/// (draft-ietf-httpapi-idempotency-key-header-07). A request that is begun again with the same due
/// time has the same key.
package struct KeyedHTTP1Client: ProtocolClient, ~Copyable {
    /// A connection, and the requests that the kernel has not taken whole.
    package struct Session: ~Copyable {
        var inner: HTTP1Client.Session
        var output = ByteQueue()
    }

    /// Hexadecimal digits of a word. A key has two: of the run and the thread, and of the request.
    private static let digits = 16

    /// What a request has in the place of its key: a quoted string.
    package static let placeholder = "\"" + String(repeating: "0", count: 2 * digits) + "\""

    private var inner: HTTP1Client
    private let request: [UInt8]
    /// Where in the request the digits of the due time begin.
    private let name: Int

    /// - Parameters:
    ///   - request: all bytes of one request, with `placeholder` in it.
    ///   - run: tells this thread of this run from all others.
    package init(request: [UInt8], run: UInt64, answersHead: Bool, pipeline: Int) {
        inner = HTTP1Client(request: request, answersHead: answersHead, pipeline: pipeline)
        guard let key = request.firstRange(of: Array(Self.placeholder.utf8)) else {
            preconditionFailure("the request has room for a key")
        }
        var bytes = request
        let start = key.lowerBound + 1
        for place in 0..<Self.digits { bytes[start + place] = Self.digit(run, place) }
        self.request = bytes
        name = start + Self.digits
    }

    @inline(always)
    private static func digit(_ number: UInt64, _ place: Int) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: number >> UInt64(60 &- 4 &* place)) & 15
        return value < 10 ? 0x30 &+ value : 0x57 &+ value
    }

    package static var framing: MessageFraming { .http1Requests }
    package var capacity: Int { inner.capacity }
    package var location: [UInt8] { inner.location }

    package borrowing func open() -> Session { Session(inner: inner.open()) }

    package mutating func begin(on session: inout Session, due: Instant) -> Int {
        let slot = inner.begin(on: &session.inner, due: due)
        inner.wrote(request.count, on: &session.inner)
        session.output.append(request.span.extracting(first: name))
        for place in 0..<Self.digits {
            session.output.append(Self.digit(UInt64(bitPattern: due.raw), place))
        }
        session.output.append(request.span.extracting(droppingFirst: name + Self.digits))
        return slot
    }

    @_lifetime(borrow self, borrow session)
    package borrowing func output(of session: borrowing Session) -> Span<UInt8> {
        session.output.bytes
    }

    package mutating func wrote(_ count: Int, on session: inout Session) {
        session.output.consume(count)
    }

    package mutating func receive(
        _ input: Span<UInt8>, from offset: Int, on session: inout Session
    ) -> ClientEvent {
        inner.receive(input, from: offset, on: &session.inner)
    }

    package borrowing func missing(of session: borrowing Session) -> String {
        inner.missing(of: session.inner)
    }

    package mutating func end(of session: inout Session) -> Answer? {
        inner.end(of: &session.inner)
    }
}
