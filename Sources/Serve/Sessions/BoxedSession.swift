import Basis
import Secure
import Wire

/// A session that lies on the heap: large ones must not make every connection large.
extension Boxed: Session where Value: Session & ~Copyable {
    static func makeScratch(_ options: ServerOptions) -> Value.Scratch {
        Value.makeScratch(options)
    }

    init(_ facts: OpeningFacts) { self.init(Value(facts)) }

    /// In a place of its own, and so is all that is long: it must not stand between the
    /// instructions of what most connections speak.
    @inline(never)
    mutating func next(
        _ input: Span<UInt8>, from offset: Int, bodyLimit: UInt64, scratch: inout Value.Scratch,
        output: inout ByteQueue
    ) -> Step {
        value.next(
            input, from: offset, bodyLimit: bodyLimit, scratch: &scratch, output: &output)
    }

    mutating func begin(_ message: Message, key: Span<UInt8>) { value.begin(message, key: key) }
    var isReceiving: Bool { value.isReceiving }
    func keepsPayload(of stream: UInt32) -> Bool { value.keepsPayload(of: stream) }
    mutating func keep(_ payload: Span<UInt8>, of stream: UInt32) {
        value.keep(payload, of: stream)
    }
    mutating func oweContinue(_ stream: UInt32, isClear: Bool, output: inout ByteQueue) {
        value.oweContinue(stream, isClear: isClear, output: &output)
    }
    mutating func take(_ stream: UInt32, body: inout ByteQueue) -> Message {
        value.take(stream, body: &body)
    }
    mutating func putBack(_ body: inout ByteQueue) { value.putBack(&body) }
    var holding: Int { value.holding }

    var isOrdered: Bool { value.isOrdered }
    @inline(never)
    mutating func reply(
        _ content: Content, to message: Message, body: Span<UInt8>, writer: inout ReplyWriter,
        output: inout ByteQueue
    ) {
        value.reply(content, to: message, body: body, writer: &writer, output: &output)
    }
    @inline(never)
    mutating func passedOn(_ message: Message) { value.passedOn(message) }
    @inline(never)
    mutating func returned(_ message: Message, isYoungest: Bool) {
        value.returned(message, isYoungest: isYoungest)
    }
    @inline(never)
    mutating func reply(
        _ item: inout WorkItem, isLastOfAll: Bool, writer: inout ReplyWriter,
        output: inout ByteQueue
    ) {
        value.reply(&item, isLastOfAll: isLastOfAll, writer: &writer, output: &output)
    }
    @inline(never)
    mutating func hold(_ message: Message, until due: Instant) { value.hold(message, until: due) }
    var isMidReply: Bool { value.isMidReply }
    var framing: MessageFraming { value.framing }
    var mayProduce: Bool {
        @inline(never)
        get { value.mayProduce }
    }
    var due: Instant {
        @inline(never)
        get { value.due }
    }
    @inline(never)
    mutating func produce(
        at now: Instant, isClear: Bool, writer: inout ReplyWriter, output: inout ByteQueue
    ) {
        value.produce(at: now, isClear: isClear, writer: &writer, output: &output)
    }

    func mayParse(unsent: Int, withWorkers: Int) -> Bool {
        value.mayParse(unsent: unsent, withWorkers: withWorkers)
    }
    var isMidMessage: Bool { value.isMidMessage }
    var owes: Bool { value.owes }
    @inline(never)
    mutating func stall() -> Stall { value.stall() }
    var isLast: Bool { value.isLast }
    var dropsInput: Bool { value.dropsInput }
    mutating func reject(_ reason: Rejection, stream: UInt32, input: Span<UInt8>) {
        value.reject(reason, stream: stream, input: input)
    }
    mutating func end() { value.end() }
    mutating func endEvents() { value.endEvents() }
    mutating func notePeerEnd() { value.notePeerEnd() }
    mutating func noteStop(isClear: Bool, owes: Bool, expects: Bool, output: inout ByteQueue) {
        value.noteStop(isClear: isClear, owes: owes, expects: expects, output: &output)
    }
}

extension Boxed: RecognisableSession where Value: RecognisableSession & ~Copyable {
    static var name: ApplicationProtocol { Value.name }
    static func recognises(_ input: Span<UInt8>) -> Bool? { Value.recognises(input) }
}
