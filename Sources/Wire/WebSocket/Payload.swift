package import Basis

extension WebSocket {
    /// Payload as it stands, still masked, in the span that was parsed; valid for that span only.
    package struct Payload: BitwiseCopyable, Equatable, Sendable {
        private let start: UInt32
        private let length: UInt32
        /// What unmasks it.
        package let mask: Mask

        @inline(always)
        init(start: Int, count: Int, mask: Mask) {
            self.start = UInt32(truncatingIfNeeded: start)
            length = UInt32(truncatingIfNeeded: count)
            self.mask = mask
        }

        @inline(always)
        package var count: Int { Int(length) }
        @inline(always)
        package var range: Range<Int> { Int(start)..<Int(start) &+ Int(length) }

        /// The bytes as they came; `input` is the span that was parsed.
        @_lifetime(copy input)
        @inline(always)
        package func masked(in input: Span<UInt8>) -> Span<UInt8> { input.extracting(range) }

        /// The byte `index`, unmasked.
        @inline(always)
        package func byte(_ index: Int, in input: Span<UInt8>) -> UInt8 {
            mask.byte(input[Int(start) &+ index], at: index)
        }

        /// What is left behind the first `count` bytes.
        @inline(always)
        func dropping(first count: Int) -> Payload {
            Payload(
                start: Int(start) &+ count, count: self.count &- count,
                mask: mask.advanced(by: count))
        }

        /// Appends the bytes to `output`, unmasked.
        @inline(always)
        package func append(from input: Span<UInt8>, to output: inout ByteQueue) {
            output.append(masked(in: input), masked: mask)
        }
    }
}
