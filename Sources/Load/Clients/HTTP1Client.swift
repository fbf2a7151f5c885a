// Hot path
package import Basis
package import Wire

/// HTTP/1.1 over a stream, pipelined or not: sends one request over and over and reads the answers,
/// which come in the order of the requests (RFC 9112 §9.3.2).
@safe
package struct HTTP1Client: ProtocolClient, ~Copyable {
    /// One connection: the answer being read, and how far the output and the slots have come.
    package struct Session {
        var parser: HTTP1.ResponseParser
        /// Begun requests that the kernel has not taken whole.
        var unsent: UInt16 = 0
        /// Bytes of the first of them that the kernel has taken.
        var sentPart: UInt32 = 0
        /// The slots of the oldest request under way and of the next one to begin; they go round.
        var oldest: UInt16 = 0
        var next: UInt16 = 0
        var underWay: UInt16 = 0
        /// When the answer being read began; the distant future where nothing of one was read.
        var began = Instant.distantFuture
    }

    package let capacity: Int
    /// The request, several times over, so that a pipelined run of them is one write.
    private let requests: UnsafeMutablePointer<UInt8>
    private let requestBytes: Int
    private let copies: Int
    private let answersHead: Bool
    private var predictor = HTTP1.ResponsePredictor()
    /// When the bytes came that are being read.
    private var now = Instant(raw: 0)

    /// - Parameters:
    ///   - request: all bytes of one request, head and body.
    ///   - answersHead: whether its method is HEAD, whose answers have no body.
    ///   - pipeline: requests under way on one connection, at least 1.
    package init(request: [UInt8], answersHead: Bool, pipeline: Int) {
        precondition(
            // One more can be unsent: one that was answered before the kernel took it whole.
            !request.isEmpty && pipeline > 0 && pipeline < Int(UInt16.max), "a request to send")
        capacity = pipeline
        requestBytes = request.count
        copies = min(pipeline, max(1, Limit.repeatedRequestBytes / request.count))
        unsafe requests = .allocate(capacity: copies * request.count)
        for copy in 0..<copies {
            for (offset, byte) in request.enumerated() {
                // SAFETY: the allocation has room for `copies` requests.
                unsafe (requests + copy * request.count + offset).initialize(to: byte)
            }
        }
        self.answersHead = answersHead
    }

    // SAFETY: allocated in `init`, and nothing else knows it; bytes need no deinitialisation.
    deinit { unsafe requests.deallocate() }

    package static var framing: MessageFraming { .http1Requests }
    @inline(always)
    package static var tellsBeginnings: Bool { true }

    package borrowing func open() -> Session {
        Session(parser: HTTP1.ResponseParser(answersHead: answersHead))
    }

    @inline(always)
    package mutating func begin(on session: inout Session, due: Instant) -> Int {
        let slot = session.next
        session.next = following(slot)
        session.underWay &+= 1
        session.unsent &+= 1
        return Int(slot)
    }

    @inline(always)
    private borrowing func following(_ slot: UInt16) -> UInt16 {
        Int(slot) &+ 1 == capacity ? 0 : slot &+ 1
    }

    /// All requests are alike: what is unsent of a run of them lies behind the sent part of the
    /// first copy.
    @_lifetime(borrow self, borrow session)
    @inline(always)
    package borrowing func output(of session: borrowing Session) -> Span<UInt8> {
        let start = Int(session.sentPart)
        let count = min(Int(session.unsent), copies) &* requestBytes &- start
        // SAFETY: `start + count` is at most the allocation's size, which lives as long as `self`.
        let run = unsafe UnsafeBufferPointer(start: requests + start, count: count)
        let view = unsafe Span(_unsafeElements: run)
        return unsafe _overrideLifetime(view, borrowing: self)
    }

    @inline(always)
    package mutating func wrote(_ count: Int, on session: inout Session) {
        let taken = Int(session.sentPart) &+ count
        if taken == Int(session.unsent) &* requestBytes {
            session.unsent = 0
            session.sentPart = 0
        } else {
            session.unsent &-= UInt16(taken / requestBytes)
            session.sentPart = UInt32(taken % requestBytes)
        }
    }

    @inline(always)
    package mutating func arrive(at now: Instant) { self.now = now }

    @inline(always)
    package mutating func receive(
        _ input: Span<UInt8>, from offset: Int, on session: inout Session
    ) -> ClientEvent {
        switch session.parser.next(input, from: offset, predictor: &predictor) {
        case .complete(let response, let end):
            guard isAsked(session), response.status != .switchingProtocols else {
                let kind: Violation.Kind = isAsked(session) ? .switched : .unasked
                return .violation(Violation(kind, at: offset))
            }
            return .answer(take(response, end: end, on: &session))
        case .needMore(let keepFrom):
            // An empty line that a body left behind is nothing.
            if isAsked(session) {
                noteBeginning(of: &session)
            } else if session.parser.isMidMessage {
                return .violation(Violation(.unasked, at: offset))
            }
            return .needMore(keepFrom: keepFrom)
        case .failure(let failure):
            let kind: Violation.Kind = isAsked(session) ? .malformed(failure) : .unasked
            return .violation(Violation(kind, at: Int(session.parser.faultAt)))
        }
    }

    /// Whether an answer can be to a request under way: the kernel has taken some of it, at least.
    @inline(always)
    borrowing func isAsked(_ session: borrowing Session) -> Bool {
        let begun = session.sentPart > 0 ? 1 : 0
        return Int(session.underWay) &+ begun > Int(session.unsent)
    }

    /// Something of an answer, but not all of it, was read.
    @inline(always)
    borrowing func noteBeginning(of session: inout Session) {
        session.began = min(session.began, now)
    }

    /// The answer to the oldest request under way.
    @inline(always)
    mutating func take(
        _ response: HTTP1.Response, end: Int, on session: inout Session
    ) -> Answer {
        let slot = session.oldest
        session.oldest = following(slot)
        session.underWay &-= 1
        defer { session.began = .distantFuture }
        return Answer(
            slot: Int(slot), outcome: Outcome(status: response.status.code),
            bodyBytes: response.bodyBytes, end: end, keepsOpen: response.keepAlive,
            began: session.began)
    }

    package borrowing func missing(of session: borrowing Session) -> String {
        session.parser.missing
    }

    package var location: [UInt8] { predictor.location }

    /// Has every redirection parsed.
    mutating func noteRedirections() { predictor.notesEach = true }

    /// Where the redirection leads whose head was read since the last call; nil without one.
    @inline(always)
    mutating func takeLocation() -> [UInt8]? { predictor.takeLocation() }

    /// An answer without a length ends with the connection (RFC 9112 §6.3, item 8).
    package mutating func end(of session: inout Session) -> Answer? {
        guard isAsked(session), case .complete(let response) = session.parser.close() else {
            return nil
        }
        return take(response, end: 0, on: &session)
    }
}
