// Hot path
import Basis

extension UInt32 {
    /// Its eight hexadecimal digits in lower case, the highest in the highest byte, made side by
    /// side.
    @inline(always)
    var hexDigits: UInt64 {
        var digits = UInt64(self)
        digits = digits & 0xFFFF | (digits & 0xFFFF_0000) &<< 16
        digits = digits & 0x00FF_0000_00FF | (digits & 0xFF00_0000_FF00) &<< 8
        digits = digits & 0x000F_000F_000F_000F | (digits & 0x00F0_00F0_00F0_00F0) &<< 4
        // Those from ten on carry into the higher half of their byte.
        let letters = (digits &+ 0x0606_0606_0606_0606) &>> 4 & 0x0101_0101_0101_0101
        return digits &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }
}

extension UInt64 {
    @inline(always)
    var halves: (high: UInt32, low: UInt32) {
        (UInt32(truncatingIfNeeded: self &>> 32), UInt32(truncatingIfNeeded: self))
    }
}

extension ByteQueue {
    /// Appends `value` in sixteen hexadecimal digits.
    @inline(always)
    mutating func append(hexadecimal value: UInt64) {
        append(bigEndian: value.halves.high.hexDigits)
        append(bigEndian: value.halves.low.hexDigits)
    }
}
