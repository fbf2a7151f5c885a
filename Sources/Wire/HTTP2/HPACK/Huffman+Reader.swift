extension Huffman {
    /// Reads one string: bits wait in a word of 64, the next of them on top.
    ///
    /// Below the `bits` that count, the word holds bits that follow, which are read again with
    /// their bytes; behind the last byte it is filled with ones, as the padding is.
    struct Reader: ~Escapable {
        private let tables: HuffmanTables
        private let code: Span<UInt8>
        private var at = 0
        private var window: UInt64 = 0
        private var bits = 0

        @_lifetime(copy code)
        init(_ tables: HuffmanTables, _ code: Span<UInt8>) {
            self.tables = tables
            self.code = code
        }

        /// Writes the symbols to `output` and says how many there were.
        @_lifetime(self: copy self)
        mutating func decode(
            into output: UnsafeMutableRawBufferPointer
        ) throws(Fault) -> Int {
            var written = 0
            while code.count &- at >= 8 {
                refillWord()
                // At least 56 bits are there, and a step takes 12 of them at most.
                for _ in 0..<4 {
                    let step = tables.step(window)
                    if step.count == 0 {
                        if bits < HuffmanTables.codeBitsMax { break }
                        let symbol = try long()
                        unsafe Self.store(UInt16(symbol), at: written, in: output)
                        written &+= 1
                        break
                    }
                    unsafe Self.store(step.symbols, at: written, in: output)
                    written &+= step.count
                    drop(step.bits)
                }
            }
            while true {
                refillBytes()
                // RFC 7541 §5.2: padding is shorter than a byte and the beginning of EOS. No code
                // of seven bits or less consists of ones.
                if bits < 8, window == .max { return written }
                let step = tables.step(window)
                var symbol = UInt16(step.symbols & 0xFF)
                if step.count == 0 {
                    symbol = UInt16(try long())
                } else {
                    if step.firstBits > bits { throw .badPadding }
                    drop(step.firstBits)
                }
                unsafe Self.store(symbol, at: written, in: output)
                written &+= 1
            }
        }

        /// Stores two bytes at `offset`, of which the second need not count.
        @inline(always)
        private static func store(
            _ symbols: UInt16, at offset: Int, in output: UnsafeMutableRawBufferPointer
        ) {
            precondition(output.count &- offset >= 2, "more symbols than the code has room for")
            // SAFETY: the line above.
            unsafe output.storeBytes(
                of: symbols.littleEndian, toByteOffset: offset, as: UInt16.self)
        }

        /// Fills the window to 56 bits or more; eight bytes must be there.
        @inline(always)
        @_lifetime(self: copy self)
        private mutating func refillWord() {
            window |= code.bigEndian(UInt64.self, at: at) &>> UInt64(bits)
            at &+= (63 &- bits) &>> 3
            bits |= 56
        }

        /// The same byte by byte, up to the end and then with ones.
        @inline(always)
        @_lifetime(self: copy self)
        private mutating func refillBytes() {
            while bits <= 56, at < code.count {
                let shift = UInt64(56 &- bits)
                window = window & ~(0xFF &<< shift) | UInt64(code[at]) &<< shift
                at &+= 1
                bits &+= 8
            }
            if bits < 64, at == code.count { window |= UInt64.max &>> UInt64(bits) }
        }

        @inline(always)
        @_lifetime(self: copy self)
        private mutating func drop(_ count: Int) {
            window &<<= UInt64(count)
            bits &-= count
        }

        /// A symbol whose code is longer than a step.
        @inline(never)
        @_lifetime(self: copy self)
        private mutating func long() throws(Fault) -> Int {
            let (symbol, length) = tables.longSymbol(window)
            // Where the string is over, the ones behind it read as EOS.
            if length > bits { throw .badPadding }
            if symbol == HuffmanTables.endOfString { throw .endOfStringInside }
            drop(length)
            return symbol
        }
    }
}
