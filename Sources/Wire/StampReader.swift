// Hot path

/// Reads the time at the beginning of a text that comes in pieces.
package struct StampReader: BitwiseCopyable, Sendable {
    private var value: UInt64 = 0
    /// Bytes that were looked at: the digits and the one behind them.
    private var count = 0
    private var isOther = false

    package init() {}

    /// Takes the next piece of the text.
    @inline(always)
    package mutating func take(_ piece: Span<UInt8>) {
        var at = 0
        while at < piece.count, count <= Stamp.digits {
            let byte = piece[at]
            if count < Stamp.digits {
                let digit = byte &- 0x30
                if digit > 9 { isOther = true }
                value = value &* 10 &+ UInt64(digit)
            } else if byte != 0x20 {
                isOther = true
            }
            count &+= 1
            at &+= 1
        }
    }

    /// The time, of a text that is over; nil when it does not begin with one.
    @inline(always)
    package var stamp: Stamp? {
        guard count >= Stamp.digits, !isOther, let time = Int64(exactly: value) else { return nil }
        return Stamp(unixNanoseconds: time)
    }
}
