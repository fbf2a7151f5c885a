import Basis
import Wire

/// Answers requests about topics.
enum PushHandler {
    /// - Parameter body: the topic's name where it is not known yet, `message.keyCount` bytes, and
    ///   behind it what is to be published.
    static func respond(to message: Message, body: Span<UInt8>, _ topics: Topics) -> Reply {
        do throws(Topics.Refusal) {
            switch message.route {
            case .subscribe(let subscription, _):
                return .inTime(.events(subscription, try topics.find(name(message, body))))
            case .publish:
                return publish(
                    body.extracting(droppingFirst: Int(message.keyCount)),
                    try topics.find(name(message, body)), topics)
            // A session has looked at what it is, and the topic at how much.
            case .published(let topic): return publish(body, topic, topics)
            default: preconditionFailure("a request about no topic")
            }
        } catch {
            switch error {
            case .noName: return .now(badQuery)
            case .apart:
                return problem(
                    .notImplemented,
                    "this pattern shares no topic: choose another, or one of the clock's topics")
            case .tooMany: return problem(.serviceUnavailable, "there are too many topics")
            }
        }
    }

    @_lifetime(copy body)
    private static func name(_ message: Message, _ body: Span<UInt8>) -> Span<UInt8> {
        body.extracting(first: Int(message.keyCount))
    }

    private static func publish(_ text: Span<UInt8>, _ id: TopicID, _ topics: Topics) -> Reply {
        let topic = topics.topic(id)
        guard topic.takesEvents else {
            return problem(.conflict, "the server makes the events of this topic")
        }
        guard text.count <= Limit.eventBytes else {
            return problem(.contentTooLarge, "an event has at most 65536 bytes")
        }
        var validator = UTF8Validator()
        guard validator.consume(text) == nil, validator.isAtBoundary else {
            return problem(.badRequest, "an event is text in UTF-8")
        }
        topic.publish(text)
        return .published(Content(status: .noContent, payload: .none), id)
    }

    private static func problem(_ status: HTTP.Status, _ reason: StaticString) -> Reply {
        .now(Content(status: status, payload: .problem(reason)))
    }

    static var badQuery: Content {
        Content(
            status: .badRequest,
            payload: .problem(
                """
                needed is topic=NAME, of 1 to 64 letters, digits, '.', '_' or '-', where tick-10ms \
                and tick-10ms-125 are known to the server; or for /sse tokens=N, 1 to 1000000, \
                with interval_ms=M and first_ms=F up to 60000 and bytes=B from 19 to 65535
                """))
    }
}
