/// The Huffman code of RFC 7541 Appendix B, made from its code lengths: it is canonical, so that of
/// equal lengths the smaller symbol has the smaller code.
///
/// Made once for the program and never freed; a coder keeps the pointers, so that no call asks
/// whether they are there already.
@safe
struct HuffmanTables: BitwiseCopyable, @unchecked Sendable {
    /// Symbols, the last of which is EOS.
    static let symbols = 257
    static let endOfString = 256
    /// The code of a symbol in the low bits of the upper 32, its length in the lower 32.
    private let codes: UnsafePointer<UInt64>
    /// What the next `prefixBits` bits begin with: a `Step`.
    private let steps: UnsafePointer<UInt32>
    /// For codes longer than the prefix: the symbols in the order of their codes.
    private let ordered: UnsafePointer<UInt16>
    /// For each length: the first code behind those of this length, at the top of 32 bits, and
    /// what to add to a code to get its place in `ordered`.
    private let lengths: UnsafePointer<Length>

    /// Bits looked at at once: 16 KiB of table, and all that is common in a field is shorter.
    static let prefixBits = 12
    static let codeBitsMax = 30

    private struct Length: BitwiseCopyable {
        var end: UInt64
        var offset: Int
    }

    /// What a prefix decodes to: up to two symbols.
    struct Step: BitwiseCopyable {
        let raw: UInt32

        /// Both symbols, the first in the low byte; the second is zero when there is one only.
        @inline(always)
        var symbols: UInt16 { UInt16(truncatingIfNeeded: raw) }
        /// Bits of all symbols.
        @inline(always)
        var bits: Int { Int(raw &>> 16 & 0x1F) }
        /// Bits of the first symbol.
        @inline(always)
        var firstBits: Int { Int(raw &>> 24 & 0x1F) }
        /// Zero for the beginning of a code that is longer than the prefix.
        @inline(always)
        var count: Int { Int(raw &>> 29) }
    }

    static let shared = HuffmanTables()

    /// The lengths in the order of the symbols, as letters: A is five bits.
    private static let letters: StaticString = """
        ISXXXXXXXTZXXZXXXXXXXXZXXXXXXXXXBFFHIBDGFFDGDBBBAAABBBBBBBCDKBHFIBCCCCCCCCCCCCCCCCCCCCCC\
        DCDIOIJBKABABABBBACCBBBABCBAABCCCCCKGJIXPRPPRRRSRSSSSSTSTTRSTSSSSQRSRSSTRQPRRSSQSRRTQRSS\
        QQRQSRSSPRRRSRRSVVPORSRUVVVWWVTUOQVWWVWTQQVVXWWWPTPQRQQSRRUUTTVSVWVVWWWWWXWWWWWVZ
        """

    private init() {
        // SAFETY: each allocation has the size its loop or its table runs over, is written here
        // only and lives as long as the program; `letters` has `symbols` bytes.
        let letters = Self.letters
        precondition(letters.utf8CodeUnitCount == Self.symbols)
        let codes = UnsafeMutablePointer<UInt64>.allocate(capacity: Self.symbols)
        let ordered = UnsafeMutablePointer<UInt16>.allocate(capacity: Self.symbols)
        let lengths = UnsafeMutablePointer<Length>.allocate(capacity: Self.codeBitsMax + 1)
        var code: UInt64 = 0
        var place = 0
        for length in 0...Self.codeBitsMax {
            code <<= 1
            let offset = place - Int(code)
            for symbol in 0..<Self.symbols
            where unsafe Int(letters.utf8Start[symbol]) - 60 == length {
                unsafe codes[symbol] = code << 32 | UInt64(length)
                unsafe ordered[place] = UInt16(symbol)
                code += 1
                place += 1
            }
            unsafe lengths[length] = Length(end: code << UInt64(32 - length), offset: offset)
        }
        unsafe self.codes = UnsafePointer(codes)
        unsafe self.ordered = UnsafePointer(ordered)
        unsafe self.lengths = UnsafePointer(lengths)
        unsafe self.steps = Self.makeSteps(codes)
    }

    private static func makeSteps(_ codes: UnsafePointer<UInt64>) -> UnsafePointer<UInt32> {
        let count = 1 << prefixBits
        let firsts = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
        let steps = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
        // SAFETY: a code of at most `prefixBits` bits, followed by any bits, is below `count`, and
        // so is a prefix whose first bits are shifted out.
        unsafe firsts.initialize(repeating: 0, count: count)
        for symbol in 0..<endOfString {
            let bits = unsafe Int(codes[symbol] & 0xFF)
            guard bits <= prefixBits else { continue }
            let start = unsafe Int(codes[symbol] >> 32) << (prefixBits - bits)
            for prefix in start..<(start + 1 << (prefixBits - bits)) {
                unsafe firsts[prefix] = UInt32(symbol | bits << 16 | bits << 24 | 1 << 29)
            }
        }
        for prefix in 0..<count {
            let first = unsafe Step(raw: firsts[prefix])
            unsafe steps[prefix] = first.raw
            guard first.count == 1 else { continue }
            let second = unsafe Step(raw: firsts[(prefix << first.bits) & (count - 1)])
            let bits = first.bits + second.bits
            guard second.count == 1, bits <= prefixBits else { continue }
            unsafe steps[prefix] = UInt32(
                Int(first.symbols) | Int(second.symbols) << 8 | bits << 16 | first.bits << 24
                    | 2 << 29)
        }
        unsafe firsts.deallocate()
        return unsafe UnsafePointer(steps)
    }

    /// The code of a byte and its length in bits.
    @inline(always)
    func code(_ byte: UInt8) -> (code: UInt64, bits: Int) {
        // SAFETY: every byte is a symbol.
        let entry = unsafe codes[Int(byte)]
        return (entry &>> 32, Int(truncatingIfNeeded: entry & 0xFF))
    }

    /// What `window` begins with, the next bit being its highest.
    @inline(always)
    func step(_ window: UInt64) -> Step {
        // SAFETY: what is left of the window is below `1 << prefixBits`.
        unsafe Step(raw: steps[Int(truncatingIfNeeded: window &>> (64 - UInt64(Self.prefixBits)))])
    }

    /// The symbol at the beginning of `window` and its length, for codes longer than a step.
    @inline(never)
    func longSymbol(_ window: UInt64) -> (symbol: Int, bits: Int) {
        let top = window >> 32
        var bits = Self.prefixBits + 1
        // SAFETY: the code is complete, so the end of the longest codes is `1 << 32`, above every
        // `top`, and every code has its place among the symbols.
        while unsafe top >= lengths[bits].end { bits += 1 }
        let place = unsafe Int(top >> UInt64(32 - bits)) + lengths[bits].offset
        return unsafe (Int(ordered[place]), bits)
    }
}
