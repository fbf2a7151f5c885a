import Basis
import Wire

/// One request as the responder sees it: what is asked and what the answer must look like. The
/// payload travels beside it.
struct Message: BitwiseCopyable, Sendable {
    var route: Route
    /// Which of its connection's exchanges it is, where several have no order.
    var stream: UInt32 = 0
    /// Bytes of the idempotency key at the front of the payload run that travels beside.
    var keyCount: UInt16 = 0
    var shape: ReplyShape = []
    /// What is to go wrong with it.
    var fault = PlannedFault.none
    /// Behind it the reply is of no use any more.
    var limit = TimeLimit.none

    /// The memory that this message and its reply take while a worker has them, roughly, in bytes.
    ///
    /// - Parameter body: the length of what travels beside.
    func weight(body: Int) -> Int {
        if case .bytes(let count) = route { return body + min(count, Limit.fillerPieceBytes) }
        return body
    }
}

/// What a request decides about its reply, besides the content.
struct ReplyShape: OptionSet, BitwiseCopyable, Sendable {
    let rawValue: UInt8

    /// No payload follows the head (RFC 9110 §9.3.2).
    static let headOnly = ReplyShape(rawValue: 1)
    /// The connection ends behind this reply.
    static let last = ReplyShape(rawValue: 2)
    /// The request came before the stream's opening was done, so it may be a replay (RFC 8470).
    static let early = ReplyShape(rawValue: 4)
    /// Whoever makes the reply makes the payload only; the connection's session frames it.
    static let framedBySession = ReplyShape(rawValue: 8)
    /// The client knows no chunks, and keeps a connection only when told to (HTTP/1.0).
    static let http10 = ReplyShape(rawValue: 16)
    /// The message was text and so is the reply (RFC 6455 §5.6).
    static let text = ReplyShape(rawValue: 32)
}

/// What the responder decides.
enum Reply: BitwiseCopyable, Sendable {
    case now(Content)
    /// The content is ready, after work that has held the thread.
    case afterWork(Content)
    /// The content is due when this much time has passed, without a thread that waits for it:
    /// `Responder.late` knows it then, by the route.
    case after(Nanoseconds, Route)
    /// The content comes piece by piece at its own times: the session makes it, and the route says
    /// of what.
    case inTime(Route)
    /// The content is ready, and subscribers of the topic have an event to read.
    case published(Content, TopicID)
}

/// A reply's status, type and payload, before any protocol has framed it.
struct Content: BitwiseCopyable, Sendable {
    var status: HTTP.Status
    var payload: Payload

    enum Payload: BitwiseCopyable, Sendable {
        case none
        case text(StaticString)
        /// A `{"message": ...}` object, serialised for each reply.
        case greeting(StaticString)
        /// This many bytes without meaning.
        case filler(Int)
        /// The request's own payload.
        case request
        case receipt(payment: UInt64)
        case effects(payments: UInt64, keys: UInt64)
        case problem(StaticString)
        case allow(Route.AllowedMethods)
        /// Why the request opens no WebSocket.
        case upgrade(WebSocket.HandshakeRefusal)
        case call(CallReply)
    }
}
