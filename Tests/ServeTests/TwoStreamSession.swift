import Basis
import Platform
import Secure
import Wire

@testable import Serve

/// A protocol of two streams, as small as one can be that does what HTTP/2 will: replies leave in
/// either order and are framed by the session, a peer gives credit for them, resets streams and
/// pings, and a stop is told before the end.
///
/// A frame is a stream (`1`, `2`, or `0` for the connection), a kind, the length of what follows in
/// two hexadecimal digits, and that. The peer sends `Q` (a request: the path), `B` (a piece of its
/// payload), `E` (its end), `W` (credit for so many decimal bytes), `X` (reset) and `P` (a ping);
/// the server `H` (a reply begins: its status), `D` (data), `F` (the reply's end), `P` and `G` (no
/// more requests).
struct TwoStreamSession: RecognisableSession, ~Copyable {
    /// The state of one stream.
    private struct Stream: ~Copyable {
        var message: Message?
        var isReceiving = false
        var body = ByteQueue()
        var due: Instant?
        /// Data that has been made and waits for credit.
        var data = ByteQueue()
        var source = ReplySource()
        var isReplying = false
        var credit = 100
        /// How often the stream was reset while a worker had a message of it.
        var abandoned = 0
    }

    private var first = Stream()
    private var second = Stream()
    private var withWorkers = 0
    private var isOver = false
    private var isBroken = false
    private var isStopping = false

    static var name: ApplicationProtocol { .http2 }
    static func makeScratch(_ options: ServerOptions) -> Int { 0 }

    static func recognises(_ input: Span<UInt8>) -> Bool? {
        let preface = Array("TWO\n".utf8)
        for index in 0..<min(input.count, preface.count) where input[index] != preface[index] {
            return false
        }
        return input.count < preface.count ? nil : true
    }

    init(_ facts: OpeningFacts) {}

    private mutating func with<Result>(
        _ stream: UInt32, _ body: (inout Stream) -> Result
    ) -> Result {
        stream == 1 ? body(&first) : body(&second)
    }

    private static func frame(
        _ stream: UInt32, _ kind: String, _ bytes: [UInt8], _ output: inout ByteQueue
    ) {
        let digits = String(bytes.count, radix: 16)
        let head = "\(stream)\(kind)\(digits.count < 2 ? "0" : "")\(digits)"
        output.append(Array(head.utf8).span)
        output.append(bytes.span)
    }

    mutating func next(
        _ input: Span<UInt8>, from offset: Int, bodyLimit: UInt64, scratch: inout Int,
        output: inout ByteQueue
    ) -> Step {
        let rest = input.extracting(droppingFirst: offset)
        // The preface is four bytes as well, of a kind that no frame has.
        guard rest.count >= 4 else { return .needMore }
        let head = String(decoding: (0..<4).map { rest[$0] }, as: UTF8.self)
        if head == "TWO\n" { return .handled(next: offset + 4) }
        guard let stream = UInt32(head.prefix(1)), stream <= 2,
            let count = Int(head.suffix(2), radix: 16)
        else {
            isBroken = true
            return .refused
        }
        guard rest.count >= 4 + count else { return .needMore }
        let range = (offset + 4)..<(offset + 4 + count)
        let text = String(decoding: range.map { input[$0] }, as: UTF8.self)
        switch head.dropFirst().prefix(1) {
        case "Q":
            var message = Message(route: Self.route(text))
            message.stream = stream
            message.shape = .framedBySession
            if message.route.wantsBody {
                return .begins(
                    message, beside: 0..<0, length: 0, awaitsContinue: false, next: range.upperBound
                )
            }
            return .message(message, beside: 0..<0, next: range.upperBound)
        case "B": return .payload(range, stream: stream, next: range.upperBound)
        case "E":
            if !with(stream, { $0.isReceiving }) { return .handled(next: range.upperBound) }
            return .ends(stream: stream, next: range.upperBound)
        case "W": with(stream) { $0.credit += Int(text) ?? 0 }
        case "X": reset(stream)
        case "P": Self.frame(0, "P", Array(text.utf8), &output)
        default:
            isBroken = true
            return .refused
        }
        return .handled(next: range.upperBound)
    }

    private static func route(_ path: String) -> Route {
        switch path {
        case "/plaintext": .plaintext
        case "/echo": .echo
        case "/long": .bytes(1_000)
        case "/wait": .wait(.milliseconds(5))
        default: .notFound
        }
    }

    private mutating func reset(_ number: UInt32) {
        with(number) { stream in
            let abandoned = stream.abandoned + (stream.message == nil ? 0 : 1)
            let isHere = stream.due != nil || stream.isReceiving || stream.isReplying
            stream = Stream()
            stream.abandoned = isHere ? 0 : abandoned
        }
    }

    mutating func begin(_ message: Message, key: Span<UInt8>) {
        with(message.stream) {
            $0.message = message
            $0.isReceiving = true
        }
    }

    var isReceiving: Bool { false }

    func keepsPayload(of stream: UInt32) -> Bool {
        stream == 1 ? first.isReceiving : second.isReceiving
    }

    mutating func keep(_ payload: Span<UInt8>, of stream: UInt32) {
        if stream == 1 { first.body.append(payload) } else { second.body.append(payload) }
    }

    mutating func oweContinue(_ stream: UInt32, isClear: Bool, output: inout ByteQueue) {}

    mutating func take(_ stream: UInt32, body: inout ByteQueue) -> Message {
        with(stream) {
            $0.isReceiving = false
            swap(&body, &$0.body)
            return $0.message.take()!
        }
    }

    mutating func putBack(_ body: inout ByteQueue) {}

    var holding: Int {
        first.body.count + second.body.count + first.data.count + second.data.count
    }

    var isOrdered: Bool { false }

    mutating func reply(
        _ content: Content, to message: Message, body: Span<UInt8>, writer: inout ReplyWriter,
        output: inout ByteQueue
    ) {
        var made = ByteQueue()
        let head = writer.writePayload(content, answering: message, body: body, to: &made)
        start(head, made.bytes, on: message.stream, &output)
    }

    private mutating func start(
        _ head: ReplyHead, _ data: Span<UInt8>, on number: UInt32, _ output: inout ByteQueue
    ) {
        Self.frame(number, "H", Array("\(head.status.code)".utf8), &output)
        if number == 1 { first.data.append(data) } else { second.data.append(data) }
        with(number) {
            $0.source = head.source
            $0.isReplying = true
            $0.message = nil
        }
        emit(number, &output)
    }

    /// Frames of data, as far as the peer's credit goes.
    private mutating func emit(_ number: UInt32, _ output: inout ByteQueue) {
        with(number) { stream in
            while stream.isReplying {
                if stream.data.isEmpty, !stream.source.isEmpty {
                    stream.source.make(into: &stream.data)
                }
                if stream.data.isEmpty {
                    Self.frame(number, "F", [], &output)
                    stream.isReplying = false
                    return
                }
                let count = min(stream.credit, stream.data.count, 200)
                if count == 0 { return }
                Self.frame(number, "D", stream.data.copy(count), &output)
                stream.data.consume(count)
                stream.credit -= count
            }
        }
    }

    mutating func passedOn(_ message: Message) {
        withWorkers += 1
        with(message.stream) { $0.message = message }
    }

    mutating func returned(_ message: Message, isYoungest: Bool) { withWorkers -= 1 }

    mutating func reply(
        _ item: inout WorkItem, isLastOfAll: Bool, writer: inout ReplyWriter,
        output: inout ByteQueue
    ) {
        let stream = item.message!.stream
        if with(stream, { $0.abandoned }) > 0 {
            with(stream) { $0.abandoned -= 1 }
            return
        }
        start(item.head, item.output.bytes, on: stream, &output)
    }

    mutating func hold(_ message: Message, until due: Instant) {
        with(message.stream) {
            $0.message = message
            $0.due = due
        }
    }

    var isMidReply: Bool { false }

    var mayProduce: Bool {
        first.isReplying || second.isReplying || first.due != nil || second.due != nil
            || isStopping
    }

    mutating func produce(
        at now: Instant, isClear: Bool, writer: inout ReplyWriter, output: inout ByteQueue
    ) {
        for number in [1, 2] as [UInt32] {
            if let due = with(number, { $0.due }), due <= now {
                with(number) { $0.due = nil }
                let message = with(number) { $0.message! }
                reply(
                    Responder.late(message), to: message, body: Span(), writer: &writer,
                    output: &output)
            }
            emit(number, &output)
        }
        if isStopping, !owes, withWorkers == 0 { isOver = true }
    }

    /// Credit must be read however much waits.
    func mayParse(unsent: Int, withWorkers: Int) -> Bool { !isOver && !isBroken }

    var isMidMessage: Bool { true }

    var owes: Bool {
        first.isReplying || second.isReplying || first.due != nil || second.due != nil
            || first.isReceiving || second.isReceiving
    }

    var isLast: Bool { isOver || isBroken }
    var dropsInput: Bool { isBroken }

    mutating func reject(_ reason: Rejection, stream: UInt32, input: Span<UInt8>) {
        if stream == 0 { isBroken = true } else { reset(stream) }
    }

    mutating func end() { isOver = true }

    mutating func noteStop(isClear: Bool, owes: Bool, expects: Bool, output: inout ByteQueue) {
        Self.frame(0, "G", [], &output)
        isStopping = true
    }
}

extension ByteQueue {
    /// The first `count` bytes.
    fileprivate func copy(_ count: Int) -> [UInt8] {
        let all = bytes
        return (0..<count).map { all[$0] }
    }
}
