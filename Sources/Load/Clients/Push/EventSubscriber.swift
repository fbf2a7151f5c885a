// Hot path
package import Basis
package import Wire

/// Subscribes to events over HTTP/1.1, once on each connection: asks for a stream of them, and asks
/// again with the id of the last one when the stream ends, which is all that polling is.
package struct EventSubscriber: ProtocolClient, ~Copyable {
    /// One connection. What only bytes and requests need lies on the heap.
    package struct Session: ~Copyable {
        var stage = Stage.opening
        /// When to wake it; at once while it is opening, for only then is the time known.
        var due = Instant(raw: 0)
        var state: Boxed<State>
    }

    enum Stage: UInt8, BitwiseCopyable {
        /// The request goes out, on a socket that has brought nothing yet.
        case opening
        /// The same, and it is known when the server will have been silent for long enough.
        case patient
        /// An answer is owed or under way.
        case listening
        /// Between an answer and the next request.
        case resting
    }

    struct State: ~Copyable {
        var answers = HTTP1.ResponseParser()
        var reader = EventStreamReader()
        var output = ByteQueue()
        /// The number of the last event, where its id is one.
        var number: UInt64?
        /// Whether the kernel has taken some of the request.
        var isSent = false

        /// When the event was due that the reader holds.
        var stamp: Stamp? { Stamp(reader.events.data) }
        var dataBytes: UInt64 { UInt64(reader.events.data.count) }
        /// Whether the last event's id is longer than can be sent back.
        var isIDLong: Bool { reader.events.lastEventID.count > Limit.eventIDBytes }

        /// The last event's id as a number, if it is one.
        var lastNumber: UInt64? {
            let id = reader.events.lastEventID
            if id.isEmpty || id.count > Stamp.digits { return nil }
            var number: UInt64 = 0
            for index in id.indices {
                let digit = id[index] &- 0x30
                if digit > 9 { return nil }
                number = number &* 10 &+ UInt64(digit)
            }
            return number
        }
    }

    private let request: SubscriptionRequest
    private let patience: Nanoseconds
    /// The clock when bytes last came.
    private var now = Instant(raw: 0)

    /// - Parameter patience: a server that is silent for so long when it is asked holds the request
    ///   until there is an event, as long polling does; one that refuses would have said so.
    package init(_ request: SubscriptionRequest, patience: Nanoseconds) {
        self.request = request
        self.patience = patience
    }

    @inline(always)
    package static var speaksUnasked: Bool { true }
    package static var framing: MessageFraming { .http1Requests }
    @inline(always)
    package static var hasTimer: Bool { true }
    @inline(always)
    package static var opensItself: Bool { true }
    @inline(always)
    package static var delivers: Bool { true }

    package var capacity: Int { 1 }
    package var location: [UInt8] { [] }

    package borrowing func open() -> Session {
        var state = State()
        request.write(after: state.reader.events, to: &state.output)
        return Session(state: Boxed(state))
    }

    @inline(always)
    package borrowing func isOpen(_ session: borrowing Session) -> Bool {
        session.stage == .listening || session.stage == .resting
    }

    @inline(always)
    package borrowing func room(on session: borrowing Session) -> Int { 0 }

    package mutating func begin(on session: inout Session, due: Instant) -> Int {
        preconditionFailure("a subscriber has no room for requests")
    }

    @inline(always)
    package borrowing func expects(_ session: borrowing Session) -> Bool {
        session.stage != .resting
    }

    @_lifetime(borrow self, borrow session)
    @inline(always)
    package borrowing func output(of session: borrowing Session) -> Span<UInt8> {
        session.state.value.output.bytes
    }

    @inline(always)
    package mutating func wrote(_ count: Int, on session: inout Session) {
        session.state.value.output.consume(count)
        session.state.value.isSent = true
    }

    // MARK: answers

    @inline(always)
    package mutating func arrive(at now: Instant) { self.now = now }

    package mutating func receive(
        _ input: Span<UInt8>, from start: Int, on session: inout Session
    ) -> ClientEvent {
        var offset = start
        while true {
            guard session.stage != .resting, session.state.value.isSent else {
                return between(input, from: offset, on: &session)
            }
            switch Self.next(input, from: offset, on: &session.state.value) {
            case .needMore(let keepFrom): return .needMore(keepFrom: keepFrom)
            case .head(let head, let end):
                guard head.status == .ok else {
                    return .violation(Violation(.notSubscribed(head.status), at: offset))
                }
                guard session.state.value.reader.isStream else {
                    return .violation(Violation(.otherType, at: offset))
                }
                session.stage = .listening
                session.due = .distantFuture
                offset = end
            case .event(let end):
                return deliver(end: end, from: offset, on: &session.state.value)
            case .end(let response, let next):
                if let fault = finish(&session, keepsOpen: response.keepAlive) {
                    return .violation(Violation(fault, at: offset))
                }
                if !response.keepAlive { return .lastRequests(end: next) }
                if next == input.count { return .needMore(keepFrom: next) }
                offset = next
            case .violation(let violation): return .violation(violation)
            }
        }
    }

    private static func next(
        _ input: Span<UInt8>, from offset: Int, on state: inout State
    ) -> EventStreamReader.Step {
        state.reader.next(input, from: offset, of: &state.answers)
    }

    /// What comes while nothing is asked: empty lines at most.
    @inline(never)
    private mutating func between(
        _ input: Span<UInt8>, from offset: Int, on session: inout Session
    ) -> ClientEvent {
        let piece = session.state.value.answers.nextPiece(input, from: offset)
        if piece == .needMore, !session.state.value.answers.isMidMessage {
            return .needMore(keepFrom: offset)
        }
        return .violation(Violation(.unasked, at: offset))
    }

    /// The reader holds an event.
    @inline(always)
    private func deliver(end: Int, from offset: Int, on state: inout State) -> ClientEvent {
        guard let stamp = state.stamp else { return .violation(Violation(.untimed, at: offset)) }
        if state.isIDLong { return .violation(Violation(.longID, at: offset)) }
        var missed: UInt32 = 0
        if let number = state.lastNumber {
            if let before = state.number, number > before {
                missed = UInt32(clamping: number &- before &- 1)
            }
            state.number = number
        }
        return .delivered(
            Delivery(stamp: stamp, bytes: state.dataBytes, missed: missed, end: end))
    }

    /// The answer is over. It is asked again when the server wants it, on this socket or, where
    /// that takes no more, on the next one.
    private mutating func finish(
        _ session: inout Session, keepsOpen: Bool
    ) -> Violation.Kind? {
        if session.state.value.isIDLong { return .longID }
        // What the server calls the last event need not have come.
        if let number = session.state.value.lastNumber { session.state.value.number = number }
        let wait = Limit.retry(session.state.value.reader.events.retryMilliseconds)
        session.stage = .resting
        session.due = now + wait
        if keepsOpen, wait == .zero { ask(&session) }
        return nil
    }

    private mutating func ask(_ session: inout Session) {
        session.stage = .listening
        session.due = .distantFuture
        Self.write(request, on: &session.state.value)
    }

    private static func write(_ request: SubscriptionRequest, on state: inout State) {
        state.isSent = false
        state.output.removeAll()
        request.write(after: state.reader.events, to: &state.output)
    }

    // MARK: time

    @inline(always)
    package borrowing func due(_ session: borrowing Session) -> Instant { session.due }

    package mutating func wake(_ session: inout Session, at now: Instant) {
        switch session.stage {
        case .opening:
            session.stage = .patient
            session.due = now + patience
        case .patient:
            if session.state.value.output.isEmpty {
                session.stage = .listening
                session.due = .distantFuture
            } else {
                session.due = now + patience
            }
        case .resting: ask(&session)
        case .listening: session.due = .distantFuture
        }
    }

    // MARK: the end

    package borrowing func missing(of session: borrowing Session) -> String {
        switch session.stage {
        case .opening, .patient: "before the answer to a subscription"
        case .listening: session.state.value.reader.missing(of: session.state.value.answers)
        case .resting: "between two answers"
        }
    }

    /// An answer without a length ends with the connection (RFC 9112 §6.3, item 8).
    package mutating func end(of session: inout Session) -> Answer? {
        if expects(session), Self.close(&session.state.value) {
            _ = finish(&session, keepsOpen: false)
        }
        return nil
    }

    private static func close(_ state: inout State) -> Bool {
        state.reader.close(&state.answers) != nil
    }

    /// The next socket goes on behind the last event, at once where the last one was cut off.
    package mutating func restart(_ session: inout Session) {
        session.state.value.answers = HTTP1.ResponseParser()
        session.state.value.reader.restart()
        session.state.value.isSent = false
        session.state.value.output.removeAll()
        if session.stage == .resting, session.due > now { return }
        session.stage = .opening
        session.due = Instant(raw: 0)
        if session.state.value.isIDLong {
            session = open()
        } else {
            Self.write(request, on: &session.state.value)
        }
    }
}
