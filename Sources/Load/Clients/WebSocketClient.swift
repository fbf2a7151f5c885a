// Hot path
package import Basis
import Synchronization
package import Wire

/// WebSocket over a stream (RFC 6455): opens it by HTTP/1.1, sends one message over and over and
/// expects each to come back as it was sent, in order; several may be under way on a connection. Or
/// it sends none, and takes what others have published.
package struct WebSocketClient<Use: WebSocketUse>: ProtocolClient, ~Copyable {
    /// One connection: the message being read, and how far the output and the slots have come.
    package struct Session: ~Copyable {
        var receiver = WebSocket.Receiver(role: .client)
        /// Whole frames.
        var output = ByteQueue()
        /// Begun messages whose frames are not in the output yet.
        var unwritten: UInt16 = 0
        /// The slots of the oldest message under way and of the next one to begin; they go round.
        var oldest: UInt16 = 0
        var next: UInt16 = 0
        var underWay: UInt16 = 0
        /// Payload that has come of the message being read.
        var received: UInt32 = 0
        var stage = Stage.opening
        /// What only the opening and the end need.
        var aside: Boxed<Aside>
    }

    enum Stage: UInt8, BitwiseCopyable {
        /// The answer to the handshake is awaited.
        case opening
        case open
        /// The server has sent its Close frame.
        case over
    }

    /// What is rarely looked at of a connection.
    struct Aside: ~Copyable {
        let key: WebSocket.HandshakeKey
        var parser = HTTP1.ResponseParser()
        /// Code and reason of the server's Close frame.
        var farewell = ""
        /// Of a published message that comes in pieces.
        var time = StampReader()
        /// When begun messages were due whose frames are not in the output yet, oldest first.
        var dues = ByteQueue()
    }

    package let capacity: Int
    private let request: WebSocketRequest
    private let seed: UInt64
    private let unixOffset: Nanoseconds
    /// As it is sent.
    private var message: [UInt8]
    /// Makes masking keys.
    private var generator: SeededGenerator
    /// Connections begun: each has a key of its own.
    private let openings = Atomic(0)

    /// - Parameters:
    ///   - request: what is opened and sent.
    ///   - window: messages under way on one connection, at least 1.
    ///   - seed: what all keys follow from.
    ///   - unixOffset: what CLOCK_REALTIME is ahead of the engine's clock.
    package init(
        request: WebSocketRequest, window: Int, seed: UInt64, unixOffset: Nanoseconds = .zero
    ) {
        precondition(window > 0 && window < Int(UInt16.max), "a message to send")
        capacity = window
        self.request = request
        self.seed = seed
        self.unixOffset = unixOffset
        message = request.message
        generator = SeededGenerator(seed: seed)
    }

    @inline(always)
    package static var speaksUnasked: Bool { true }
    package static var framing: MessageFraming { .webSocket }
    @inline(always)
    package static var opensItself: Bool { true }
    @inline(always)
    package static var delivers: Bool { Use.delivers }

    package borrowing func open() -> Session {
        let index = openings.wrappingAdd(1, ordering: .relaxed).oldValue
        var nonces = SeededGenerator.stream(seed: seed, index: index)
        let key = WebSocket.HandshakeKey(using: &nonces)
        var session = Session(aside: Boxed(Aside(key: key)))
        request.handshake.write(key, to: &session.output)
        return session
    }

    @inline(always)
    package borrowing func isOpen(_ session: borrowing Session) -> Bool {
        session.stage != .opening
    }

    @inline(always)
    package borrowing func room(on session: borrowing Session) -> Int {
        session.stage == .open && !Use.delivers ? capacity : 0
    }

    // MARK: messages

    @inline(always)
    package mutating func begin(on session: inout Session, due: Instant) -> Int {
        let slot = session.next
        session.next = following(slot)
        session.underWay &+= 1
        if session.output.count < Limit.webSocketOutput {
            write(on: &session, due: due)
        } else {
            if Use.isTimed { session.aside.value.dues.append(bigEndian: due.raw) }
            session.unwritten &+= 1
        }
        return Int(slot)
    }

    @inline(always)
    private borrowing func following(_ slot: UInt16) -> UInt16 {
        Int(slot) &+ 1 == capacity ? 0 : slot &+ 1
    }

    @inline(always)
    private mutating func write(on session: inout Session, due: Instant) {
        if Use.isTimed { Stamp(due, unixOffset: unixOffset).write(over: &message) }
        let mask = WebSocket.Mask(using: &generator)
        WebSocket.FrameWriter.write(
            request.kind.opcode, message.span, mask: mask, to: &session.output)
    }

    @_lifetime(borrow self, borrow session)
    @inline(always)
    package borrowing func output(of session: borrowing Session) -> Span<UInt8> {
        session.output.bytes
    }

    @inline(always)
    package mutating func wrote(_ count: Int, on session: inout Session) {
        session.output.consume(count)
        if session.unwritten > 0 { refill(&session) }
        if session.output.isEmpty, session.output.storageBytes > 2 * Limit.webSocketOutput {
            session.output.releaseStorage()
        }
    }

    @inline(never)
    private mutating func refill(_ session: inout Session) {
        while session.unwritten > 0, session.output.count < Limit.webSocketOutput {
            session.unwritten &-= 1
            write(
                on: &session, due: Use.isTimed ? Self.takeDue(&session.aside.value) : .distantFuture
            )
        }
    }

    private static func takeDue(_ aside: inout Aside) -> Instant {
        var raw: Int64 = 0
        for index in 0..<MemoryLayout<Int64>.size {
            raw = raw &<< 8 | Int64(aside.dues.bytes[index])
        }
        aside.dues.consume(MemoryLayout<Int64>.size)
        return Instant(raw: raw)
    }

    // MARK: answers

    @inline(always)
    package mutating func receive(
        _ input: Span<UInt8>, from start: Int, on session: inout Session
    ) -> ClientEvent {
        var offset = start
        if session.stage == .opening, let event = takeAnswer(input, from: &offset, on: &session) {
            return event
        }
        while true {
            switch session.receiver.next(input, from: offset) {
            case .part(let part, let next):
                if Use.delivers {
                    if let event = take(part, input, from: offset, to: next, on: &session) {
                        return event
                    }
                    offset = next
                    continue
                }
                session.received &+= UInt32(truncatingIfNeeded: part.payload.count)
                if session.underWay == 0 {
                    return .violation(Violation(.unasked, at: offset))
                }
                if part.isLast || session.received > request.message.count {
                    return finish(end: next, from: offset, on: &session)
                }
                offset = next
            case .needMore(let keepFrom): return .needMore(keepFrom: keepFrom)
            case .ping(let payload, let next):
                answerPing(payload, input, on: &session)
                offset = next
            case .pong(_, let next): offset = next
            case .close(let code, let reason):
                return close(code, reason, input, on: &session)
            case .failure(let failure):
                return .violation(Violation(.webSocket(failure), at: offset))
            }
        }
    }

    /// The oldest message has come back.
    @inline(always)
    private mutating func finish(
        end: Int, from offset: Int, on session: inout Session
    ) -> ClientEvent {
        let received = session.received
        session.received = 0
        guard received == request.message.count else {
            return .violation(
                Violation(.otherEcho(sent: UInt32(request.message.count)), at: offset))
        }
        let slot = session.oldest
        session.oldest = following(slot)
        session.underWay &-= 1
        return .answer(
            Answer(
                slot: Int(slot), outcome: Outcome(.success, code: 0), bodyBytes: UInt64(received),
                end: end, keepsOpen: true))
    }

    /// A published message, or a piece of one. Nil when it goes on.
    @inline(always)
    private mutating func take(
        _ part: WebSocket.MessagePart, _ input: Span<UInt8>, from offset: Int, to next: Int,
        on session: inout Session
    ) -> ClientEvent? {
        var time = session.received == 0 ? StampReader() : session.aside.value.time
        // A server does not mask, RFC 6455 §5.1.
        time.take(part.payload.masked(in: input))
        session.received &+= UInt32(truncatingIfNeeded: part.payload.count)
        if !part.isLast {
            session.aside.value.time = time
            return nil
        }
        let bytes = UInt64(session.received)
        session.received = 0
        guard let stamp = time.stamp else { return .violation(Violation(.untimed, at: offset)) }
        return .delivered(Delivery(stamp: stamp, bytes: bytes, end: next))
    }

    /// Looks for the answer to the handshake. Nil when the WebSocket is open, and `offset` at the
    /// server's first frame.
    @inline(never)
    private mutating func takeAnswer(
        _ input: Span<UInt8>, from offset: inout Int, on session: inout Session
    ) -> ClientEvent? {
        while true {
            switch session.aside.value.parser.nextPiece(input, from: offset) {
            case .needMore: return .needMore(keepFrom: offset)
            case .interim(_, let end): offset = end
            case .head(let head, let end):
                let fault = request.handshake.fault(
                    of: head, input.extracting(offset..<end), key: session.aside.value.key)
                switch fault {
                case nil:
                    session.stage = .open
                    offset = end
                    return nil
                case .otherStatus:
                    return .violation(Violation(.notUpgraded(head.status), at: offset))
                case .some(let fault):
                    return .violation(Violation(.handshake(fault), at: offset))
                }
            case .failure(let failure):
                return .violation(
                    Violation(
                        .malformed(failure), at: Int(session.aside.value.parser.faultAt)))
            case .body, .end: preconditionFailure("an answer is judged by its head")
            }
        }
    }

    @inline(never)
    private mutating func answerPing(
        _ payload: WebSocket.Payload, _ input: Span<UInt8>, on session: inout Session
    ) {
        // A server that takes nothing is owed no more.
        guard session.output.count < Limit.webSocketOutput else { return }
        WebSocket.FrameWriter.write(
            .pong, payload, from: input, mask: WebSocket.Mask(using: &generator),
            to: &session.output)
    }

    /// The server says no more: its Close frame is answered (RFC 6455 §5.5.1).
    @inline(never)
    private mutating func close(
        _ code: WebSocket.CloseCode?, _ reason: WebSocket.Payload, _ input: Span<UInt8>,
        on session: inout Session
    ) -> ClientEvent {
        session.stage = .over
        var text = code.map { "\($0.code)" } ?? "no code"
        let said = reason.masked(in: input)
        if !said.isEmpty { text += ": \(Excerpt.text(said))" }
        session.aside.value.farewell = text
        WebSocket.FrameWriter.writeClose(
            code, mask: WebSocket.Mask(using: &generator), to: &session.output)
        return .lastRequests(end: input.count)
    }

    // MARK: the end

    @inline(always)
    package borrowing func expects(_ session: borrowing Session) -> Bool { Use.delivers }

    package borrowing func missing(of session: borrowing Session) -> String {
        switch session.stage {
        case .opening: return "before the answer to the handshake"
        case .over: return "after its Close frame with \(session.aside.value.farewell)"
        case .open where Use.delivers: return "between events"
        case .open: return session.underWay > 0 ? "before an echo" : "between echoes"
        }
    }

    package var location: [UInt8] { [] }

    package mutating func end(of session: inout Session) -> Answer? { nil }
}
