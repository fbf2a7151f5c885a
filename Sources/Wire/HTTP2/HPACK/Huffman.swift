package import Basis

/// Strings in the Huffman code of RFC 7541 §5.2.
@safe
package struct Huffman: BitwiseCopyable, Sendable {
    /// Why bytes are no string of this code.
    package enum Fault: Error, BitwiseCopyable, Equatable, Sendable {
        case endOfStringInside, badPadding
    }

    private let tables: HuffmanTables

    package init() { tables = HuffmanTables.shared }

    /// Bytes that `encode` would append.
    package func encodedCount(_ text: Span<UInt8>) -> Int {
        var bits = 7
        for index in text.indices { bits &+= tables.code(text[index]).bits }
        return bits &>> 3
    }

    /// Appends the code of `text`, padded with the beginning of EOS.
    /// - Parameter count: what `encodedCount` says of `text`.
    package func encode(_ text: Span<UInt8>, count: Int, to output: inout ByteQueue) {
        if text.isEmpty { return }
        // SAFETY: each store is checked against the room that is lent.
        _ = unsafe output.withFreeSpace(minimum: count) { free in
            var pending: UInt64 = 0
            var bits = 0
            var written = 0
            for index in text.indices {
                let (code, length) = tables.code(text[index])
                pending = pending &<< UInt64(length) | code
                bits &+= length
                // At most 31 stay, and no code has more than 30.
                if bits >= 32 {
                    bits &-= 32
                    let word = UInt32(truncatingIfNeeded: pending &>> UInt64(bits))
                    precondition(free.count &- written >= 4, "more code than was counted")
                    // SAFETY: the line above.
                    unsafe free.storeBytes(
                        of: word.bigEndian, toByteOffset: written, as: UInt32.self)
                    written &+= 4
                }
            }
            let padding = -bits & 7
            pending = pending &<< UInt64(padding) | (1 &<< UInt64(padding) &- 1)
            bits &+= padding
            while bits > 0 {
                bits &-= 8
                precondition(written < free.count, "more code than was counted")
                // SAFETY: the line above.
                unsafe free[written] = UInt8(truncatingIfNeeded: pending &>> UInt64(bits))
                written &+= 1
            }
            precondition(written == count, "another count than that of this text")
            return written
        }
    }

    /// Appends what `code` stands for.
    ///
    /// Hot: once a string that the peer has compressed.
    package func decode(_ code: Span<UInt8>, to output: inout ByteQueue) throws(Fault) {
        if code.isEmpty { return }
        // The shortest code has five bits; two bytes are stored where one may count.
        let room = code.count &* 8 / 5 &+ 2
        // SAFETY: the reader checks each store against the room it is lent.
        _ = try unsafe output.withFreeSpace(minimum: room) { free throws(Fault) in
            var reader = Reader(tables, code)
            return try unsafe reader.decode(into: free)
        }
    }
}
