import Basis
import Wire

/// One stream of an HTTP/2 connection as long as anything of it is under way (RFC 9113 §5.1).
struct HTTP2Stream: ~Copyable {
    enum State: BitwiseCopyable {
        case free
        /// The request is arriving.
        case receiving
        /// The message is being answered.
        case asked
        case withWorker
        /// The reply is to be made when it is due.
        case held(until: Instant)
        /// The request is answered without having arrived whole.
        case refused(HTTP.Status)
        /// The reply's head is sent, its payload is not.
        case replying
        /// Reset while a worker has the message. It counts until that comes back, or a peer could
        /// have any number of messages with workers by resetting each (CVE-2025-8671).
        case abandoned
    }

    var id: UInt32 = 0
    var state = State.free
    /// The peer has not ended its half.
    var awaitsEnd = false
    /// What the peer lets us send.
    var sendWindow = HTTP2.Window(0)
    /// What we let the peer send.
    var receiveWindow = HTTP2.ReceiveWindow()
    /// Payload that has come, and how much `content-length` has promised.
    var received: UInt64 = 0
    var promised: UInt64?
    /// Of the request, while it is here: what it asks, and its idempotency key and payload.
    var message: Message?
    var body = ByteQueue()
    /// Of the reply, while it waits for the peer's window: payload that is made, what is to be made
    /// behind it, and when.
    var data = ByteQueue()
    var source = ReplySource()

    /// Whether payload of the reply is left.
    var hasPayload: Bool { !data.isEmpty || source.left > 0 }
}
