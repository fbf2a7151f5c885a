import Basis
import Secure
import Wire

/// A session that can be told from HTTP/1.1: by the name that both ends agreed on while they opened
/// the stream, or by the first bytes.
protocol RecognisableSession: Session, ~Copyable {
    static var name: ApplicationProtocol { get }

    /// Whether a connection that begins with these bytes speaks it; nil while that is open.
    static func recognises(_ input: Span<UInt8>) -> Bool?
}

/// HTTP/1.1, one other protocol, or the WebSocket that HTTP/1.1 becomes, as the peer chooses.
///
/// HTTP/1.1 lies in place and the others beside it: a change through the payload of an enum that
/// can't be copied moves all of it out and back (Swift 6.3). So what is large lives behind a
/// pointer of its own.
struct NegotiatedSession<Other: RecognisableSession & ~Copyable>: Session, ~Copyable {
    private var http1: HTTP1Session
    // Here it costs no more than padding.
    private var choice: Choice
    private var other: Other?
    private var webSocket: Boxed<WebSocketSession>?

    private enum Choice: UInt8, BitwiseCopyable {
        /// The first bytes have not told yet; HTTP/1.1 speaks for them.
        case open
        case http1
        case other
        case webSocket

        @inline(always)
        var isHTTP1: Bool { rawValue <= Self.http1.rawValue }
    }

    struct Scratch: ~Copyable {
        var http1: HTTP1Session.Scratch
        var other: Other.Scratch
    }

    static func makeScratch(_ options: ServerOptions) -> Scratch {
        Scratch(
            http1: HTTP1Session.makeScratch(options), other: Other.makeScratch(options))
    }

    init(_ facts: OpeningFacts) {
        http1 = HTTP1Session(facts)
        switch facts.application {
        case nil: choice = .open
        case Other.name: choice = .other
        default: choice = .http1
        }
        other = choice == .other ? Other(facts) : nil
    }

    /// What most connections speak costs one comparison.
    @inline(always)
    private borrowing func ask<Result>(
        _ http1: @autoclosure () -> Result, _ other: (borrowing Other) -> Result,
        _ webSocket: (borrowing Boxed<WebSocketSession>) -> Result
    ) -> Result {
        if choice.isHTTP1 { return http1() }
        return Self.ask(self.other, other, self.webSocket, webSocket)
    }

    /// Out of the way of HTTP/1.1. It is given the two sessions and not `self`, which Swift 6.3
    /// would copy whole before every question, whoever is asked.
    @inline(never)
    private static func ask<Result>(
        _ other: borrowing Other?, _ ofOther: (borrowing Other) -> Result,
        _ webSocket: borrowing Boxed<WebSocketSession>?,
        _ ofWebSocket: (borrowing Boxed<WebSocketSession>) -> Result
    ) -> Result {
        switch other {
        case .some(let session): return ofOther(session)
        case nil: break
        }
        switch webSocket {
        case .some(let session): return ofWebSocket(session)
        case nil: preconditionFailure("one of them was chosen")
        }
    }

    @inline(always)
    private mutating func tell<Result>(
        _ http1: (inout HTTP1Session) -> Result, _ other: (inout Other) -> Result,
        _ webSocket: (inout Boxed<WebSocketSession>) -> Result
    ) -> Result {
        if choice.isHTTP1 { return http1(&self.http1) }
        return choice == .other ? other(&self.other!) : tellWebSocket(webSocket)
    }

    @inline(never)
    private mutating func tellWebSocket<Result>(
        _ order: (inout Boxed<WebSocketSession>) -> Result
    ) -> Result { order(&webSocket!) }

    @inline(always)
    mutating func next(
        _ input: Span<UInt8>, from offset: Int, bodyLimit: UInt64, scratch: inout Scratch,
        output: inout ByteQueue
    ) -> Step {
        if choice == .http1 {
            return http1.next(
                input, from: offset, bodyLimit: bodyLimit, scratch: &scratch.http1,
                output: &output)
        }
        return chooseNext(
            input, from: offset, bodyLimit: bodyLimit, scratch: &scratch, output: &output)
    }

    @inline(never)
    private mutating func chooseNext(
        _ input: Span<UInt8>, from offset: Int, bodyLimit: UInt64, scratch: inout Scratch,
        output: inout ByteQueue
    ) -> Step {
        if choice == .open {
            guard let isOther = Other.recognises(input.extracting(droppingFirst: offset)) else {
                return .needMore
            }
            choice = isOther ? .other : .http1
            if isOther { other = Other(OpeningFacts()) }
        }
        if choice == .http1 {
            return http1.next(
                input, from: offset, bodyLimit: bodyLimit, scratch: &scratch.http1,
                output: &output)
        }
        if choice == .other {
            return other!.next(
                input, from: offset, bodyLimit: bodyLimit, scratch: &scratch.other,
                output: &output)
        }
        return webSocket!.next(
            input, from: offset, bodyLimit: bodyLimit, scratch: &scratch.http1, output: &output)
    }

    @inline(always)
    var isReceiving: Bool { ask(http1.isReceiving, { $0.isReceiving }, { $0.isReceiving }) }
    @inline(always)
    var holding: Int { ask(http1.holding, { $0.holding }, { $0.holding }) }
    @inline(always)
    var isOrdered: Bool { ask(http1.isOrdered, { $0.isOrdered }, { $0.isOrdered }) }
    @inline(always)
    var isMidReply: Bool { ask(http1.isMidReply, { $0.isMidReply }, { $0.isMidReply }) }
    var framing: MessageFraming { ask(http1.framing, { $0.framing }, { $0.framing }) }
    @inline(always)
    var mayProduce: Bool { ask(http1.mayProduce, { $0.mayProduce }, { $0.mayProduce }) }
    @inline(always)
    var due: Instant { ask(http1.due, { $0.due }, { $0.due }) }
    @inline(always)
    var owes: Bool { ask(http1.owes, { $0.owes }, { $0.owes }) }
    @inline(always)
    var isLast: Bool { ask(http1.isLast, { $0.isLast }, { $0.isLast }) }
    @inline(always)
    var dropsInput: Bool { ask(http1.dropsInput, { $0.dropsInput }, { $0.dropsInput }) }
    /// A peer whose first bytes don't tell yet what it speaks is in the midst of them.
    var isMidMessage: Bool {
        choice == .open || ask(http1.isMidMessage, { $0.isMidMessage }, { $0.isMidMessage })
    }

    func keepsPayload(of stream: UInt32) -> Bool {
        ask(
            http1.keepsPayload(of: stream), { $0.keepsPayload(of: stream) },
            { $0.keepsPayload(of: stream) })
    }

    @inline(always)
    func mayParse(unsent: Int, withWorkers: Int) -> Bool {
        ask(
            http1.mayParse(unsent: unsent, withWorkers: withWorkers),
            { $0.mayParse(unsent: unsent, withWorkers: withWorkers) },
            { $0.mayParse(unsent: unsent, withWorkers: withWorkers) })
    }

    mutating func begin(_ message: Message, key: Span<UInt8>) {
        tell(
            { $0.begin(message, key: key) }, { $0.begin(message, key: key) },
            { $0.begin(message, key: key) })
    }

    mutating func keep(_ payload: Span<UInt8>, of stream: UInt32) {
        tell(
            { $0.keep(payload, of: stream) }, { $0.keep(payload, of: stream) },
            { $0.keep(payload, of: stream) })
    }

    mutating func oweContinue(_ stream: UInt32, isClear: Bool, output: inout ByteQueue) {
        tell(
            { $0.oweContinue(stream, isClear: isClear, output: &output) },
            { $0.oweContinue(stream, isClear: isClear, output: &output) },
            { $0.oweContinue(stream, isClear: isClear, output: &output) })
    }

    mutating func take(_ stream: UInt32, body: inout ByteQueue) -> Message {
        tell(
            { $0.take(stream, body: &body) }, { $0.take(stream, body: &body) },
            { $0.take(stream, body: &body) })
    }

    mutating func putBack(_ body: inout ByteQueue) {
        tell({ $0.putBack(&body) }, { $0.putBack(&body) }, { $0.putBack(&body) })
    }

    @inline(always)
    mutating func reply(
        _ content: Content, to message: Message, body: Span<UInt8>, writer: inout ReplyWriter,
        output: inout ByteQueue
    ) {
        tell(
            { $0.reply(content, to: message, body: body, writer: &writer, output: &output) },
            { $0.reply(content, to: message, body: body, writer: &writer, output: &output) },
            { $0.reply(content, to: message, body: body, writer: &writer, output: &output) })
    }

    @inline(always)
    mutating func reply(
        _ item: inout WorkItem, isLastOfAll: Bool, writer: inout ReplyWriter,
        output: inout ByteQueue
    ) {
        tell(
            { $0.reply(&item, isLastOfAll: isLastOfAll, writer: &writer, output: &output) },
            { $0.reply(&item, isLastOfAll: isLastOfAll, writer: &writer, output: &output) },
            { $0.reply(&item, isLastOfAll: isLastOfAll, writer: &writer, output: &output) })
    }

    @inline(always)
    mutating func passedOn(_ message: Message) {
        tell({ $0.passedOn(message) }, { $0.passedOn(message) }, { $0.passedOn(message) })
    }

    @inline(always)
    mutating func returned(_ message: Message, isYoungest: Bool) {
        tell(
            { $0.returned(message, isYoungest: isYoungest) },
            { $0.returned(message, isYoungest: isYoungest) },
            { $0.returned(message, isYoungest: isYoungest) })
    }

    @inline(always)
    mutating func hold(_ message: Message, until due: Instant) {
        tell(
            { $0.hold(message, until: due) }, { $0.hold(message, until: due) },
            { $0.hold(message, until: due) })
    }

    mutating func produce(
        at now: Instant, isClear: Bool, writer: inout ReplyWriter, output: inout ByteQueue
    ) {
        tell(
            { $0.produce(at: now, isClear: isClear, writer: &writer, output: &output) },
            { $0.produce(at: now, isClear: isClear, writer: &writer, output: &output) },
            { $0.produce(at: now, isClear: isClear, writer: &writer, output: &output) })
        if choice == .http1, let successor = http1.takeSuccessor() {
            webSocket = Boxed(successor)
            choice = .webSocket
        }
    }

    mutating func reject(_ reason: Rejection, stream: UInt32, input: Span<UInt8>) {
        tell(
            { $0.reject(reason, stream: stream, input: input) },
            { $0.reject(reason, stream: stream, input: input) },
            { $0.reject(reason, stream: stream, input: input) })
    }

    @inline(always)
    mutating func stall() -> Stall { tell({ $0.stall() }, { $0.stall() }, { $0.stall() }) }

    mutating func end() { tell({ $0.end() }, { $0.end() }, { $0.end() }) }

    mutating func endEvents() {
        tell({ $0.endEvents() }, { $0.endEvents() }, { $0.endEvents() })
    }
    mutating func notePeerEnd() {
        tell({ $0.notePeerEnd() }, { $0.notePeerEnd() }, { $0.notePeerEnd() })
    }

    mutating func noteStop(isClear: Bool, owes: Bool, expects: Bool, output: inout ByteQueue) {
        tell(
            { $0.noteStop(isClear: isClear, owes: owes, expects: expects, output: &output) },
            { $0.noteStop(isClear: isClear, owes: owes, expects: expects, output: &output) },
            { $0.noteStop(isClear: isClear, owes: owes, expects: expects, output: &output) })
    }
}
