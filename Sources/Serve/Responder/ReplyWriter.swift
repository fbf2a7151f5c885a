import Basis
import Wire

/// Turns the responder's content into the protocol's bytes. One a thread: it holds the thread's
/// copy of the current date.
struct ReplyWriter: ~Copyable {
    private var date = HTTPDate(unixSeconds: 0)
    private var dateSeconds: Int64 = -1
    private var scratch = ByteQueue(capacity: 256)
    private var rendered = RenderedReply()

    /// Renders the date again when the second has changed.
    @inline(always)
    mutating func refreshDate(unixSeconds: Int64) {
        if unixSeconds != dateSeconds {
            dateSeconds = unixSeconds
            date = HTTPDate(unixSeconds: unixSeconds)
            rendered.forget()
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
            write(content.status, text, message: &message, to: &output)
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
    mutating func write(_ refusal: HTTP1.Refusal, to output: inout ByteQueue) {
        HTTP1.ReplyEncoder.write(refusal, date: date, to: &output)
    }

    @inline(always)
    private mutating func write(
        _ status: HTTP1.Status, _ text: StaticString, message: inout Message,
        to output: inout ByteQueue
    ) {
        if !rendered.answers(status, text, as: message.framing) {
            rendered.render(status, text, as: &message.framing, date: date)
        }
        output.append(rendered.bytes)
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

/// The last reply that was a fixed text, head and all: the same for every request of its kind until
/// the date changes.
private struct RenderedReply: ~Copyable {
    private var reply = ByteQueue(capacity: 256)
    private var content = ByteQueue(capacity: 64)
    private var status: HTTP1.Status?
    private var text: StaticString = ""
    private var framing = HTTP1.ReplyEncoder(refusing: ())

    @inline(always)
    func answers(
        _ status: HTTP1.Status, _ text: StaticString, as framing: HTTP1.ReplyEncoder
    ) -> Bool {
        // SAFETY: the addresses of two literals are compared, not followed.
        let isSameText = unsafe text.utf8Start == self.text.utf8Start
        return isSameText && status == self.status && framing == self.framing
    }

    var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(always)
        borrowing get { reply.bytes }
    }

    mutating func render(
        _ status: HTTP1.Status, _ text: StaticString, as framing: inout HTTP1.ReplyEncoder,
        date: borrowing HTTPDate
    ) {
        self.status = status
        self.text = text
        self.framing = framing
        content.removeAll()
        content.append(text)
        var fresh = ByteQueue()
        swap(&fresh, &reply)
        fresh.removeAll()
        framing.write(
            status, contentType: "text/plain", content: content.bytes, date: date, to: &fresh)
        swap(&fresh, &reply)
    }

    mutating func forget() { status = nil }
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
