/// Bytes that need not be UTF-8, such as an argument of a command line, as a `String` that gives
/// them back.
///
/// A byte that belongs to no UTF-8 (RFC 3629) is carried by a scalar of its own, U+10FE00 and the
/// byte: private use, so no text means anything by it. Were it to stand in the bytes all the same,
/// its four bytes are carried one by one, so that every run of bytes has exactly one text.
package enum RawText {
    private static let carriers: ClosedRange<UInt32> = 0x10FE00...0x10FEFF

    package static func text(_ bytes: some Collection<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self),
            !text.unicodeScalars.contains(where: isCarrier)
        {
            return text
        }
        var text = String.UnicodeScalarView()
        var rest = Array(bytes)[...]
        while let first = rest.first {
            let whole = (1...4).lazy.compactMap { count in
                String(validating: rest.prefix(count), as: UTF8.self)
            }.first
            if let scalar = whole?.unicodeScalars.first, !isCarrier(scalar) {
                text.append(scalar)
                rest = rest.dropFirst(UTF8.width(scalar))
            } else {
                text.append(carrier(first))
                rest = rest.dropFirst()
            }
        }
        return String(text)
    }

    /// The bytes that `text` was made from.
    package static func bytes(_ text: some StringProtocol) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if isCarrier(scalar) {
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            } else {
                bytes += Array(UTF8.encode(scalar)!)
            }
        }
        return bytes
    }

    /// The same bytes in a text of ASCII and carriers only, in which no character is part of
    /// another one, as a combining accent behind a slash would be.
    package static func spread(_ text: String) -> String {
        var spread = String.UnicodeScalarView()
        for byte in bytes(text) { spread.append(byte < 128 ? UnicodeScalar(byte) : carrier(byte)) }
        return String(spread)
    }

    /// For people: what is no UTF-8 shows as U+FFFD.
    package static func display(_ text: some StringProtocol) -> String {
        String(decoding: bytes(text), as: UTF8.self)
    }

    private static func carrier(_ byte: UInt8) -> Unicode.Scalar {
        Unicode.Scalar(carriers.lowerBound + UInt32(byte))!
    }

    private static func isCarrier(_ scalar: Unicode.Scalar) -> Bool {
        carriers.contains(scalar.value)
    }
}
