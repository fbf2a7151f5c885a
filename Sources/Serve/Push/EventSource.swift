import Basis
import Wire

/// The events of one reply or one subscriber: which was the last, and when something is to be made
/// next.
struct EventSource: BitwiseCopyable, Sendable {
    private enum Origin: BitwiseCopyable, Sendable {
        case tokens(TokenSchedule, start: Instant)
        case topic(TopicID)
    }

    private let origin: Origin
    private let extent: Subscription.Extent
    private let retryMilliseconds: UInt32?
    /// The number of the last event that was made or missed.
    private var last: UInt64
    /// When `make` next has something to do.
    private(set) var due: Instant
    /// When a word is said so that the connection is not thought to be dead, or, of a reply that
    /// waits for its first event, when it ends without.
    private var patience: Instant
    /// When the loop was told that it waits for what is published, see `EventFeed.want`.
    private var round: UInt32 = 0
    /// Nothing follows.
    private(set) var isOver = false

    /// How events are written.
    enum Format: BitwiseCopyable { case eventStream, webSocket }

    private init(_ schedule: TokenSchedule, at now: Instant) {
        origin = .tokens(schedule, start: now)
        extent = .endless
        retryMilliseconds = nil
        last = 0
        due = schedule.due(1, from: now)
        patience = .distantFuture
    }

    init(
        _ topic: TopicID, _ subscription: Subscription, at now: Instant, feed: inout EventFeed
    ) {
        origin = .topic(topic)
        extent = subscription.extent
        retryMilliseconds = subscription.retryMilliseconds
        let newest = feed.newest(topic, at: now)
        // A cursor of the future is one of another server's life.
        last = subscription.cursor.map { $0 > newest ? newest : $0 } ?? newest
        due = now
        patience = now + (extent == .longPoll ? Limit.longPollTime : Limit.silentTime)
    }

    /// The events that a message asks for; nil where it asks for none.
    init?(of message: Message, at now: Instant, feed: inout EventFeed) {
        switch message.route {
        case .tokens(let schedule): self.init(schedule, at: now)
        case .events(let subscription, let topic):
            self.init(topic, subscription, at: now, feed: &feed)
        default: return nil
        }
    }

    /// Whether the reply's length is known when it begins, for it begins with all that it says.
    var isBatch: Bool { extent != .endless }

    /// Whether something was published that it has not made.
    func hasNews(at now: Instant, _ feed: inout EventFeed) -> Bool {
        guard case .topic(let topic) = origin else { return false }
        return feed.newest(topic, at: now) != last
    }

    /// Makes what is due. Nothing is made where the peer takes nothing, so call it only when all
    /// that was made has been sent.
    mutating func make(
        _ format: Format, at now: Instant, feed: inout EventFeed, to output: inout ByteQueue
    ) {
        switch origin {
        case .tokens(let schedule, let start):
            makeTokens(schedule, start, at: now, to: &output)
        case .topic(let topic):
            makeEvents(of: topic, format, at: now, feed: &feed, to: &output)
        }
    }

    private mutating func makeTokens(
        _ schedule: TokenSchedule, _ start: Instant, at now: Instant, to output: inout ByteQueue
    ) {
        while last < UInt64(schedule.count), output.count < Limit.eventBatchBytes {
            let due = schedule.due(last + 1, from: start)
            if due > now { break }
            last += 1
            EventStream.Writer.id(last, to: &output)
            output.append("data: ")
            EventText.write(due: due, bytes: Int(schedule.textBytes), to: &output)
            output.append("\n\n")
        }
        isOver = last == UInt64(schedule.count)
        due = isOver ? .distantFuture : schedule.due(last + 1, from: start)
    }

    private mutating func makeEvents(
        of topic: TopicID, _ format: Format, at now: Instant, feed: inout EventFeed,
        to output: inout ByteQueue
    ) {
        let before = last
        var made = ByteQueue()
        swap(&made, &output)
        last = feed.show(topic, after: last, at: now) { number, text in
            switch format {
            case .eventStream:
                EventStream.Writer.id(number, to: &made)
                EventStream.Writer.write(text, to: &made)
            case .webSocket: WebSocket.FrameWriter.write(.text, text, to: &made)
            }
        }
        swap(&made, &output)
        if last != before {
            patience = now + Limit.silentTime
            isOver = isBatch
        } else {
            makeNothing(format, at: now, to: &output)
        }
        if isOver {
            endBatch(to: &output)
            return
        }
        if let known = feed.due(topic, after: last) {
            due = min(known, patience)
        } else {
            due = patience
            round = feed.want(topic, since: round)
        }
    }

    /// There is no event.
    private mutating func makeNothing(
        _ format: Format, at now: Instant, to output: inout ByteQueue
    ) {
        switch extent {
        case .endless where patience <= now:
            switch format {
            case .eventStream: EventStream.Writer.comment(Span(), to: &output)
            case .webSocket: WebSocket.FrameWriter.write(.ping, Span(), to: &output)
            }
            patience = now + Limit.silentTime
        case .endless: break
        case .longPoll where patience > now: break
        case .poll, .longPoll:
            // So that the reader has a cursor.
            EventStream.Writer.id(last, to: &output)
            EventStream.Writer.end(to: &output)
            isOver = true
        }
    }

    /// Tells when to come again.
    private func endBatch(to output: inout ByteQueue) {
        guard let retryMilliseconds else { return }
        EventStream.Writer.retry(milliseconds: UInt64(retryMilliseconds), to: &output)
        EventStream.Writer.end(to: &output)
    }

    /// Ends what would go on as long as the connection.
    mutating func end() {
        guard case .topic = origin else { return }
        due = Instant(raw: 0)
        if isBatch { patience = due } else { isOver = true }
    }
}
