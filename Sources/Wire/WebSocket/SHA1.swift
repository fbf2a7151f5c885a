/// SHA-1, RFC 3174, for the opening handshake.
///
/// It secures nothing here and must secure nothing elsewhere, for it is broken: RFC 6455 §1.3 has a
/// server show by it that it read the request, and any other function would have done.
enum SHA1 {
    private typealias State = SIMD8<UInt32>

    static func digest(of message: Span<UInt8>) -> InlineArray<20, UInt8> {
        var state = State(
            0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0, 0, 0, 0)
        // §4: a bit that is set, zeros, and the length in bits as the last eight bytes.
        let blocks = (message.count + 9 + 63) / 64
        for block in 0..<blocks {
            var words = InlineArray<16, UInt32>(repeating: 0)
            for index in 0..<64 {
                let byte = padded(message, at: block * 64 + index, end: blocks * 64)
                words[index / 4] = words[index / 4] << 8 | UInt32(byte)
            }
            state &+= rounds(state, &words)
        }
        return InlineArray { index in
            UInt8(truncatingIfNeeded: state[index / 4] >> UInt32(24 - index % 4 * 8))
        }
    }

    /// The byte `index` of the padded message, which has `end` bytes.
    private static func padded(_ message: Span<UInt8>, at index: Int, end: Int) -> UInt8 {
        if index < message.count { return message[index] }
        if index == message.count { return 0x80 }
        if index < end - 8 { return 0 }
        let bits = UInt64(message.count) * 8
        return UInt8(truncatingIfNeeded: bits >> UInt64(8 * (end - 1 - index)))
    }

    /// §6.2: what a block adds to the state, with the message schedule in a ring of 16 words.
    private static func rounds(_ state: State, _ words: inout InlineArray<16, UInt32>) -> State {
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for round in 0..<80 {
            if round >= 16 {
                let mixed =
                    words[(round - 3) % 16] ^ words[(round - 8) % 16] ^ words[(round - 14) % 16]
                words[round % 16] = rotate(mixed ^ words[round % 16], 1)
            }
            let mixed: UInt32
            switch round / 20 {
            case 0: mixed = (b & c | ~b & d) &+ 0x5A82_7999
            case 1: mixed = (b ^ c ^ d) &+ 0x6ED9_EBA1
            case 2: mixed = (b & c | b & d | c & d) &+ 0x8F1B_BCDC
            default: mixed = (b ^ c ^ d) &+ 0xCA62_C1D6
            }
            let next = rotate(a, 5) &+ mixed &+ e &+ words[round % 16]
            (a, b, c, d, e) = (next, a, rotate(b, 30), c, d)
        }
        return State(a, b, c, d, e, 0, 0, 0)
    }

    private static func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 {
        word << bits | word >> (32 - bits)
    }
}
