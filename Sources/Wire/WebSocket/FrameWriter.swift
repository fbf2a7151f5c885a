package import Basis

extension WebSocket {
    /// Writes frames behind what is queued, RFC 6455 §5.2.
    ///
    /// A server gives no mask, a client a fresh one for each frame (§5.3). That a message is not
    /// begun inside of another, and that nothing follows a close, is the caller's business.
    package enum FrameWriter {
        /// Writes one frame.
        ///
        /// Hot: once a message.
        /// - Parameter isFinal: whether the message ends with it; a control frame always does.
        @inline(always)
        package static func write(
            _ opcode: Opcode, isFinal: Bool = true, _ payload: Span<UInt8>, mask: Mask? = nil,
            to output: inout ByteQueue
        ) {
            begin(opcode, isFinal: isFinal, count: payload.count, mask: mask, to: &output)
            if let mask {
                output.append(payload, masked: mask)
            } else {
                output.append(payload)
            }
        }

        /// Writes one frame with payload that was received, as an echo or a pong has it: unmasked,
        /// and masked anew if need be, in one pass.
        ///
        /// Hot: once a message.
        @inline(always)
        package static func write(
            _ opcode: Opcode, isFinal: Bool = true, _ payload: Payload, from input: Span<UInt8>,
            mask: Mask? = nil, to output: inout ByteQueue
        ) {
            begin(opcode, isFinal: isFinal, count: payload.count, mask: mask, to: &output)
            output.append(payload.masked(in: input), masked: payload.mask ^ (mask ?? .none))
        }

        /// Writes the header of a frame with `count` bytes of payload, which the caller appends,
        /// masked by `mask`. There is room for them then.
        @inline(always)
        package static func begin(
            _ opcode: Opcode, isFinal: Bool = true, count: Int, mask: Mask? = nil,
            to output: inout ByteQueue
        ) {
            precondition(
                !opcode.isControl || isFinal && count <= Limit.controlBytes,
                "RFC 6455 §5.5: a control frame is short and never fragmented")
            output.reserve(Limit.headerBytes + count)
            output.append(opcode.rawValue | (isFinal ? 0x80 : 0))
            let maskBit: UInt8 = mask == nil ? 0 : 0x80
            if count <= 125 {
                output.append(maskBit | UInt8(truncatingIfNeeded: count))
            } else {
                appendLength(count, maskBit: maskBit, to: &output)
            }
            if let mask {
                for index in 0..<4 { output.append(mask.byte(0, at: index)) }
            }
        }

        /// Writes a Close frame, RFC 6455 §5.5.1.
        ///
        /// - Parameters:
        ///   - code: one that is for the wire; nil to give none, and then no reason either.
        ///   - reason: at most 123 bytes of UTF-8.
        package static func writeClose(
            _ code: CloseCode?, reason: Span<UInt8>, mask: Mask? = nil,
            to output: inout ByteQueue
        ) {
            guard let code else {
                precondition(reason.isEmpty, "a reason without a code")
                begin(.close, count: 0, mask: mask, to: &output)
                return
            }
            precondition(code.isForWire, "RFC 6455 §7.4.1: the code is not for the wire")
            let digits: InlineArray<2, UInt8> = [
                UInt8(truncatingIfNeeded: code.code &>> 8), UInt8(truncatingIfNeeded: code.code),
            ]
            let key = mask ?? .none
            begin(.close, count: 2 + reason.count, mask: mask, to: &output)
            output.append(digits.span, masked: key)
            output.append(reason, masked: key.advanced(by: 2))
        }

        /// The same with a reason that is fixed.
        package static func writeClose(
            _ code: CloseCode?, reason: StaticString = "", mask: Mask? = nil,
            to output: inout ByteQueue
        ) {
            reason.withUTF8Buffer { buffer in
                // SAFETY: the bytes outlive the closure, in which the span stays.
                let bytes = unsafe Span(_unsafeElements: buffer)
                writeClose(code, reason: bytes, mask: mask, to: &output)
            }
        }

        /// Writes the Close frame that tells of `failure`.
        package static func writeClose(
            _ failure: Failure, mask: Mask? = nil, to output: inout ByteQueue
        ) {
            writeClose(failure.code, reason: failure.reason, mask: mask, to: &output)
        }

        /// A length that does not fit seven bits, in as few bytes as will do.
        @inline(never)
        private static func appendLength(
            _ count: Int, maskBit: UInt8, to output: inout ByteQueue
        ) {
            let isShort = count <= 0xFFFF
            output.append(maskBit | (isShort ? 126 : 127))
            for index in (0..<(isShort ? 2 : 8)).reversed() {
                output.append(UInt8(truncatingIfNeeded: count &>> (8 &* index)))
            }
        }
    }
}
