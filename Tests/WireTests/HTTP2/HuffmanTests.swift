import Basis
import Testing
import Wire

/// The code of RFC 7541 Appendix B, read one bit after the other.
///
/// It shares with ours only what encodes: codes are taken from `encode`, whose own correctness the
/// examples of RFC 7541 and python's hpack show.
struct HuffmanOracle: Sendable {
    static let shared = HuffmanOracle()

    private var symbols: [[Bool]: UInt8] = [:]

    private init() {
        for symbol in UInt8.min ... .max {
            // Eight of a symbol end with a whole byte, so that the length of one is known.
            let eight = Self.bits(encoded(Array(repeating: symbol, count: 8)))
            symbols[Array(eight.prefix(eight.count / 8))] = symbol
        }
    }

    static func bits(_ bytes: [UInt8]) -> [Bool] {
        bytes.flatMap { byte in (0..<8).map { byte & 0x80 >> $0 != 0 } }
    }

    /// nil for what is no string.
    func decode(_ bytes: [UInt8]) -> [UInt8]? {
        var text: [UInt8] = []
        var code: [Bool] = []
        for bit in Self.bits(bytes) {
            code.append(bit)
            if let symbol = symbols[code] {
                text.append(symbol)
                code = []
            } else if code.count == 30 {
                return nil
            }
        }
        return code.count < 8 && code.allSatisfy { $0 } ? text : nil
    }
}

func encoded(_ text: [UInt8]) -> [UInt8] {
    let huffman = Huffman()
    var output = ByteQueue()
    huffman.encode(text.span, count: huffman.encodedCount(text.span), to: &output)
    return output.array
}

/// nil for what is no string.
func decoded(_ code: [UInt8]) -> [UInt8]? {
    var output = ByteQueue()
    do throws(Huffman.Fault) {
        // Behind something that stays.
        output.append(0x2A)
        try Huffman().decode(code.span, to: &output)
        return Array(output.array.dropFirst())
    } catch {
        return nil
    }
}

@Suite("Huffman coding")
struct HuffmanTests {
    @Test("every symbol, alone and between others", arguments: UInt8.min ... .max)
    func symbol(_ symbol: UInt8) {
        for count in 0..<16 {
            for text in [
                Array(repeating: symbol, count: count + 1),
                Array(repeating: 0x61, count: count) + [symbol] + Array("zZ0".utf8),
            ] {
                #expect(decoded(encoded(text)) == text)
            }
        }
    }

    @Test("padding of 0 to 7 bits, and each way to get it wrong", arguments: 0..<8)
    func padding(_ bits: Int) {
        // '0' has five bits, '%' six: some of each end at any bit of a byte.
        let text = (0..<8).lazy.map { fives in
            Array(repeating: UInt8(ascii: "0"), count: fives) + [UInt8(ascii: "%")]
        }.first { (5 * ($0.count - 1) + 6 + bits) % 8 == 0 }
        guard let text else {
            Issue.record("no text ends \(bits) bits before a byte does")
            return
        }
        let code = encoded(text)
        #expect(decoded(code) == text)
        for bit in 0..<bits {
            var wrong = code
            wrong[wrong.count - 1] ^= 1 << bit
            #expect(decoded(wrong) != text)
            #expect(decoded(wrong) == HuffmanOracle.shared.decode(wrong))
        }
        #expect(decoded(code + [0xFF]) == nil, "\(bits + 8) bits of padding")
        #expect(decoded(code + [0xFF, 0xFF]) == nil, "\(bits + 16) bits of padding")
    }

    @Test(
        "EOS is no symbol", arguments: ["ff ff ff fc", "ff ff ff ff", "1f ff ff ff ff ff ff ff ff"])
    func endOfString(code: String) {
        #expect(decoded(hex(code)) == nil)
        // In the part that is read word by word.
        #expect(decoded(hex(code) + Array(repeating: 0x00, count: 16)) == nil)
    }

    @Test("nothing is an empty string, bits alone are none")
    func empty() {
        #expect(decoded([]) == [])
        #expect(encoded([]) == [])
        #expect(decoded([0xFF]) == nil)
    }

    @Test("texts come back, and other bytes mean what the oracle says", arguments: 0..<8)
    func random(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let oracle = HuffmanOracle.shared
        for round in 0..<150 {
            let count = Int.random(in: 0..<60, using: &generator)
            let common = Bool.random(using: &generator)
            let text = (0..<count).map { _ in
                UInt8.random(in: common ? 0x2D...0x7A : 0...255, using: &generator)
            }
            var code = encoded(text)
            #expect(decoded(code) == text, "seed \(seed), round \(round)")
            #expect(Huffman().encodedCount(text.span) == code.count)
            if code.isEmpty { continue }
            for _ in 0..<Int.random(in: 1..<4, using: &generator) {
                let at = Int.random(in: 0..<code.count, using: &generator)
                code[at] = Bool.random(using: &generator) ? 0xFF : UInt8(generator.next() & 0xFF)
            }
            #expect(decoded(code) == oracle.decode(code), "seed \(seed), round \(round), \(code)")
        }
    }

    @Test("nothing is read behind the code", arguments: 1..<24)
    func bounds(_ count: Int) {
        for byte: UInt8 in [0x00, 0x3F, 0xFE, 0xFF] {
            let code = Array(repeating: byte, count: count)
            let inside: [UInt8]? = GuardedBytes(code).withSpan { span in
                var output = ByteQueue()
                do throws(Huffman.Fault) {
                    try Huffman().decode(span, to: &output)
                    return output.array
                } catch {
                    return nil
                }
            }
            #expect(inside == HuffmanOracle.shared.decode(code))
        }
    }
}
