// Hot path

extension UInt64 {
    /// One of its sixteen hexadecimal digits, in lower case.
    ///
    /// - Parameter place: from 0, the highest.
    @inline(always)
    func hexDigit(_ place: Int) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: self &>> UInt64(60 &- 4 &* place)) & 15
        return value < 10 ? 0x30 &+ value : 0x57 &+ value
    }
}
