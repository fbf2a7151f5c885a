extension WebSocket {
    /// The header of a frame, RFC 6455 §5.2, as far as it says something by itself.
    struct FrameHeader: BitwiseCopyable {
        let opcode: Opcode
        let isFinal: Bool
        let payloadBytes: UInt64
        let mask: Mask
        /// Where the payload begins.
        let end: Int

        /// What the first byte says: RSV bits and opcode.
        @inline(always)
        static func opcode(_ first: UInt8) throws(Failure) -> Opcode {
            if first & 0x70 != 0 { throw .reservedBits }
            guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .unknownOpcode }
            if opcode.isControl, first & 0x80 == 0 { throw .fragmentedControl }
            return opcode
        }

        /// Reads the header at `start`, whose first byte is there and was `opcode`. Nil where its
        /// end has not come; what is wrong with the part that has is thrown all the same.
        ///
        /// - Parameter lengthMax: what a data frame may have of payload.
        @inline(always)
        static func read(
            _ input: Span<UInt8>, at start: Int, opcode: Opcode, sentBy sender: Role,
            lengthMax: UInt32
        ) throws(Failure) -> FrameHeader? {
            guard input.count &- start >= 2 else { return nil }
            let second = input[start &+ 1]
            let isMasked = second & 0x80 != 0
            if isMasked != (sender == .client) {
                throw isMasked ? .maskedFrame : .unmaskedFrame
            }
            var at = start &+ 2
            var length = UInt64(second & 0x7F)
            if length > 125 {
                if opcode.isControl { throw .longControl }
                let width = length == 126 ? 2 : 8
                guard input.count &- at >= width else { return nil }
                length = input.bigEndian(at: at, count: width)
                if length &>> 63 != 0 { throw .hugeLength }
                if length < (width == 2 ? 126 : 0x1_0000) { throw .wastefulLength }
                at &+= width
            }
            if !opcode.isControl, length > lengthMax { throw .messageTooLarge }
            var mask = Mask.none
            if isMasked {
                guard input.count &- at >= 4 else { return nil }
                mask = Mask(key: input.key(at: at))
                at &+= 4
            }
            return FrameHeader(
                opcode: opcode, isFinal: input[start] & 0x80 != 0, payloadBytes: length,
                mask: mask, end: at)
        }
    }
}

extension Span where Element == UInt8 {
    /// The number in the `count` bytes at `offset`, the highest first.
    @inline(always)
    fileprivate func bigEndian(at offset: Int, count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in offset..<offset &+ count { value = value &<< 8 | UInt64(self[index]) }
        return value
    }

    /// The four bytes at `offset` in the order of `WebSocket.Mask`.
    @inline(always)
    fileprivate func key(at offset: Int) -> UInt32 {
        UInt32(self[offset]) | UInt32(self[offset &+ 1]) &<< 8 | UInt32(self[offset &+ 2]) &<< 16
            | UInt32(self[offset &+ 3]) &<< 24
    }
}
