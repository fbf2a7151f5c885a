package import Basis

/// An IMF-fixdate (`Sun, 06 Nov 1994 08:49:37 GMT`, RFC 9110 §5.6.7), rendered once and sent often.
package struct HTTPDate: Sendable {
    package static let length = 29

    /// The 29 bytes as they go on the wire.
    package let text: InlineArray<29, UInt8>
    /// Which second it says, clamped.
    package let unixSeconds: Int64

    /// - Parameter unixSeconds: seconds since 1970-01-01 00:00 UTC, leap seconds not counted;
    ///   clamped to the years 1970 to 9999, which is what four digits hold.
    package init(unixSeconds: Int64) {
        let seconds = min(max(unixSeconds, 0), 253_402_300_799)
        let (days, secondOfDay) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let date = CivilDate(daysSinceEpoch: Int(days))
        var text = InlineArray<29, UInt8>(repeating: .space)
        func put(_ name: StaticString, _ index: Int, at position: Int) {
            for offset in 0..<3 {
                // SAFETY: `name` holds three letters for every possible `index`.
                text[position + offset] = unsafe name.utf8Start[index * 3 + offset]
            }
        }
        func put(_ value: Int, at position: Int) {
            text[position] = .zero + UInt8(value / 10 % 10)
            text[position + 1] = .zero + UInt8(value % 10)
        }
        // 1970-01-01 was a Thursday.
        put("SunMonTueWedThuFriSat", (Int(days) + 4) % 7, at: 0)
        text[3] = .comma
        put(date.day, at: 5)
        put("JanFebMarAprMayJunJulAugSepOctNovDec", date.month - 1, at: 8)
        put(date.year / 100, at: 12)
        put(date.year % 100, at: 14)
        put(Int(secondOfDay) / 3_600, at: 17)
        text[19] = .colon
        put(Int(secondOfDay) / 60 % 60, at: 20)
        text[22] = .colon
        put(Int(secondOfDay) % 60, at: 23)
        text[26] = 0x47
        text[27] = 0x4D
        text[28] = 0x54
        self.text = text
        self.unixSeconds = seconds
    }
}

extension ByteQueue {
    /// Appends the 29 bytes of `date`.
    package mutating func append(_ date: borrowing HTTPDate) {
        append(date.text.span)
    }
}
