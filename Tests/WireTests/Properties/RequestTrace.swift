import Basis
import Wire

/// What a server makes of a connection's bytes, whatever pieces they came in.
struct RequestTrace: Equatable, CustomStringConvertible {
    enum Step: Equatable {
        case head(String)
        /// All payload of one message.
        case body([UInt8])
        case end
        case refuse(HTTP1.Refusal)
    }

    private(set) var steps: [Step] = []
    /// Set when a reply written for one of the requests did not read back as that reply.
    private(set) var badReply: String?

    /// - Parameters:
    ///   - cuts: where a piece ends and the next one begins, in any order.
    ///   - keepsConsumed: leave consumed bytes before the rest, as a ring buffer's owner may.
    init(
        _ bytes: [UInt8], cuts: [Int] = [], keepsConsumed: Bool = false,
        bodyLimit: UInt64 = HTTP1.Limit.bodyBytes
    ) {
        var parser = HTTP1.RequestParser()
        var head = HTTP1.RequestHead()
        var pending: [UInt8] = []
        var at = 0
        var start = 0
        for cut in cuts.sorted() + [bytes.count] {
            pending += bytes[start..<cut]
            start = cut
            var isDry = false
            while !isDry {
                switch parser.next(pending.span, from: at, into: &head, bodyLimit: bodyLimit) {
                case .needMore:
                    isDry = true
                case .head(let end):
                    steps.append(.head(describe(head, in: pending.span)))
                    badReply = badReply ?? replyFault(to: head)
                    at = end
                case .body(let lower, let upper, let next):
                    add(Array(pending[lower..<upper]))
                    at = next
                case .endOfBody(let next):
                    steps.append(.end)
                    at = next
                case .refuse(let refusal):
                    steps.append(.refuse(refusal))
                    return
                }
            }
            if !keepsConsumed {
                pending.removeFirst(at)
                at = 0
            }
        }
    }

    private mutating func add(_ payload: [UInt8]) {
        if case .body(let sofar)? = steps.last {
            steps[steps.count - 1] = .body(sofar + payload)
        } else {
            steps.append(.body(payload))
        }
    }

    var heads: [String] {
        steps.compactMap { step in if case .head(let text) = step { text } else { nil } }
    }

    var refusal: HTTP1.Refusal? {
        if case .refuse(let refusal)? = steps.last { refusal } else { nil }
    }

    var description: String { steps.map { "\($0)" }.joined(separator: "; ") }
}

/// Every property of `head` in one line.
func describe(_ head: HTTP1.RequestHead, in span: Span<UInt8>) -> String {
    func text(_ run: HTTP1.Run) -> String {
        let bytes = run.bytes(of: span)
        return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
    var words = ["\(head.method)", text(head.target), "\(head.version)"]
    if head.path != head.target { words.append("path=\(text(head.path))") }
    if !head.query.isEmpty { words.append("query=\(text(head.query))") }
    words.append(head.keepAlive ? "keep" : "close")
    if head.framing != .none { words.append("\(head.framing)") }
    if head.expectsContinue { words.append("expects") }
    if !head.hasHost { words.append("hostless") }
    if head.offersWebSocket { words.append("websocket") }
    if head.offersHTTP2 { words.append("h2c") }
    if !head.contentType.isEmpty { words.append("type=\(text(head.contentType))") }
    if !head.idempotencyKey.isEmpty { words.append("key=\(text(head.idempotencyKey))") }
    if !head.webSocketKey.isEmpty { words.append("wskey=\(text(head.webSocketKey))") }
    if !head.webSocketVersion.isEmpty { words.append("wsversion=\(text(head.webSocketVersion))") }
    return words.joined(separator: " ")
}

/// Writes a whole and a streamed reply to `head`, reads them as the client does, and says what
/// differs.
func replyFault(to head: HTTP1.RequestHead) -> String? {
    let payload = Array("Hello, World!".utf8)
    let date = HTTPDate(unixSeconds: 784_111_777)
    for streams in [false, true] {
        var encoder = HTTP1.ReplyEncoder(answering: head)
        var output = ByteQueue()
        if streams {
            encoder.beginHead(.ok, date: date, to: &output)
            encoder.endHead(.stream, to: &output)
            encoder.writePiece(payload.span, to: &output)
            encoder.writePiece([UInt8]().span, to: &output)
            encoder.endStream(to: &output)
        } else {
            encoder.write(
                .ok, contentType: "text/plain", content: payload.span, date: date, to: &output)
        }
        var parser = HTTP1.ResponseParser(answersHead: head.method == .head)
        let event = parser.next(output.bytes, from: 0)
        let response: HTTP1.Response
        switch (event, parser.close()) {
        case (.complete(let whole, let next), .idle) where next == output.count:
            response = whole
        case (.needMore(let keepFrom), .complete(let whole)) where keepFrom == output.count:
            response = whole
        case (_, let close):
            return "reply (stream: \(streams)) reads as \(event), then \(close)"
        }
        if response.keepAlive != encoder.keepAlive { return "the two sides differ on keep-alive" }
        if response.bodyBytes != (head.method == .head ? 0 : UInt64(payload.count)) {
            return "a payload of \(response.bodyBytes) bytes came back"
        }
    }
    return nil
}
