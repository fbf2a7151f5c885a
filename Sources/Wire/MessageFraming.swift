/// How a stream of bytes is divided into heads and bodies, for who sends them apart. What is
/// looked at has been made by this program; where it means nothing, there is nothing to cut.
package enum MessageFraming: BitwiseCopyable, Sendable {
    /// Nothing is known of heads.
    case opaque
    /// HTTP/1.1, of which every flush begins with a head.
    case http1Requests
    /// HTTP/1.1, of which a flush may go on with a body.
    case http1Replies
    case http2
    /// WebSocket and, in front of it, the HTTP/1.1 that it was agreed on with.
    case webSocket

    /// Where the body of the first message that has one begins; nil where none does. `bytes` begin
    /// where a message or a frame does, or they go on with a body.
    package func firstBody(in bytes: Span<UInt8>) -> Int? {
        switch self {
        case .opaque: nil
        case .http1Requests: Self.behindHead(bytes)
        case .http1Replies: bytes.begins(with: "HTTP/1.") ? Self.behindHead(bytes) : nil
        case .http2: Self.behindHeaders(bytes)
        case .webSocket: Self.behindFrameHeader(bytes)
        }
    }

    /// A head ends with an empty line (RFC 9112 §2.1). What follows and begins as the first head
    /// did is another head: the first had no body.
    private static func behindHead(_ bytes: Span<UInt8>) -> Int? {
        let beginning = bytes.extracting(first: min(bytes.count, 8))
        var at = 0
        while bytes.count &- at > 4 {
            if bytes[at] == 13, bytes[at &+ 1] == 10, bytes[at &+ 2] == 13, bytes[at &+ 3] == 10 {
                let behind = bytes.extracting(droppingFirst: at &+ 4)
                if !behind.begins(with: beginning) { return at &+ 4 }
            }
            at &+= 1
        }
        return nil
    }

    /// Behind the field block of a stream that does not end with it (RFC 9113 §8.1).
    private static func behindHeaders(_ bytes: Span<UInt8>) -> Int? {
        var at = bytes.begins(with: HTTP2.clientPreface.span) ? HTTP2.clientPreface.span.count : 0
        var isHead = false
        while bytes.count &- at >= HTTP2.FrameHeader.size {
            let frame = HTTP2.FrameHeader(bytes, at: at)
            at &+= HTTP2.FrameHeader.size &+ Int(frame.length)
            if frame.type == .headers { isHead = !frame.flags.contains(.endStream) }
            let endsBlock = frame.type == .headers || frame.type == .continuation
            if isHead, endsBlock, frame.flags.contains(.endHeaders) {
                return at < bytes.count ? at : nil
            }
        }
        return nil
    }

    /// Behind the header of the first frame with a payload (RFC 6455 §5.2).
    private static func behindFrameHeader(_ bytes: Span<UInt8>) -> Int? {
        // No first byte of a frame has one of these bits, and every letter of a head has.
        if let first = bytes.isEmpty ? nil : bytes[0], first & 0x70 != 0 {
            return behindHead(bytes)
        }
        var at = 0
        while bytes.count &- at > 2 {
            let second = bytes[at &+ 1]
            let length = second & 0x7F
            let lengthBytes = length == 127 ? 8 : length == 126 ? 2 : 0
            at &+= 2 &+ lengthBytes &+ (second & 0x80 != 0 ? 4 : 0)
            if length > 0 { return at < bytes.count ? at : nil }
        }
        return nil
    }
}

extension Span where Element == UInt8 {
    fileprivate func begins(with prefix: Span<UInt8>) -> Bool {
        if count < prefix.count { return false }
        for index in prefix.indices where self[index] != prefix[index] { return false }
        return true
    }

    fileprivate func begins(with prefix: StaticString) -> Bool { begins(with: prefix.span) }
}
