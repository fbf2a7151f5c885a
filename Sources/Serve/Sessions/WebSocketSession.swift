// Hot path
import Basis
import Secure
import Wire

/// WebSocket (RFC 6455) behind its opening handshake, which is HTTP/1.1's: every message comes back
/// as one frame, in the order in which they came, or is published to a topic, whose events come as
/// text. Idle, it keeps `Limit.keptBytes` at most.
struct WebSocketSession: Session, ~Copyable {
    /// What HTTP/1.1 had before it. It needs nothing while it parses; but a value without size has
    /// no address of its own, and the thread sanitizer takes that of another for it.
    typealias Scratch = HTTP1Session.Scratch

    static func makeScratch(_ options: ServerOptions) -> Scratch {
        HTTP1Session.makeScratch(options)
    }

    private var receiver: WebSocket.Receiver
    /// What has come of the message that is arriving, unmasked.
    private var body = ByteQueue()
    /// What unmasks the piece of payload that was found last.
    private var mask = WebSocket.Mask.none
    /// What the message is that is arriving, or that has just arrived.
    private var kind = WebSocket.MessageKind.binary
    /// The last piece of a message was found; its end is still to be told.
    private var isAtEnd = false
    private(set) var isLast = false
    /// What is said when the replies before it are out; nothing is taken up behind it.
    private var farewell: Farewell?
    /// Pongs that are not in the output yet.
    private var pongs = ByteQueue()
    /// Of one that is subscribed to a topic.
    private var subscriber: Boxed<TopicSubscriber>?

    /// Why the connection ends, which its Close frame tells.
    private enum Farewell: BitwiseCopyable {
        /// The peer has said so (RFC 6455 §5.5.1).
        case answer(WebSocket.CloseCode?)
        case failure(WebSocket.Failure)
        /// It was idle for too long, or the server stops.
        case goingAway
        case late
        case noRoom
        /// What a topic does not take.
        case refused(TopicSubscriber.Refusal)
    }

    /// - Parameters:
    ///   - messageLimit: bytes of payload taken in one message.
    ///   - topic: the name of the topic that it is about; empty for an echo.
    init(messageLimit: UInt32, topic: consuming ByteQueue = ByteQueue()) {
        let isEcho = topic.isEmpty
        receiver = WebSocket.Receiver(
            role: .server,
            messageLimit: isEcho ? messageLimit : min(messageLimit, UInt32(Limit.eventBytes)))
        subscriber = isEcho ? nil : Boxed(TopicSubscriber(name: topic))
    }

    init(_ facts: OpeningFacts) { self.init(messageLimit: WebSocket.Limit.messageBytes) }

    @inline(always)
    mutating func next(
        _ input: Span<UInt8>, from offset: Int, bodyLimit: UInt64, scratch: inout Scratch,
        output: inout ByteQueue
    ) -> Step {
        if isAtEnd {
            isAtEnd = false
            return .ends(stream: 0, next: offset)
        }
        switch receiver.next(input, from: offset) {
        case .part(let part, let next):
            kind = part.kind
            if part.isFirst, let refusal = refusal(of: part.kind) {
                leave(.refused(refusal))
                return .refused
            }
            if part.isFirst, part.isLast {
                part.payload.append(from: input, to: &body)
                return .ends(stream: 0, next: next)
            }
            isAtEnd = part.isLast
            mask = part.payload.mask
            return .payload(part.payload.range, stream: 0, next: next)
        case .needMore(let keepFrom):
            // The header of a frame whose payload is to come is done with.
            return keepFrom > offset ? .handled(next: keepFrom) : .needMore
        case .ping(let payload, let next):
            owePong(payload, input)
            return .handled(next: next)
        case .pong(_, let next): return .handled(next: next)
        case .close(let code, _):
            leave(.answer(code))
            return .refused
        case .failure(let failure):
            leave(.failure(failure))
            return .refused
        }
    }

    /// Why the topic does not take a message.
    @inline(always)
    private func refusal(of kind: WebSocket.MessageKind) -> TopicSubscriber.Refusal? {
        switch subscriber {
        case .some(let subscriber): subscriber.value.refusal(of: kind)
        case nil: nil
        }
    }

    @inline(never)
    private mutating func owePong(_ payload: WebSocket.Payload, _ input: Span<UInt8>) {
        if pongs.count > Limit.webSocketPongBytes { pongs.removeAll() }
        WebSocket.FrameWriter.write(.pong, payload, from: input, to: &pongs)
    }

    /// Takes up no more; what has not arrived whole is forgotten.
    @inline(never)
    private mutating func leave(_ farewell: Farewell) {
        self.farewell = farewell
        isAtEnd = false
        body.releaseStorage()
    }

    // MARK: payloads that arrive in pieces

    /// Messages begin and end here without a word to the core.
    mutating func begin(_ message: Message, key: Span<UInt8>) {
        preconditionFailure("a message of WebSocket has no head")
    }

    @inline(always)
    var isReceiving: Bool { (isAtEnd || receiver.isMidMessage) && farewell == nil && !isLast }

    func keepsPayload(of stream: UInt32) -> Bool { true }

    mutating func keep(_ payload: Span<UInt8>, of stream: UInt32) {
        body.append(payload, masked: mask)
    }

    mutating func oweContinue(_ stream: UInt32, isClear: Bool, output: inout ByteQueue) {
        preconditionFailure("no peer of WebSocket waits to be told to go on")
    }

    @inline(always)
    mutating func take(_ stream: UInt32, body taken: inout ByteQueue) -> Message {
        swap(&taken, &body)
        let route: Route
        switch subscriber {
        case .some(let subscriber): route = subscriber.value.route
        case nil: route = .echo
        }
        return Message(
            route: route, shape: kind == .text ? [.framedBySession, .text] : .framedBySession)
    }

    @inline(always)
    mutating func putBack(_ body: inout ByteQueue) {
        // What comes next is most often there already, and needs as much.
        body.keepLittle()
        swap(&self.body, &body)
    }

    @inline(always)
    var holding: Int { body.count }

    // MARK: replies

    @inline(always)
    var isOrdered: Bool { true }

    @inline(always)
    mutating func reply(
        _ content: Content, to message: Message, body: Span<UInt8>, writer: inout ReplyWriter,
        output: inout ByteQueue
    ) {
        if case .request = content.payload { frame(body, message, output: &output) }
        if message.shape.contains(.last) { leave(.goingAway) }
    }

    @inline(always)
    private func frame(_ payload: Span<UInt8>, _ message: Message, output: inout ByteQueue) {
        WebSocket.FrameWriter.write(
            message.shape.contains(.text) ? .text : .binary, payload, to: &output)
    }

    mutating func passedOn(_ message: Message) {
        if message.shape.contains(.last) { leave(.goingAway) }
    }

    mutating func returned(_ message: Message, isYoungest: Bool) {}

    mutating func reply(
        _ item: inout WorkItem, isLastOfAll: Bool, writer: inout ReplyWriter,
        output: inout ByteQueue
    ) {
        guard let message = item.message else { preconditionFailure("an item without a message") }
        if case .published = message.route { return }
        frame(item.output.bytes, message, output: &output)
    }

    mutating func hold(_ message: Message, until due: Instant) {
        preconditionFailure("an echo is due at once")
    }

    @inline(always)
    var isMidReply: Bool { false }
    var framing: MessageFraming { .webSocket }

    @inline(always)
    var mayProduce: Bool { owes || subscriber != nil }

    @inline(always)
    var due: Instant {
        if farewell != nil || isLast { return .distantFuture }
        switch subscriber {
        case .some(let subscriber): return subscriber.value.due
        case nil: return .distantFuture
        }
    }

    @inline(never)
    mutating func produce(
        at now: Instant, isClear: Bool, writer: inout ReplyWriter, output: inout ByteQueue
    ) {
        output.append(pongs.bytes)
        pongs.releaseStorage()
        if subscriber != nil, farewell == nil, !isLast,
            !subscriber!.value.makeEvents(at: now, writer: &writer, to: &output)
        {
            leave(.noRoom)
        }
        guard isClear, let farewell else { return }
        self.farewell = nil
        isLast = true
        switch farewell {
        case .answer(let code): WebSocket.FrameWriter.writeClose(code, to: &output)
        case .failure(let failure): WebSocket.FrameWriter.writeClose(failure, to: &output)
        case .goingAway: WebSocket.FrameWriter.writeClose(.goingAway, to: &output)
        case .late:
            WebSocket.FrameWriter.writeClose(
                .policyViolation, reason: "the message took too long", to: &output)
        case .noRoom:
            WebSocket.FrameWriter.writeClose(
                .tryAgainLater, reason: "no room for the message", to: &output)
        case .refused(let refusal):
            WebSocket.FrameWriter.writeClose(refusal.code, reason: refusal.reason, to: &output)
        }
    }

    // MARK: the state of the connection

    @inline(always)
    func mayParse(unsent: Int, withWorkers: Int) -> Bool {
        farewell == nil && !isLast && !isLookingForTopic && withWorkers <= Limit.unsentBytes
            && unsent <= Limit.unsentBytes
    }

    /// Nothing can be published before it is found.
    @inline(always)
    private var isLookingForTopic: Bool {
        switch subscriber {
        case .some(let subscriber): !subscriber.value.isKnown
        case nil: false
        }
    }

    /// What waits to be parsed is a part of a frame.
    var isMidMessage: Bool { true }

    @inline(always)
    var owes: Bool { farewell != nil || !pongs.isEmpty }

    /// Behind a Close frame nothing means anything (RFC 6455 §1.4).
    @inline(always)
    var dropsInput: Bool { farewell != nil || isLast }

    mutating func reject(_ reason: Rejection, stream: UInt32, input: Span<UInt8>) {
        switch reason {
        case .timedOut: leave(.late)
        case .noRoomForBody: leave(.noRoom)
        }
    }

    mutating func end() {
        if !dropsInput { leave(.goingAway) }
        body.releaseStorage()
    }

    mutating func noteStop(isClear: Bool, owes: Bool, expects: Bool, output: inout ByteQueue) {
        // What has begun to arrive is the last, and an idle connection is ended by the drain.
        if dropsInput || expects || isReceiving || !owes { return }
        leave(.goingAway)
    }
}
