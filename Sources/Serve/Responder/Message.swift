import Basis
import Wire

/// One request as the responder sees it: what is asked and how the answer must be framed. The
/// payload travels beside it.
struct Message: BitwiseCopyable, Sendable {
    let route: Route
    /// Bytes of the idempotency key at the front of the payload run that travels beside.
    let keyCount: Int
    /// How this message's reply is framed; a protocol that is not HTTP/1.1 makes this an enum.
    var framing: HTTP1.ReplyEncoder

    /// The memory that this message and its reply take while a worker has them, roughly, in bytes.
    ///
    /// - Parameter body: the length of what travels beside.
    func weight(body: Int) -> Int {
        if case .bytes(let count) = route { return body + min(count, Limit.fillerPieceBytes) }
        return body
    }
}

/// What the responder decides.
enum Reply: BitwiseCopyable, Sendable {
    case now(Content)
    /// The content is ready, after work that has held the thread.
    case afterWork(Content)
    /// The content is due when this much time has passed, without a thread that waits for it.
    case after(Nanoseconds, Content)
}

/// A reply's status, type and payload, before any protocol has framed it.
struct Content: BitwiseCopyable, Sendable {
    var status: HTTP1.Status
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
        case receipt(payment: UInt64, isReplay: Bool)
        case problem(StaticString)
        case allow(Route.AllowedMethods)
    }
}
