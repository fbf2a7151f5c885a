// Hot path
package import Basis
package import Wire

/// HTTP/1.1 whose answers are streams of events, one after the other on a connection: asks as
/// `HTTP1Client` does, and tells each event as a part when it comes.
package struct EventStreamClient: ProtocolClient, ~Copyable {
    /// One connection: the request under way, and the events of its answer, whose memory is large
    /// and lies on the heap.
    package struct Session: ~Copyable {
        var asking: HTTP1Client.Session
        var reader = Boxed(EventStreamReader())
    }

    private var asking: HTTP1Client
    /// Where the first redirection leads.
    package private(set) var location: [UInt8] = []

    /// - Parameters:
    ///   - request: all bytes of one request, head and body.
    ///   - answersHead: whether its method is HEAD, whose answers have no body.
    package init(request: [UInt8], answersHead: Bool) {
        asking = HTTP1Client(request: request, answersHead: answersHead, pipeline: 1)
    }

    @inline(always)
    package static var hasParts: Bool { true }
    @inline(always)
    package static var hasEvents: Bool { true }
    package static var framing: MessageFraming { .http1Requests }
    @inline(always)
    package static var tellsBeginnings: Bool { true }

    @inline(always)
    package var capacity: Int { 1 }

    package borrowing func open() -> Session { Session(asking: asking.open()) }

    @inline(always)
    package mutating func begin(on session: inout Session, due: Instant) -> Int {
        asking.begin(on: &session.asking, due: due)
    }

    @_lifetime(borrow self, borrow session)
    @inline(always)
    package borrowing func output(of session: borrowing Session) -> Span<UInt8> {
        asking.output(of: session.asking)
    }

    @inline(always)
    package mutating func wrote(_ count: Int, on session: inout Session) {
        asking.wrote(count, on: &session.asking)
    }

    package mutating func arrive(at now: Instant) { asking.arrive(at: now) }

    package mutating func receive(
        _ input: Span<UInt8>, from start: Int, on session: inout Session
    ) -> ClientEvent {
        guard asking.isAsked(session.asking) else {
            return asking.receive(input, from: start, on: &session.asking)
        }
        asking.noteBeginning(of: &session.asking)
        var offset = start
        while true {
            switch session.reader.value.next(input, from: offset, of: &session.asking.parser) {
            case .needMore(let keepFrom): return .needMore(keepFrom: keepFrom)
            case .head(let head, let end):
                if let fault = fault(of: head, input, isStream: session.reader.value.isStream) {
                    return .violation(Violation(fault, at: offset))
                }
                offset = end
            case .event(let end):
                let data = session.reader.value.events.data
                return .part(
                    slot: 0, bytes: UInt64(data.count), due: PartDue(Stamp(data)), end: end)
            case .end(let response, let next):
                return .answer(take(response, end: next, on: &session))
            case .violation(let violation): return .violation(violation)
            }
        }
    }

    /// What is wrong with an answer by its head.
    private mutating func fault(
        of head: HTTP1.ResponseHead, _ input: Span<UInt8>, isStream: Bool
    ) -> Violation.Kind? {
        if head.status == .switchingProtocols { return .switched }
        if head.status.isRedirect, location.isEmpty {
            location = Array(copying: head.location.bytes(of: input))
        }
        return head.status == .ok && !isStream ? .otherType : nil
    }

    private mutating func take(
        _ response: HTTP1.Response, end: Int, on session: inout Session
    ) -> Answer {
        var response = response
        // Its parts have told it.
        if session.reader.value.isStream { response.bodyBytes = 0 }
        return asking.take(response, end: end, on: &session.asking)
    }

    package borrowing func missing(of session: borrowing Session) -> String {
        session.reader.value.missing(of: session.asking.parser)
    }

    /// An answer without a length ends with the connection (RFC 9112 §6.3, item 8).
    package mutating func end(of session: inout Session) -> Answer? {
        guard asking.isAsked(session.asking),
            let response = session.reader.value.close(&session.asking.parser)
        else { return nil }
        return take(response, end: 0, on: &session)
    }
}
