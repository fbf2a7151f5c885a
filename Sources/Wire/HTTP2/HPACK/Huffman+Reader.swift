extension Huffman {
    /// Reads one string: bits wait in a word of 64, the next of them on top.
    ///
    /// What is below the `bits` that count is put there again with the bytes it belongs to; behind
    /// the last byte it is ones, as the padding is.
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
            // SAFETY: `store` checks each place in `output`, which the caller lends.
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
            refillRest()
            while true {
                // RFC 7541 §5.2: padding is shorter than a byte and the beginning of EOS. No code
                // of seven bits or less consists of ones.
                if bits < 8, window == .max { return written }
                let step = tables.step(window)
                if step.count == 0 {
                    unsafe Self.store(UInt16(try long()), at: written, in: output)
                    written &+= 1
                } else if step.bits <= bits {
                    unsafe Self.store(step.symbols, at: written, in: output)
                    written &+= step.count
                    drop(step.bits)
                } else {
                    // The second symbol is made of the ones behind the string.
                    if step.firstBits > bits { throw .badPadding }
                    unsafe Self.store(step.symbols & 0xFF, at: written, in: output)
                    written &+= 1
                    drop(step.firstBits)
                }
                if at < code.count { refillRest() }
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
            let word = code.bigEndian(UInt64.self, at: at) &>> UInt64(bits)
            window = window & ~(UInt64.max &>> UInt64(bits)) | word
            at &+= (63 &- bits) &>> 3
            bits |= 56
        }

        /// The same byte by byte, when less than eight are left, and behind the last with ones.
        @_lifetime(self: copy self)
        private mutating func refillRest() {
            while bits <= 56, at < code.count {
                let shift = UInt64(56 &- bits)
                window = window & ~(0xFF &<< shift) | UInt64(code[at]) &<< shift
                at &+= 1
                bits &+= 8
            }
            if bits < 64, at == code.count { window |= UInt64.max &>> UInt64(bits) }
        }

        /// Ones come in from below, which the next word of the string is put over.
        @inline(always)
        @_lifetime(self: copy self)
        private mutating func drop(_ count: Int) {
            window = ~(~window &<< UInt64(count))
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
