package import Basis

/// The integers of HPACK, RFC 7541 §5.1: as much as fits the low bits of a byte whose high bits
/// mean something else, the rest seven bits a byte.
package enum HPACKInteger {
    /// What stands at a place in a block.
    package enum Reading: BitwiseCopyable, Equatable, Sendable {
        case value(UInt32, next: Int)
        /// The input ends inside the integer.
        case truncated
        /// It does not fit 32 bits, or spends bytes on zeros.
        case tooLarge
    }

    /// Bytes behind the first. Five hold 35 bits; more can only be zeros, which RFC 7541 §5.1 lets
    /// a decoder refuse.
    private static let continuations = 5

    /// The integer at `start`.
    /// - Parameter prefix: how many low bits of the first byte belong to it, 1 to 8.
    @inline(always)
    package static func read(_ input: Span<UInt8>, at start: Int, prefix: Int) -> Reading {
        guard start < input.count else { return .truncated }
        let mask = UInt8(truncatingIfNeeded: (1 &<< prefix) &- 1)
        let first = input[start] & mask
        if first < mask { return .value(UInt32(first), next: start &+ 1) }
        return readLong(input, behind: start, first: first)
    }

    @inline(never)
    private static func readLong(_ input: Span<UInt8>, behind start: Int, first: UInt8) -> Reading {
        var value = UInt64(first)
        for index in 0..<continuations {
            let at = start &+ 1 &+ index
            guard at < input.count else { return .truncated }
            let byte = input[at]
            // At most 28 is shifted by, so that 64 bits hold the sum of all five.
            value &+= UInt64(byte & 0x7F) &<< UInt64(7 &* index)
            if value > UInt64(UInt32.max) { return .tooLarge }
            if byte < 0x80 { return .value(UInt32(truncatingIfNeeded: value), next: at &+ 1) }
        }
        return .tooLarge
    }

    /// Appends `value`.
    /// - Parameters:
    ///   - prefix: how many low bits of the first byte hold it, 1 to 8.
    ///   - pattern: the other bits of the first byte.
    @inline(always)
    package static func append(
        _ value: Int, prefix: Int, pattern: UInt8, to output: inout ByteQueue
    ) {
        let mask = (1 &<< prefix) &- 1
        if value < mask {
            output.append(pattern | UInt8(truncatingIfNeeded: value))
            return
        }
        output.append(pattern | UInt8(truncatingIfNeeded: mask))
        var rest = value &- mask
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
    }
}
