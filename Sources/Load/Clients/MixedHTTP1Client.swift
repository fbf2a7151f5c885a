// Hot path
package import Basis
package import Wire

/// HTTP/1.1 with several kinds of requests, each drawn when it begins.
package struct MixedHTTP1Client: ProtocolClient, ~Copyable {
    /// A connection, and the requests that the kernel has not taken whole.
    package struct Session: ~Copyable {
        var inner: HTTP1Client.Session
        var output = ByteQueue()
    }

    private var inner: HTTP1Client
    private var chooser: KindChooser
    /// All kinds of requests one behind another, and where each begins; the end of the last one.
    private let requests: [UInt8]
    private var starts = InlineArray<33, Int>(repeating: 0)
    package private(set) var lastKind = 0
    package let kinds: Int

    /// - Parameters:
    ///   - requests: all bytes of each kind, head and body, none of them of HEAD.
    ///   - pipeline: requests under way on one connection, at least 1.
    package init(requests: [[UInt8]], chooser: KindChooser, pipeline: Int) {
        precondition((1...KindChooser.most).contains(requests.count), "some kinds")
        inner = HTTP1Client(request: requests[0], answersHead: false, pipeline: pipeline)
        kinds = requests.count
        self.requests = Array(requests.joined())
        self.chooser = chooser
        for (kind, bytes) in requests.enumerated() {
            starts[kind + 1] = starts[kind] + bytes.count
        }
    }

    package static var framing: MessageFraming { .http1Requests }
    @inline(always)
    package static var hasKinds: Bool { true }
    package var capacity: Int { inner.capacity }
    package var location: [UInt8] { inner.location }

    package borrowing func open() -> Session { Session(inner: inner.open()) }

    package mutating func begin(on session: inout Session, due: Instant) -> Int {
        lastKind = chooser.next()
        let slot = inner.begin(on: &session.inner, due: due)
        // What is unsent is this session's affair.
        inner.wrote(starts[1], on: &session.inner)
        session.output.append(requests.span.extracting(starts[lastKind]..<starts[lastKind &+ 1]))
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
