/// The reading primitives of the text protocols. Every one checks its bounds, so that a parser
/// built from them can be wrong but cannot read outside its span.
extension Span where Element == UInt8 {
    /// The sixteen bytes at `offset`.
    @inline(always)
    func lanes(at offset: Int) -> SIMD16<UInt8> {
        precondition(offset >= 0 && count &- offset >= 16)
        // SAFETY: the line above; unaligned loads of trivial types are allowed.
        return unsafe bytes.unsafeLoadUnaligned(
            fromUncheckedByteOffset: offset, as: SIMD16<UInt8>.self)
    }

    /// The first index from `start` on whose byte is in `stops`; `count` when there is none.
    @inline(always)
    func firstIndex<Stops: ByteClass>(of stops: Stops, from start: Int) -> Int {
        var at = start
        while count &- at >= 16 {
            let lane = stops.mask(lanes(at: at)).firstLane
            at &+= lane
            if lane < 16 { return at }
        }
        while at < count, !stops.contains(self[at]) { at &+= 1 }
        return at
    }

    /// The first index whose byte is in `stops`; `count` when there is none. For values that end
    /// where the span does: no byte is looked at by itself, however short they are.
    @inline(always)
    func firstIndexInValue<Stops: ByteClass>(of stops: Stops) -> Int {
        var at = 0
        while count &- at >= 16 {
            let lane = stops.mask(lanes(at: at)).firstLane
            at &+= lane
            if lane < 16 { return at }
        }
        if at == count { return count }
        // Of a longer value the last sixteen, some of which are known to be none of them.
        let start = max(0, count &- 16)
        let rest = start == 0 ? paddedLanes : lanes(at: start)
        return min(start &+ stops.mask(rest).firstLane, count)
    }

    /// All bytes of a span of less than sixteen, and zeros behind them.
    @inline(always)
    var paddedLanes: SIMD16<UInt8> {
        precondition(count < 16)
        var words = SIMD2<UInt64>(0, 0)
        if count >= 8 {
            words[0] = littleEndian(UInt64.self, at: 0)
            // The last eight without those that stand in the first word already.
            words[1] = littleEndian(UInt64.self, at: count &- 8) >> UInt64((16 &- count) &* 8)
        } else if count >= 4 {
            // Where both overlap they hold the same.
            let last = UInt64(littleEndian(UInt32.self, at: count &- 4))
            words[0] =
                UInt64(littleEndian(UInt32.self, at: 0)) | last &<< UInt64((count &- 4) &* 8)
        } else {
            for index in indices { words[0] |= UInt64(self[index]) &<< UInt64(index &* 8) }
        }
        words = SIMD2(words[0].littleEndian, words[1].littleEndian)
        // SAFETY: both are sixteen bytes without structure.
        return unsafe unsafeBitCast(words, to: SIMD16<UInt8>.self)
    }

    @inline(always)
    private func littleEndian<Word: FixedWidthInteger & BitwiseCopyable>(
        _: Word.Type, at offset: Int
    ) -> Word {
        bigEndian(Word.self, at: offset).byteSwapped
    }

    /// Whether both hold the same bytes.
    package func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var at = 0
        while count &- at >= 8 {
            if bigEndian(UInt64.self, at: at) != other.bigEndian(UInt64.self, at: at) {
                return false
            }
            at &+= 8
        }
        while at < count {
            if self[at] != other[at] { return false }
            at &+= 1
        }
        return true
    }

    /// The integer whose bytes in network order stand at `offset`.
    @inline(always)
    package func bigEndian<Word: FixedWidthInteger & BitwiseCopyable>(
        _: Word.Type, at offset: Int
    ) -> Word {
        precondition(offset >= 0 && count &- offset >= MemoryLayout<Word>.size)
        // SAFETY: the line above; unaligned loads of trivial types are allowed.
        let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Word.self)
        return Word(bigEndian: word)
    }

    /// Whether `text` stands at `offset`, byte for byte.
    @inline(always)
    func has(_ text: StaticString, at offset: Int) -> Bool {
        matches(text, at: offset, fold: 0)
    }

    /// Whether the bytes of `run` are `text`, which is written in lower case, in any case of
    /// letters.
    ///
    /// Folding sets bit 5, which is exact as long as `run` holds no control characters and `text`
    /// consists of letters, digits and hyphens.
    @inline(always)
    func equalsFolded(_ text: StaticString, _ run: HTTP1.Run) -> Bool {
        run.length == text.utf8CodeUnitCount
            && matches(text, at: run.lower, fold: 0x2020_2020_2020_2020)
    }

    /// Whether `text`, which is written in lower case, stands at `offset` in any case of letters;
    /// exact only for letters, digits, hyphens and what has bit 5 set, among visible characters.
    func hasFolded(_ text: StaticString, at offset: Int) -> Bool {
        matches(text, at: offset, fold: 0x2020_2020_2020_2020)
    }

    @inline(always)
    private func matches(_ text: StaticString, at offset: Int, fold: UInt64) -> Bool {
        let length = text.utf8CodeUnitCount
        guard count &- offset >= length else { return false }
        var at = 0
        while length &- at >= 8 {
            if !same(UInt64.self, text, at, offset, fold) { return false }
            at &+= 8
        }
        if length &- at >= 4 {
            if !same(UInt32.self, text, at, offset, fold) { return false }
            at &+= 4
        }
        while at < length {
            if !same(UInt8.self, text, at, offset, fold) { return false }
            at &+= 1
        }
        return true
    }

    @inline(always)
    private func same<Word: FixedWidthInteger & BitwiseCopyable>(
        _: Word.Type, _ text: StaticString, _ at: Int, _ offset: Int, _ fold: UInt64
    ) -> Bool {
        let fold = Word(truncatingIfNeeded: fold)
        // SAFETY: `matches` looked that both sides hold all of `text`, and keeps its loads within.
        let ours = unsafe bytes.unsafeLoadUnaligned(
            fromUncheckedByteOffset: offset &+ at, as: Word.self)
        let theirs = unsafe UnsafeRawPointer(text.utf8Start).loadUnaligned(
            fromByteOffset: at, as: Word.self)
        return ours | fold == theirs | fold
    }
}

extension StaticString {
    /// The UTF-8 of the literal.
    package var span: Span<UInt8> {
        @_lifetime(immortal)
        get {
            // SAFETY: a literal's bytes live for ever.
            let bytes = unsafe Span(
                _unsafeElements: UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount))
            return unsafe _overrideLifetime(bytes, copying: ())
        }
    }
}

/// A set of bytes that a scan stops at, one at a time and sixteen at a time.
protocol ByteClass {
    func contains(_ byte: UInt8) -> Bool
    func mask(_ lanes: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>>
}

extension SIMD16<UInt8> {
    /// Sixteen times `byte`. Comparing with a vector is one instruction; with a bare scalar the
    /// operators of the standard library are generic and compile to a loop over the lanes (6.3.1).
    @inline(always)
    static func all(_ byte: UInt8) -> SIMD16<UInt8> { SIMD16(repeating: byte) }

    /// Whether all lanes are equal; `==` is one of the operators that loop.
    @inline(always)
    func equal(_ other: SIMD16<UInt8>) -> Bool { (self .!= other).firstLane == 16 }
}

extension SIMDMask<SIMD16<Int8>> {
    /// The index of the first true lane, 16 when all are false.
    @inline(always)
    var firstLane: Int {
        // SAFETY: a mask of sixteen 8-bit lanes is sixteen bytes, all ones for true, zero for
        // false.
        let halves = unsafe unsafeBitCast(self, to: SIMD2<UInt64>.self)
        if halves[0] != 0 { return halves[0].littleEndian.trailingZeroBitCount &>> 3 }
        return 8 &+ halves[1].littleEndian.trailingZeroBitCount &>> 3
    }
}

/// A set of ASCII characters as a bit map.
struct ASCIISet: Sendable {
    /// Bit `n` says whether byte `n` belongs.
    let low: UInt64
    /// Bit `n` says whether byte `64 + n` belongs.
    let high: UInt64

    @inline(always)
    func contains(_ byte: UInt8) -> Bool {
        let half = byte < 64 ? low : high
        return byte < 128 && (half &>> UInt64(byte & 63)) & 1 != 0
    }

    /// token characters, RFC 9110 §5.6.2.
    static let token = ASCIISet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    /// Letters, digits and what means nothing but itself, RFC 3986 §2.3.
    static let unreserved = ASCIISet(low: 0x03FF_6000_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
    /// What a scheme consists of, RFC 3986 §3.1.
    static let scheme = ASCIISet(low: 0x03FF_6800_0000_0000, high: 0x07FF_FFFE_07FF_FFFE)
    /// reg-name but for its escapes, RFC 3986 §3.2.2.
    static let registeredName = ASCIISet(low: 0x2BFF_7FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
    /// The address of a version behind 6, RFC 3986 §3.2.2.
    static let addressLiteral = ASCIISet(low: 0x2FFF_7FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
}
