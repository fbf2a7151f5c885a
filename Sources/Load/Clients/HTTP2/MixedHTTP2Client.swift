// Hot path
package import Basis
package import Wire

/// HTTP/2 with several kinds of requests, each drawn when it begins.
package struct MixedHTTP2Client: ProtocolClient, ~Copyable {
    /// One connection, on the heap like that of one kind.
    package struct Session: ~Copyable {
        fileprivate var state: Boxed<HTTP2ClientConnection<HTTPExchange>>
    }

    package let capacity: Int
    package private(set) var lastKind = 0
    private let requests: HTTP2RequestKinds
    private var chooser: KindChooser
    private var facts = HTTP2AnswerFacts()

    /// - Parameters:
    ///   - requests: one of each kind, none of them of HEAD.
    ///   - streams: requests under way on one connection.
    package init(requests: [HTTP2Request], chooser: KindChooser, streams: Int) {
        precondition(streams > 0 && (1...KindChooser.most).contains(requests.count), "some kinds")
        capacity = streams
        self.requests = HTTP2RequestKinds(all: requests)
        self.chooser = chooser
    }

    @inline(always)
    package static var speaksUnasked: Bool { true }
    @inline(always)
    package static var hasKinds: Bool { true }
    @inline(always)
    package static var tellsBeginnings: Bool { true }
    package static var framing: MessageFraming { .http2 }
    package var kinds: Int { requests.all.count }

    package borrowing func open() -> Session {
        Session(state: Boxed(HTTP2ClientConnection(capacity: capacity)))
    }

    @inline(always)
    package borrowing func room(on session: borrowing Session) -> Int { session.state.value.room }

    package mutating func begin(on session: inout Session, due: Instant) -> Int {
        lastKind = chooser.next()
        return session.state.value.begin(requests.all[lastKind], kind: UInt8(lastKind))
    }

    @_lifetime(borrow self, borrow session)
    package borrowing func output(of session: borrowing Session) -> Span<UInt8> {
        session.state.value.output.bytes
    }

    package mutating func wrote(_ count: Int, on session: inout Session) {
        session.state.value.output.consume(count)
        session.state.value.refill(requests)
    }

    package mutating func arrive(at now: Instant) { facts.now = now }

    package mutating func receive(
        _ input: Span<UInt8>, from offset: Int, on session: inout Session
    ) -> ClientEvent {
        session.state.value.receive(input, from: offset, requests, &facts)
    }

    package borrowing func missing(of session: borrowing Session) -> String {
        session.state.value.missing
    }

    package var location: [UInt8] { facts.location }

    package borrowing func reason(of outcome: Outcome) -> String {
        HTTPExchange.reason(of: outcome, facts.fields)
    }

    package mutating func end(of session: inout Session) -> Answer? { nil }
}
