/// The WebSocket protocol, RFC 6455, without input or output: bytes in, verdicts out, both roles.
///
/// Nothing here allocates but the queue that is written to. Payload is not copied to be read: a
/// `Payload` points into the span that was parsed and knows how it is masked.
package enum WebSocket {}

extension WebSocket {
    /// The side of the connection that speaks of itself. A client masks all its frames, a server
    /// none (RFC 6455 §5.1).
    package enum Role: UInt8, BitwiseCopyable, Sendable { case server, client }

    /// What a frame is, RFC 6455 §5.2.
    package enum Opcode: UInt8, BitwiseCopyable, Sendable {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA

        @inline(always)
        package var isControl: Bool { rawValue & 0x8 != 0 }
    }

    /// What a message is, RFC 6455 §5.6.
    package enum MessageKind: UInt8, BitwiseCopyable, Sendable {
        case text = 0x1
        case binary = 0x2

        /// The opcode of the message's first frame.
        @inline(always)
        package var opcode: Opcode { self == .text ? .text : .binary }
    }

    /// The bounds of what a peer may ask for.
    package enum Limit {
        /// Payload of one message unless the caller says otherwise: what the Autobahn suite sends
        /// at most.
        package static let messageBytes: UInt32 = 16 * 1_024 * 1_024
        /// Payload of a control frame, RFC 6455 §5.5. It is taken whole, so the span that carries
        /// frames must be able to hold it with its header.
        package static let controlBytes = 125
        /// The longest frame header, RFC 6455 §5.2: opcode, length, 64-bit length, key.
        package static let headerBytes = 14
    }
}
