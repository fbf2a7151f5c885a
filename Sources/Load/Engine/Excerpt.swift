/// Bytes of the network as text that can be shown anywhere.
enum Excerpt {
    /// The beginning of `bytes` as printable ASCII: line ends as `\r` and `\n`, other bytes as
    /// `\xHH`, a backslash doubled. What is left out shows as three dots. At most
    /// `Limit.excerptLength` characters.
    static func text(_ bytes: Span<UInt8>) -> String {
        let dots = "..."
        var text = ""
        for index in bytes.indices {
            let piece = printable(bytes[index])
            let isLast = index == bytes.count - 1
            if text.utf8.count + piece.utf8.count + (isLast ? 0 : dots.count)
                > Limit.excerptLength
            {
                return text + dots
            }
            text += piece
        }
        return text
    }

    private static func printable(_ byte: UInt8) -> String {
        switch byte {
        case 0x0D: return "\\r"
        case 0x0A: return "\\n"
        case 0x09: return "\\t"
        case 0x5C: return "\\\\"
        case 0x20..<0x7F: return String(UnicodeScalar(byte))
        default:
            let digits = String(byte, radix: 16)
            return "\\x" + (digits.count == 1 ? "0" : "") + digits
        }
    }
}
