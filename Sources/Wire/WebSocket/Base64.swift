/// What the opening handshake needs of Base64, RFC 4648 §4.
enum Base64 {
    /// The bytes of a span as text, which has `count` bytes: four for three, the last with padding.
    static func text<let count: Int>(of bytes: Span<UInt8>) -> InlineArray<count, UInt8> {
        precondition(count == (bytes.count + 2) / 3 * 4, "text of another length")
        return InlineArray { index in
            // The bits of this letter begin in byte `index * 6 / 8` and may reach into the next.
            let bit = index * 6
            guard bit < bytes.count * 8 else { return UInt8(ascii: "=") }
            let first = UInt16(bytes[bit / 8]) << 8
            let second = bit / 8 + 1 < bytes.count ? UInt16(bytes[bit / 8 + 1]) : 0
            return letter(UInt8(truncatingIfNeeded: (first | second) >> UInt16(10 - bit % 8) & 63))
        }
    }

    /// Whether `text` stands for 16 bytes. Bits behind the last of them may be anything (§3.5).
    static func isSixteenBytes(_ text: Span<UInt8>) -> Bool {
        guard text.count == 24 else { return false }
        for index in 0..<22 where !isLetter(text[index]) { return false }
        return text[22] == UInt8(ascii: "=") && text[23] == UInt8(ascii: "=")
    }

    private static func letter(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte.isDigit || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "+")
            || byte == .slash
    }
}
