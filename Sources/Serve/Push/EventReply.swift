import Basis
import Wire

/// A reply of HTTP/1.1 that is made of events.
struct EventReply {
    var encoder: HTTP1.ReplyEncoder
    var source: EventSource

    /// Writes the head.
    mutating func begin(
        _ content: HTTP1.ReplyContent, _ date: borrowing HTTPDate, to output: inout ByteQueue
    ) {
        encoder.beginHead(.ok, date: date, to: &output)
        for field in EventStream.fields {
            encoder.field(field.name, field.value, to: &output)
        }
        encoder.endHead(content, to: &output)
    }

    /// Makes what is due.
    mutating func make(at now: Instant, writer: inout ReplyWriter, to output: inout ByteQueue) {
        var text = ByteQueue()
        swap(&text, &writer.events)
        if !source.isOver { source.make(.eventStream, at: now, feed: &writer.feed, to: &text) }
        if !source.isBatch {
            encoder.writePiece(text.bytes, to: &output)
            if source.isOver { encoder.endStream(to: &output) }
        } else if source.isOver {
            begin(.length(UInt64(text.count)), writer.date, to: &output)
            output.append(text.bytes)
        }
        text.removeAll()
        swap(&text, &writer.events)
    }
}

extension EventStream {
    /// A field of the head of a reply of events.
    struct Field {
        let name: StaticString
        /// As HTTP/2 wants it (RFC 9113 §8.2).
        let lowerCaseName: StaticString
        let value: StaticString
    }

    /// What such a head says besides its framing: that events follow, that nobody is to keep them
    /// (nginx buffers unless told), and that a page of another server may read them.
    static let fields = [
        Field(name: "Content-Type", lowerCaseName: "content-type", value: mediaType),
        Field(name: "Cache-Control", lowerCaseName: "cache-control", value: "no-store"),
        Field(name: "X-Accel-Buffering", lowerCaseName: "x-accel-buffering", value: "no"),
        Field(
            name: "Access-Control-Allow-Origin", lowerCaseName: "access-control-allow-origin",
            value: "*"),
    ]
}
