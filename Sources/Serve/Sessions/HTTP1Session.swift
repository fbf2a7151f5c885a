// Hot path
import Basis
import Secure
import Wire

/// HTTP/1.1: one message after the other, replies in their order (RFC 9112 §9.3).
struct HTTP1Session: Session, ~Copyable {
    private var parser = HTTP1.RequestParser()
    /// The message whose payload is arriving, or whose reply is held back: nothing is parsed behind
    /// it, so there is one at most.
    private var message: Message?
    /// The idempotency key and the payload of `message`; what accepts an upgrade, once one waits.
    private var body = ByteQueue()
    /// What is still to be made of the current reply.
    private var source = ReplySource()
    /// The current reply, while it is made of events.
    private var events: Boxed<EventReply>?
    /// The reply to `message`, which is held back. Replies before it may still be with workers.
    private var held = ReplySource()
    /// What is said when the replies before it are out.
    private var lastWord: LastWord?
    /// What is refused is a HEAD.
    private var refusesHead = false
    private(set) var isLast = false
    /// The peer is to be told to send its payload, once the replies before are out.
    private var owesContinue = false
    /// A worker has a message whose reply may have to wait for its time.
    private var awaitsDelay = false
    /// The last reply of those with workers is to say that the connection ends.
    private var tellsEnd = false

    /// What ends HTTP/1.1 on the connection: nothing is parsed behind it.
    private enum LastWord: BitwiseCopyable {
        case refusal(HTTP1.Refusal)
        /// 101, and then WebSocket. If it is to be subscribed to a topic, that one's name waits
        /// behind what accepts.
        case upgrade(messageLimit: UInt32)
        /// 101 has been said.
        case upgraded(messageLimit: UInt32)
    }

    @inline(always)
    init(_ facts: OpeningFacts) {}

    static func makeScratch(_ options: ServerOptions) -> HTTP1.RequestHead { HTTP1.RequestHead() }

    @inline(always)
    mutating func next(
        _ input: Span<UInt8>, from offset: Int, bodyLimit: UInt64,
        scratch head: inout HTTP1.RequestHead, output: inout ByteQueue
    ) -> Step {
        switch parser.next(input, from: offset, into: &head, bodyLimit: bodyLimit) {
        case .needMore: return .needMore
        case .head(let end):
            var route = Route(
                head.method, path: head.path.bytes(of: input), query: head.query.bytes(of: input))
            var key = route.wantsKey ? head.idempotencyKey.range : 0..<0
            if route.isUnfinished, upgrades(head, input, bodyLimit, orFinds: &route, key: &key) {
                return .handled(next: end)
            }
            var shape: ReplyShape = []
            if head.method == .head { shape.insert(.headOnly) }
            if head.version == .http10 { shape.insert(.http10) }
            if !head.keepAlive { shape.insert(.last) }
            let message = Message(
                // A head is shorter than this can count.
                route: route, keyCount: UInt16(truncatingIfNeeded: key.count), shape: shape)
            if head.framing == .none { return .message(message, beside: key, next: end) }
            return .begins(
                message, beside: key, length: head.framing.knownLength,
                awaitsContinue: head.expectsContinue, next: end)
        case .body(let start, let end, let next):
            return .payload(start..<end, stream: 0, next: next)
        case .endOfBody(let next): return .ends(stream: 0, next: next)
        case .refuse(let refusal):
            refuse(refusal, input, from: offset)
            return .refused
        }
    }

    @inline(never)
    private mutating func refuse(_ refusal: HTTP1.Refusal, _ input: Span<UInt8>, from offset: Int) {
        refusesHead =
            message?.shape.contains(.headOnly) ?? HTTP1.saysHead(input, from: offset)
        lastWord = .refusal(refusal)
    }

    /// Looks at the rest of a request whose route asks for it. Whether it gets the WebSocket that
    /// it wants: behind it the connection speaks another protocol. Else `route` says what is wrong
    /// with it, or `key` where the name of its topic lies.
    @inline(never)
    private mutating func upgrades(
        _ head: borrowing HTTP1.RequestHead, _ input: Span<UInt8>, _ bodyLimit: UInt64,
        orFinds route: inout Route, key: inout Range<Int>
    ) -> Bool {
        var name = 0..<0
        switch route {
        case .webSocketTopic(let place):
            name = place.range(behind: head.path.range.lowerBound)
            guard TopicName(input.extracting(name)) != nil else {
                route = .badParameter(.events)
                return false
            }
        case .subscribe(var subscription, let place):
            subscription.noteLastEventID(head.lastEventID.bytes(of: input))
            route = .subscribe(subscription, place)
            key = place.range(behind: head.query.range.lowerBound)
            return false
        case .publish(let place):
            key = place.range(behind: head.path.range.lowerBound)
            return false
        default: break
        }
        // What a GET would be answered (RFC 9110 §9.3.2).
        if head.method == .head { return false }
        switch WebSocket.ServerHandshake.judge(head, in: input) {
        case .refuse(let refusal):
            route = .webSocket(refusal)
            return false
        case .accept(let acceptance):
            body.append(acceptance.span)
            body.append(input.extracting(name))
            lastWord = .upgrade(messageLimit: UInt32(clamping: bodyLimit))
            return true
        }
    }

    /// Sec-WebSocket-Accept, as it waits in `body`.
    private var acceptance: InlineArray<28, UInt8> {
        let waiting = body.bytes
        return InlineArray { waiting[$0] }
    }

    /// What is spoken from now on, once HTTP/1.1 is over.
    mutating func takeSuccessor() -> WebSocketSession? {
        guard case .upgraded(let messageLimit) = lastWord else { return nil }
        body.consume(acceptance.count)
        var name = ByteQueue()
        swap(&name, &body)
        return WebSocketSession(messageLimit: messageLimit, topic: name)
    }

    // MARK: payloads that arrive in pieces

    mutating func begin(_ message: Message, key: Span<UInt8>) {
        self.message = message
        body.append(key)
    }

    @inline(always)
    var isReceiving: Bool { message != nil && held.isEmpty }

    func keepsPayload(of stream: UInt32) -> Bool { message?.route.wantsBody == true }

    mutating func keep(_ payload: Span<UInt8>, of stream: UInt32) { body.append(payload) }

    mutating func oweContinue(_ stream: UInt32, isClear: Bool, output: inout ByteQueue) {
        // Interim replies have an order like all others (RFC 9110 §15.2).
        if isClear {
            HTTP1.ReplyEncoder.writeContinue(to: &output)
        } else {
            owesContinue = true
        }
    }

    mutating func take(_ stream: UInt32, body taken: inout ByteQueue) -> Message {
        guard let whole = message.take() else {
            preconditionFailure("a body ended that no head began")
        }
        owesContinue = false
        swap(&taken, &body)
        return whole
    }

    mutating func putBack(_ body: inout ByteQueue) {
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
        let left = writer.write(content, answering: message, body: body, to: &output)
        if left > 0 { source = ReplySource(left: left) }
        if message.shape.contains(.last) { isLast = true }
    }

    mutating func passedOn(_ message: Message) {
        awaitsDelay = message.route.mayDelay
        // Behind a last message nothing is parsed, even while its reply is still being made.
        if message.shape.contains(.last) { isLast = true }
    }

    mutating func returned(_ message: Message, isYoungest: Bool) {
        // A message that might have been delayed was the last one taken up.
        if isYoungest { awaitsDelay = false }
    }

    mutating func reply(
        _ item: inout WorkItem, isLastOfAll: Bool, writer: inout ReplyWriter,
        output: inout ByteQueue
    ) {
        if tellsEnd, isLastOfAll, held.isEmpty, let shape = item.message?.shape {
            HTTP1.ReplyEncoder(shape).append(item.output.bytes, endingConnectionIn: &output)
        } else {
            output.append(item.output.bytes)
        }
        source = item.head.source
    }

    mutating func hold(_ message: Message, until due: Instant) {
        self.message = message
        if tellsEnd { self.message?.shape.insert(.last) }
        held = ReplySource(due: due)
    }

    @inline(always)
    var isMidReply: Bool { !source.isEmpty }
    var framing: MessageFraming { .http1Replies }

    @inline(always)
    var mayProduce: Bool { !source.isEmpty || !held.isEmpty || lastWord != nil || owesContinue }

    @inline(never)
    mutating func produce(
        at now: Instant, isClear: Bool, writer: inout ReplyWriter, output: inout ByteQueue
    ) {
        if source.isEvents {
            makeEvents(at: now, writer: &writer, output: &output)
            return
        }
        if !source.isEmpty {
            source.make(into: &output)
            return
        }
        guard isClear else { return }
        if !held.isEmpty {
            guard held.due <= now, let due = message.take() else { return }
            held = ReplySource()
            if begins(due, at: now, writer: &writer, output: &output) { return }
            let nothing = ByteQueue()
            reply(
                Responder.late(due), to: due, body: nothing.bytes, writer: &writer, output: &output)
        } else if let lastWord {
            say(lastWord, writer: &writer, output: &output)
        } else if owesContinue {
            owesContinue = false
            HTTP1.ReplyEncoder.writeContinue(to: &output)
        }
    }

    private mutating func say(
        _ word: LastWord, writer: inout ReplyWriter, output: inout ByteQueue
    ) {
        switch word {
        case .refusal(let refusal):
            lastWord = nil
            isLast = true
            writer.write(refusal, toHead: refusesHead, to: &output)
        case .upgrade(let messageLimit):
            lastWord = .upgraded(messageLimit: messageLimit)
            WebSocket.ServerHandshake.write(
                acceptance: acceptance, date: writer.date, to: &output)
        case .upgraded: break
        }
    }

    // MARK: events

    /// Whether the reply to a message that was held back is made of events, and begins now.
    private mutating func begins(
        _ message: Message, at now: Instant, writer: inout ReplyWriter, output: inout ByteQueue
    ) -> Bool {
        guard let made = EventSource(of: message, at: now, feed: &writer.feed) else { return false }
        var reply = EventReply(encoder: HTTP1.ReplyEncoder(message.shape), source: made)
        if message.shape.contains(.last) { isLast = true }
        if !made.isBatch || message.shape.contains(.headOnly) {
            reply.begin(.stream, writer.date, to: &output)
        }
        // What HEAD is answered ends here.
        if message.shape.contains(.headOnly) { return true }
        source = ReplySource(eventsDue: made.due)
        events = Boxed(reply)
        makeEvents(at: now, writer: &writer, output: &output)
        return true
    }

    private mutating func makeEvents(
        at now: Instant, writer: inout ReplyWriter, output: inout ByteQueue
    ) {
        guard var reply = events.take() else { preconditionFailure("events without a source") }
        reply.value.make(at: now, writer: &writer, to: &output)
        if reply.value.source.isOver {
            source = ReplySource()
            if !reply.value.encoder.keepAlive { isLast = true }
        } else {
            source = ReplySource(eventsDue: reply.value.source.due)
            events = consume reply
        }
    }

    mutating func endEvents() {
        guard var reply = events.take() else { return }
        reply.value.source.end()
        source = ReplySource(eventsDue: reply.value.source.due)
        events = consume reply
    }

    @inline(always)
    var due: Instant { source.isEvents ? source.due : .distantFuture }

    // MARK: the state of the connection

    @inline(always)
    func mayParse(unsent: Int, withWorkers: Int) -> Bool {
        source.isEmpty && held.isEmpty && !isLast && !awaitsDelay && lastWord == nil
            && withWorkers <= Limit.unsentBytes && unsent <= Limit.unsentBytes
    }

    @inline(always)
    var isMidMessage: Bool { parser.isMidMessage }

    @inline(always)
    var owes: Bool { !source.isEmpty || !held.isEmpty || lastWord != nil }

    @inline(always)
    var dropsInput: Bool {
        if case .refusal = lastWord { true } else { false }
    }

    mutating func reject(_ reason: Rejection, stream: UInt32, input: Span<UInt8>) {
        switch reason {
        case .timedOut: refuse(.timedOut, input, from: 0)
        case .noRoomForBody:
            message = nil
            body.releaseStorage()
            owesContinue = false
            lastWord = .refusal(.noRoomForBody)
        }
    }

    mutating func end() {
        isLast = true
        body.releaseStorage()
    }

    mutating func noteStop(isClear: Bool, owes: Bool, expects: Bool, output: inout ByteQueue) {
        if isLast || lastWord != nil || expects { return }
        if !held.isEmpty {
            message?.shape.insert(.last)
        } else if message != nil {
            return
        }
        endEvents()
        tellsEnd = !isClear
        isLast = owes
    }
}
