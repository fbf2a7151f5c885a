import Basis
import Wire

/// Turns the responder's content into the protocol's bytes. One a thread: it holds the thread's
/// copy of the current date.
struct ReplyWriter: ~Copyable {
    private var date = HTTPDate(unixSeconds: 0)
    private var dateSeconds: Int64 = -1
    private var scratch = ByteQueue(capacity: 256)

    /// Renders the date again when the second has changed.
    @inline(always)
    mutating func refreshDate(unixSeconds: Int64) {
        if unixSeconds != dateSeconds {
            dateSeconds = unixSeconds
            date = HTTPDate(unixSeconds: unixSeconds)
        }
    }

    /// Appends the reply to `output`. Returns how many bytes of filler are still to follow, which
    /// the caller makes as the peer takes them.
    ///
    /// Hot: once a request.
    mutating func write(
        _ content: Content, answering message: inout Message, body: Span<UInt8>,
        to output: inout ByteQueue
    ) -> Int {
        switch content.payload {
        case .text(let text):
            write(content.status, "text/plain", text, message: &message, to: &output)
        case .greeting(let text):
            scratch.removeAll()
            scratch.append("{\"message\":\"")
            scratch.append(escaping: text)
            scratch.append("\"}")
            finish(content.status, "application/json", message: &message, to: &output)
        case .request:
            message.framing.write(
                content.status, contentType: "application/octet-stream",
                content: body.extracting(droppingFirst: message.keyCount), date: date, to: &output)
        case .receipt(let payment, let isReplay):
            scratch.removeAll()
            scratch.append("{\"payment\":")
            scratch.append(decimal: payment)
            scratch.append(isReplay ? ",\"replayed\":true}" : ",\"replayed\":false}")
            finish(content.status, "application/json", message: &message, to: &output)
        case .problem(let reason):
            scratch.removeAll()
            scratch.append(reason)
            scratch.append("\n")
            finish(content.status, "text/plain", message: &message, to: &output)
        case .none, .allow:
            writeBodyless(content, message: &message, to: &output)
        case .filler(let count):
            return writeFiller(count, content.status, message: &message, to: &output)
        }
        return 0
    }

    /// The answer to what could not be read as a request.
    mutating func write(
        _ refusal: HTTP1.Refusal, toHead: Bool, to output: inout ByteQueue
    ) {
        HTTP1.ReplyEncoder.write(refusal, toHead: toHead, date: date, to: &output)
    }

    @inline(always)
    private mutating func write(
        _ status: HTTP1.Status, _ type: StaticString, _ text: StaticString,
        message: inout Message, to output: inout ByteQueue
    ) {
        scratch.removeAll()
        scratch.append(text)
        finish(status, type, message: &message, to: &output)
    }

    @inline(always)
    private mutating func finish(
        _ status: HTTP1.Status, _ type: StaticString, message: inout Message,
        to output: inout ByteQueue
    ) {
        message.framing.write(
            status, contentType: type, content: scratch.bytes, date: date, to: &output)
    }

    private func writeBodyless(
        _ content: Content, message: inout Message, to output: inout ByteQueue
    ) {
        message.framing.beginHead(content.status, date: date, to: &output)
        if case .allow(let methods) = content.payload {
            // RFC 9110 §15.5.6: a 405 names the methods that are allowed.
            switch methods {
            case .get: message.framing.field("Allow", "GET, HEAD", to: &output)
            case .post: message.framing.field("Allow", "POST", to: &output)
            }
        }
        message.framing.endHead(content.status.isBodyless ? .none : .length(0), to: &output)
    }

    private func writeFiller(
        _ count: Int, _ status: HTTP1.Status, message: inout Message, to output: inout ByteQueue
    ) -> Int {
        message.framing.beginHead(status, date: date, to: &output)
        message.framing.field("Content-Type", "application/octet-stream", to: &output)
        message.framing.endHead(.length(UInt64(count)), to: &output)
        if message.framing.isHead { return 0 }
        let now = min(count, Limit.fillerPieceBytes)
        output.append(repeating: ReplyWriter.fillerByte, count: now)
        return count - now
    }

    /// What `/bytes/{n}` is made of.
    static let fillerByte = UInt8(ascii: "x")
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
