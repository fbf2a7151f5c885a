package import Basis

/// As much of the encoding of Protocol Buffers as the messages here need
/// (https://protobuf.dev/programming-guides/encoding).
package enum Protobuf {
    /// One field of a message.
    package struct Field: Equatable, Sendable {
        package let number: UInt32
        package let value: Value

        /// What a field holds, as far as the wire knows its type.
        package enum Value: Equatable, Sendable {
            case varint(UInt64)
            /// Text, bytes or a message: where in the input they lie.
            case bytes(Range<Int>)
            /// A number of four or eight bytes.
            case fixed
        }
    }

    /// Reads the fields of a message, one after the other.
    package struct Reader: BitwiseCopyable, Sendable {
        private var at: Int

        /// - Parameter start: where the message begins in what `next` is given.
        package init(from start: Int = 0) { at = start }

        /// The next field; nil at the end.
        ///
        /// Groups, which proto3 has none of, are malformed.
        package mutating func next(_ input: Span<UInt8>) throws(GRPC.Fault) -> Field? {
            if at == input.count { return nil }
            let tag = try varint(input)
            guard let number = UInt32(exactly: tag >> 3), number > 0, number < 1 << 29 else {
                throw .malformed
            }
            switch tag & 7 {
            case 0: return Field(number: number, value: .varint(try varint(input)))
            case 1: try skip(8, input)
            case 2:
                let count = try varint(input)
                let start = at
                guard let length = Int(exactly: count) else { throw .malformed }
                try skip(length, input)
                return Field(number: number, value: .bytes(start..<at))
            case 5: try skip(4, input)
            default: throw .malformed
            }
            return Field(number: number, value: .fixed)
        }

        private mutating func skip(_ count: Int, _ input: Span<UInt8>) throws(GRPC.Fault) {
            if count > input.count - at { throw .malformed }
            at += count
        }

        /// At most ten bytes; what is beyond 64 bits is dropped, as other readers do.
        @inline(always)
        private mutating func varint(_ input: Span<UInt8>) throws(GRPC.Fault) -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while at < input.count, shift < 70 {
                let byte = input[at]
                at &+= 1
                value |= shift < 64 ? UInt64(byte & 0x7F) &<< shift : 0
                if byte < 0x80 { return value }
                shift &+= 7
            }
            throw .malformed
        }
    }

    /// Bytes that a number takes.
    @inline(always)
    package static func varintBytes(_ value: UInt64) -> Int {
        max(1, (UInt64.bitWidth &- value.leadingZeroBitCount &+ 6) / 7)
    }

    @inline(always)
    package static func append(varint value: UInt64, to output: inout ByteQueue) {
        var rest = value
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends a number, unless it is zero, which is said by leaving it out.
    @inline(always)
    package static func append(field: UInt32, _ value: UInt64, to output: inout ByteQueue) {
        if value == 0 { return }
        append(varint: UInt64(field) << 3, to: &output)
        append(varint: value, to: &output)
    }

    /// Appends the beginning of a field of bytes, which follow.
    @inline(always)
    package static func beginBytes(field: UInt32, count: Int, to output: inout ByteQueue) {
        append(varint: UInt64(field) << 3 | 2, to: &output)
        append(varint: UInt64(count), to: &output)
    }
}
