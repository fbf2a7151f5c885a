extension HTTP2 {
    /// The type of a frame, RFC 9113 §6. Types that are unknown are ignored (§4.1).
    package struct FrameType: RawRepresentable, BitwiseCopyable, Equatable, Sendable {
        package let rawValue: UInt8

        @inline(always)
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let data = FrameType(rawValue: 0x0)
        package static let headers = FrameType(rawValue: 0x1)
        package static let priority = FrameType(rawValue: 0x2)
        package static let resetStream = FrameType(rawValue: 0x3)
        package static let settings = FrameType(rawValue: 0x4)
        package static let pushPromise = FrameType(rawValue: 0x5)
        package static let ping = FrameType(rawValue: 0x6)
        package static let goAway = FrameType(rawValue: 0x7)
        package static let windowUpdate = FrameType(rawValue: 0x8)
        package static let continuation = FrameType(rawValue: 0x9)
    }

    /// The flags of a frame; what a bit means depends on the type. Those that a type does not
    /// define are ignored (RFC 9113 §4.1).
    package struct FrameFlags: RawRepresentable, BitwiseCopyable, Equatable, Sendable {
        package let rawValue: UInt8

        @inline(always)
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// An option set without the protocol, whose generic operations cost calls.
        @inline(always)
        package func contains(_ other: FrameFlags) -> Bool { rawValue & other.rawValue != 0 }
        @inline(always)
        package func union(_ other: FrameFlags) -> FrameFlags {
            FrameFlags(rawValue: rawValue | other.rawValue)
        }

        package static let none = FrameFlags(rawValue: 0)
        package static let endStream = FrameFlags(rawValue: 0x1)
        /// Of SETTINGS and PING; the same bit as `endStream`.
        package static let ack = FrameFlags(rawValue: 0x1)
        package static let endHeaders = FrameFlags(rawValue: 0x4)
        package static let padded = FrameFlags(rawValue: 0x8)
        package static let priority = FrameFlags(rawValue: 0x20)
    }

    /// What every frame begins with, RFC 9113 §4.1.
    package struct FrameHeader: BitwiseCopyable, Equatable, Sendable {
        /// Bytes on the wire.
        package static let size = 9

        /// Bytes of payload behind the header.
        package let length: UInt32
        package let type: FrameType
        package let flags: FrameFlags
        /// Zero for the connection; the reserved bit is gone.
        package let stream: UInt32

        @inline(always)
        package init(length: UInt32, type: FrameType, flags: FrameFlags, stream: UInt32) {
            self.length = length
            self.type = type
            self.flags = flags
            self.stream = stream
        }

        /// Reads the nine bytes at `offset`, which must be there.
        @inline(always)
        package init(_ input: Span<UInt8>, at offset: Int) {
            let word = input.bigEndian(UInt64.self, at: offset)
            length = UInt32(truncatingIfNeeded: word &>> 40)
            type = FrameType(rawValue: UInt8(truncatingIfNeeded: word &>> 32))
            flags = FrameFlags(rawValue: UInt8(truncatingIfNeeded: word &>> 24))
            let high = UInt32(truncatingIfNeeded: word) & 0x00FF_FFFF
            stream = (high &<< 8 | UInt32(input[offset &+ 8])) & Limit.streamID
        }
    }
}
