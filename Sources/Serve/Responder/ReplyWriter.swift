import Basis
import Wire

/// Turns the responder's content into bytes: a whole HTTP/1.1 reply, or the payload alone where a
/// session frames it. One a thread: it holds the thread's copy of the current date.
struct ReplyWriter: ~Copyable {
    private(set) var date = HTTPDate(unixSeconds: 0)
    private var dateSeconds: Int64 = -1
    private var scratch = ByteQueue(capacity: 256)
    /// Where sessions read the events of topics.
    var feed: EventFeed
    /// Room for events before they are framed.
    var events = ByteQueue()

    init(feed: consuming EventFeed = EventFeed()) { self.feed = feed }

    /// Renders the date again when the second has changed.
    @inline(always)
    mutating func refreshDate(unixSeconds: Int64) {
        if unixSeconds != dateSeconds {
            dateSeconds = unixSeconds
            date = HTTPDate(unixSeconds: unixSeconds)
        }
    }

    /// Appends the reply to `output`, as HTTP/1.1 frames it. Returns how many bytes of its body are
    /// still to be made, as the peer takes them.
    ///
    /// Hot: once a request.
    /// - Parameter body: what the request brought: its idempotency key, then its payload.
    mutating func write(
        _ content: Content, answering message: Message, body: Span<UInt8>,
        to output: inout ByteQueue
    ) -> Int {
        var encoder = HTTP1.ReplyEncoder(message.shape)
        switch content.payload {
        case .request:
            encoder.write(
                content.status, contentType: Self.bytesType,
                content: body.extracting(droppingFirst: Int(message.keyCount)), date: date,
                to: &output)
        case .none, .allow:
            encoder.beginHead(content.status, date: date, to: &output)
            if let methods = content.allowed { encoder.field("Allow", methods, to: &output) }
            encoder.endHead(content.status.isBodyless ? .none : .length(0), to: &output)
        case .filler(let count):
            encoder.beginHead(content.status, date: date, to: &output)
            encoder.field("Content-Type", Self.bytesType, to: &output)
            encoder.endHead(.length(UInt64(count)), to: &output)
            if encoder.isHead { return 0 }
            var source = ReplySource(left: count)
            source.make(into: &output)
            return Int(source.left)
        case .upgrade(let refusal):
            WebSocket.ServerHandshake.write(refusal, with: &encoder, date: date, to: &output)
        default:
            let type = compose(content.payload)
            encoder.write(
                content.status, contentType: type, content: scratch.bytes, date: date, to: &output)
        }
        return 0
    }

    /// Appends only the payload to `output`, or what of it is made at once, and returns what the
    /// head must say of it.
    mutating func writePayload(
        _ content: Content, answering message: Message, body: Span<UInt8>,
        to output: inout ByteQueue
    ) -> ReplyHead {
        var head = ReplyHead(status: content.status)
        switch content.payload {
        case .request:
            head.contentType = Self.bytesType
            output.append(body.extracting(droppingFirst: Int(message.keyCount)))
        case .none, .allow:
            head.allowed = content.allowed
        case .filler(let count):
            head.contentType = Self.bytesType
            if !message.shape.contains(.headOnly) { head.source = ReplySource(left: count) }
            head.length = count
            return head
        case .call(let reply):
            writeCall(reply, body, &head, to: &output)
            return head
        case .upgrade:
            // HTTP/2 has no upgrade that a status could ask for (RFC 9113 §8.6).
            head.status = .badRequest
            fallthrough
        default:
            head.contentType = compose(content.payload)
            output.append(scratch.bytes)
        }
        head.length = output.count
        if message.shape.contains(.headOnly) { output.removeAll() }
        return head
    }

    /// Makes what follows the head of a call's answer, or the text of its failure.
    private func writeCall(
        _ reply: CallReply, _ body: Span<UInt8>, _ head: inout ReplyHead,
        to output: inout ByteQueue
    ) {
        head.call = .ok
        switch reply {
        case .payload(let bytes): head.source = .payload(bytes: bytes, into: &output)
        case .messages(let request): head.messages = MessageSource(request)
        case .counts(let counts):
            GRPC.beginMessage(bytes: counts.count, to: &output)
            counts.write(to: &output)
        case .echo: break
        case .serving:
            GRPC.beginMessage(bytes: 2, to: &output)
            BenchMessages.writeServing(to: &output)
        case .failed(let fault):
            head.call = fault.status
            output.append(fault.reason)
        case .asked(let status, let text):
            head.call = status
            GRPC.MessageText.append(encoding: text.bytes(of: body), to: &output)
        }
    }

    /// The answer to what could not be read as a request.
    mutating func write(
        _ refusal: HTTP1.Refusal, toHead: Bool, to output: inout ByteQueue
    ) {
        HTTP1.ReplyEncoder.write(refusal, toHead: toHead, date: date, to: &output)
    }

    /// Puts a payload that is a text into `scratch` and says its type.
    @inline(always)
    private mutating func compose(_ payload: Content.Payload) -> StaticString {
        scratch.removeAll()
        switch payload {
        case .text(let text):
            scratch.append(text)
            return "text/plain"
        case .greeting(let text):
            scratch.append("{\"message\":\"")
            scratch.append(escaping: text)
            scratch.append("\"}")
            return "application/json"
        case .receipt(let payment):
            scratch.append("{\"payment\":")
            scratch.append(decimal: payment)
            scratch.append("}")
            return "application/json"
        case .effects(let payments, let keys):
            scratch.append("{\"payments\":")
            scratch.append(decimal: payments)
            scratch.append(",\"keys\":")
            scratch.append(decimal: keys)
            scratch.append("}")
            return "application/json"
        case .upgrade(let refusal):
            scratch.append(refusal.reason)
            scratch.append("\n")
            return "text/plain"
        case .problem(let reason):
            scratch.append(reason)
            scratch.append("\n")
            return "text/plain"
        // These have no text.
        case .none, .allow, .filler, .request, .call: return "text/plain"
        }
    }

    private static var bytesType: StaticString { "application/octet-stream" }
}

/// What a session must say of a reply whose payload it frames.
struct ReplyHead: BitwiseCopyable, Sendable {
    var status: HTTP.Status
    var contentType: StaticString?
    /// What an `Allow` field says.
    var allowed: StaticString?
    /// Bytes of the whole payload.
    var length = 0
    /// What of the payload is still to be made.
    var source = ReplySource()
    /// How a call ends, behind a payload that is made of messages. If it failed, what is made is
    /// the text for `grpc-message`.
    var call: GRPC.Status?
    /// Messages that are still to be made.
    var messages = MessageSource()

    init(status: HTTP.Status) { self.status = status }
}

extension HTTP1.ReplyEncoder {
    @inline(always)
    init(_ shape: ReplyShape) {
        self.init(
            version: shape.contains(.http10) ? .http10 : .http11,
            isHead: shape.contains(.headOnly), keepAlive: !shape.contains(.last))
    }
}

extension Content {
    /// RFC 9110 §15.5.6: a 405 names the methods that are allowed.
    fileprivate var allowed: StaticString? {
        guard case .allow(let methods) = payload else { return nil }
        switch methods {
        case .get: return "GET, HEAD"
        case .post: return "POST"
        }
    }
}

extension ByteQueue {
    /// Appends the text of a JSON string (RFC 8259 §7).
    fileprivate mutating func append(escaping text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount {
            // SAFETY: a literal's `utf8CodeUnitCount` bytes live for ever.
            let byte = unsafe text.utf8Start[index]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0..<32:
                append("\\u00")
                append(byte < 16 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
                append(byte & 15 < 10 ? 48 + byte & 15 : 87 + byte & 15)
            default: append(byte)
            }
        }
    }
}
