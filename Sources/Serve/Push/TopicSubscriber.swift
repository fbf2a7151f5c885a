import Basis
import Wire

/// A WebSocket that is about a topic: its messages are published, and the topic's events come.
struct TopicSubscriber: ~Copyable {
    /// Until the topic is found.
    private var name: ByteQueue
    private var topic: TopicID?
    private var source: EventSource?
    private var takesMessages = true

    /// Why a message is not published.
    enum Refusal: BitwiseCopyable {
        case noText, ownEvents

        var code: WebSocket.CloseCode {
            switch self {
            case .noText: .unsupportedData
            case .ownEvents: .policyViolation
            }
        }

        var reason: StaticString {
            switch self {
            case .noText: "an event is text"
            case .ownEvents: "the server makes the events of this topic"
            }
        }
    }

    init(name: consuming ByteQueue) { self.name = name }

    /// Whether the topic is found, without which nothing can be published.
    var isKnown: Bool { topic != nil }

    func refusal(of kind: WebSocket.MessageKind) -> Refusal? {
        if kind == .binary { return .noText }
        return takesMessages ? nil : .ownEvents
    }

    /// What becomes of a message.
    var route: Route {
        guard let topic else { preconditionFailure("nothing is parsed before") }
        return .published(topic)
    }

    var due: Instant { source?.due ?? Instant(raw: 0) }

    /// Makes what is due; false where there can be no such topic.
    mutating func makeEvents(
        at now: Instant, writer: inout ReplyWriter, to output: inout ByteQueue
    ) -> Bool {
        if source == nil {
            guard let id = writer.feed.find(name.bytes) else { return false }
            name.releaseStorage()
            topic = id
            takesMessages = writer.feed.takesEvents(id)
            source = EventSource(id, Subscription(), at: now, feed: &writer.feed)
        }
        source?.make(.webSocket, at: now, feed: &writer.feed, to: &output)
        return true
    }
}
