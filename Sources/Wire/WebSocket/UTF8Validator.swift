/// Says of bytes that come in pieces whether they are UTF-8 (RFC 3629), and if not, at which byte
/// it is certain: the first that no bytes behind could make part of a valid text.
package struct UTF8Validator: BitwiseCopyable, Sendable {
    /// Bytes that the sequence begun lacks.
    private var missing: UInt8 = 0
    /// What the next of them may be. Only the second byte of a sequence has bounds of its own:
    /// they exclude overlong forms, surrogates and what lies beyond U+10FFFF (RFC 3629 §4).
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    package init() {}

    /// Whether the text may end here.
    @inline(always)
    package var isAtBoundary: Bool { missing == 0 }

    /// Takes the next bytes, and returns the index of the one that is at fault; nil when none is.
    /// After a fault, ask no more.
    ///
    /// Hot: once a piece of text.
    /// - Parameter mask: what unmasks `bytes`, which are read where they lie.
    package mutating func consume(_ bytes: Span<UInt8>, mask: WebSocket.Mask = .none) -> Int? {
        var at = 0
        if missing > 0, let fault = finishSequence(bytes, at: &at, mask: mask) { return fault }
        while at < bytes.count {
            skipASCII(bytes, at: &at, mask: mask)
            // Texts beyond ASCII have runs of it: one look for 16 bytes of ASCII a run.
            while at < bytes.count {
                let byte = mask.byte(bytes[at], at: at)
                if byte < 0x80 {
                    at &+= 1
                    break
                }
                guard beginSequence(byte) else { return at }
                at &+= 1
                if let fault = finishSequence(bytes, at: &at, mask: mask) { return fault }
            }
        }
        return nil
    }

    /// Moves `at` towards the first byte beyond ASCII: sixteen bytes at a time, and at the end the
    /// last sixteen, some of which were seen before.
    @inline(always)
    private func skipASCII(_ bytes: Span<UInt8>, at: inout Int, mask: WebSocket.Mask) {
        let key = mask.advanced(by: at).lanes
        while bytes.count &- at >= 16 {
            let ascii = (bytes.lanes(at: at) ^ key).leadingASCII
            at &+= ascii
            if ascii < 16 { return }
        }
        let last = bytes.count &- 16
        if last >= 0, (bytes.lanes(at: last) ^ mask.advanced(by: last).lanes).leadingASCII == 16 {
            at = bytes.count
        }
    }

    /// The table of RFC 3629 §4. False for a byte that begins no sequence.
    @inline(always)
    private mutating func beginSequence(_ byte: UInt8) -> Bool {
        switch byte {
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, low) = (2, 0xA0)
        case 0xED: (missing, high) = (2, 0x9F)
        case 0xE1...0xEF: missing = 2
        case 0xF0: (missing, low) = (3, 0x90)
        case 0xF4: (missing, high) = (3, 0x8F)
        case 0xF1...0xF3: missing = 3
        default: return false
        }
        return true
    }

    /// Reads what has come of the sequence begun. Returns the index of a byte that is no part of
    /// it.
    @inline(always)
    private mutating func finishSequence(
        _ bytes: Span<UInt8>, at: inout Int, mask: WebSocket.Mask
    ) -> Int? {
        while missing > 0, at < bytes.count {
            let byte = mask.byte(bytes[at], at: at)
            guard byte >= low, byte <= high else { return at }
            (low, high) = (0x80, 0xBF)
            missing &-= 1
            at &+= 1
        }
        return nil
    }
}

extension SIMD16<UInt8> {
    /// How many lanes come before the first that is beyond ASCII.
    @inline(always)
    fileprivate var leadingASCII: Int {
        // SAFETY: sixteen bytes of trivial types, either way.
        let halves = unsafe unsafeBitCast(self, to: SIMD2<UInt64>.self)
        let (low, high) = (halves[0] & Self.highBits, halves[1] & Self.highBits)
        if low | high == 0 { return 16 }
        if low != 0 { return low.littleEndian.trailingZeroBitCount &>> 3 }
        return 8 &+ high.littleEndian.trailingZeroBitCount &>> 3
    }

    @inline(always)
    private static var highBits: UInt64 { 0x8080_8080_8080_8080 }
}
