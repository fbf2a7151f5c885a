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
        for (name, value) in EventStream.fields { encoder.field(name, value, to: &output) }
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
    /// What the head of a reply of events says besides its framing: that it is one, that nobody is
    /// to keep it (nginx buffers unless told), and that a page of another server may read it.
    static var fields: [(StaticString, StaticString)] {
        [
            ("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"),
            ("X-Accel-Buffering", "no"), ("Access-Control-Allow-Origin", "*"),
        ]
    }

    /// The same as HTTP/2 wants it (RFC 9113 §8.2).
    static var lowerCaseFields: [(StaticString, StaticString)] {
        [
            ("content-type", "text/event-stream"), ("cache-control", "no-store"),
            ("x-accel-buffering", "no"), ("access-control-allow-origin", "*"),
        ]
    }
}
