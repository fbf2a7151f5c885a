import Basis
import Wire

/// A reply of HTTP/2 that is made of events.
struct HTTP2Events {
    var source: EventSource
    /// The head is sent. Where all comes at once, it goes along.
    var hasHead = false
}

/// Replies that are made of events: a frame for what is due together, and then a pause.
extension HTTP2Session {
    /// Whether the reply to a message that was held back is made of events, and begins now.
    mutating func beginsEvents(
        _ message: Message, _ slot: Int, at now: Instant, _ writer: inout ReplyWriter,
        _ output: inout ByteQueue
    ) -> Bool {
        guard let source = EventSource(of: message, at: now, feed: &writer.feed) else {
            return false
        }
        if message.shape.contains(.headOnly) {
            replies.writeEventsHead(
                date: writer.date, stream: message.stream, endStream: true, to: &output)
            end(message.stream, slot, &output)
            return true
        }
        var events = HTTP2Events(source: source)
        if !source.isBatch { writeHead(&events, slot, writer.date, &output) }
        streams[slot].events = Boxed(events)
        streams[slot].state = .replying
        replying += 1
        emitEvents(slot, at: now, &writer, &output)
        return true
    }

    private mutating func writeHead(
        _ events: inout HTTP2Events, _ slot: Int, _ date: borrowing HTTPDate,
        _ output: inout ByteQueue
    ) {
        if events.hasHead { return }
        events.hasHead = true
        replies.writeEventsHead(
            date: date, stream: streams[slot].id, endStream: false, to: &output)
    }

    /// The turn of a reply that is made of events.
    mutating func emitEvents(
        _ slot: Int, at now: Instant, _ writer: inout ReplyWriter, _ output: inout ByteQueue
    ) {
        // Nothing is made while something waits for the peer's window.
        if !streams[slot].data.isEmpty {
            emit(slot, &output)
            return
        }
        guard var events = streams[slot].events.take() else { return }
        if !events.value.source.isOver {
            var text = ByteQueue()
            swap(&text, &streams[slot].data)
            events.value.source.make(.eventStream, at: now, feed: &writer.feed, to: &text)
            holding += text.count
            swap(&text, &streams[slot].data)
        }
        let isOver = events.value.source.isOver
        let hasData = !streams[slot].data.isEmpty
        if hasData || isOver { writeHead(&events.value, slot, writer.date, &output) }
        streams[slot].events = consume events
        if hasData {
            emit(slot, &output)
        } else if isOver {
            replying -= 1
            streams[slot].state = .asked
            HTTP2.FrameWriter.data(
                stream: streams[slot].id, Span(), endStream: true, to: &output)
            end(streams[slot].id, slot, &output)
        } else {
            pause(slot)
        }
    }

    /// What is made of a reply has gone, and more is to come in time.
    mutating func pause(_ slot: Int) {
        replying -= 1
        streams[slot].state = .pausing
        nextDue = min(nextDue, streams[slot].due)
    }

    /// Whether a reply that pauses waits for what is there now.
    func hasNews(_ slot: Int, at now: Instant, _ feed: inout EventFeed) -> Bool {
        switch streams[slot].events {
        case .some(let events): events.value.source.hasNews(at: now, &feed)
        case nil: false
        }
    }

    mutating func endEvents() {
        for slot in streams.indices where streams[slot].events != nil {
            streams[slot].events?.value.source.end()
            if case .pausing = streams[slot].state { nextDue = min(nextDue, streams[slot].due) }
        }
    }
}
