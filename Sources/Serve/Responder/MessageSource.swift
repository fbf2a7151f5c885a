import Basis
import Wire

/// Messages of a server's stream that are still to be made.
struct MessageSource: BitwiseCopyable, Sendable {
    private(set) var left: UInt32 = 0
    private var bytes: UInt32 = 0
    private var interval = Nanoseconds.zero
    /// When the next one is due; the first one is as soon as it can be made.
    private(set) var due = Instant(raw: 0)

    /// There is nothing to make.
    @inline(always)
    init() {}

    init(_ request: BenchMessages.StreamRequest) {
        left = request.messages
        bytes = UInt32(request.messageBytes)
        interval = request.interval
    }

    @inline(always)
    var isEmpty: Bool { left == 0 }
    /// Whether messages are due at times of their own.
    @inline(always)
    var isTimed: Bool { interval > .zero }

    /// Makes the next message, or its beginning: then the rest of it is returned.
    mutating func make(into output: inout ByteQueue, at now: Instant) -> ReplySource {
        left -= 1
        if isTimed { due = (due.raw == 0 ? now : due) + interval }
        return ReplySource.payload(bytes: Int(bytes), into: &output)
    }
}

extension ReplySource {
    /// Makes a framed `Payload`, or the beginning of one that is long: then the rest is returned.
    static func payload(bytes: Int, into output: inout ByteQueue) -> ReplySource {
        GRPC.beginMessage(bytes: BenchMessages.payloadMessageBytes(bytes), to: &output)
        BenchMessages.beginPayload(bytes: bytes, to: &output)
        var source = ReplySource(left: bytes)
        if bytes <= Limit.http2FrameBytes { source.make(into: &output) }
        return source
    }
}
