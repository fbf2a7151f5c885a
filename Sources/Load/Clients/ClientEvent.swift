// Hot path

/// What the bytes of one connection meant to a client.
///
/// An `end` says where in the input the event ends. It may be where the event began: one frame can
/// mean several events, and the next one is asked for as long as there is input behind the end.
package enum ClientEvent: BitwiseCopyable, Sendable {
    /// Everything before `keepFrom` is done with; the rest must be shown again with what follows
    /// it.
    case needMore(keepFrom: Int)
    case answer(Answer)
    /// A part of an answer that goes on: an event of a stream, a message; with the time at which it
    /// was due, where it says so. Never empty.
    case part(slot: Int, bytes: UInt64, due: PartDue, end: Int)
    /// An event that no request has asked for by itself.
    case delivered(Delivery)
    /// A request that gets no answer here (HTTP/2: RST_STREAM, or GOAWAY with a lower stream). If
    /// the peer has not processed it, it may be sent once more, here or elsewhere.
    case lost(slot: Int, mayRetry: Bool, end: Int)
    /// The peer takes no further requests on this connection (HTTP/2: GOAWAY). What is under way is
    /// awaited, then another connection takes its place.
    case lastRequests(end: Int)
    /// The peer does not speak the protocol, or answers what nobody asked.
    case violation(Violation)
}
