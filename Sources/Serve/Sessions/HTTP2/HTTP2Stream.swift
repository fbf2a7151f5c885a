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
        case failed(GRPC.Fault)
        /// The reply's head is sent, its payload is not.
        case replying
        /// The same, and the next message of it is not due yet.
        case pausing
        /// The same, and there is none before the peer sends its next message.
        case listening
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
    /// What the reply is made of, if that is events.
    var events: Boxed<HTTP2Events>?

    // MARK: gRPC

    /// The method, if it is a call.
    var call: GRPC.Method?
    /// When the call is over.
    var deadline = Instant.distantFuture
    /// What has come of the messages, where they are not kept until the last.
    var reader = GRPC.MessageReader()
    var counts = BenchMessages.StreamCounts()
    /// What is to be made behind `source`.
    var messages = MessageSource()
    /// Why the call ends otherwise than in order, behind the messages that are made.
    var fault: GRPC.Fault?

    /// When there is something to be made again, while the reply pauses.
    var due: Instant {
        switch events {
        case .some(let events): events.value.source.due
        case nil: messages.due
        }
    }

    /// Whether nothing follows what is in hand but trailers, if it is a call.
    var isMade: Bool {
        switch events {
        case .some(let events): events.value.source.isOver
        case nil: true
        }
    }

    /// Whether messages go back as they come, and may still come.
    var echoes: Bool { call == .bidi && awaitsEnd && fault == nil }

    /// Makes messages that are due, as many as one frame takes.
    mutating func makeMessages(at now: Instant) {
        while !messages.isEmpty, source.isEmpty, !messages.isTimed || messages.due <= now,
            data.count < Limit.http2FrameBytes
        {
            source = messages.make(into: &data, at: now)
        }
    }
}
