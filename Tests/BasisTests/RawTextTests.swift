import Basis
import Testing

@Suite("bytes as text")
struct RawTextTests {
    @Test(
        "UTF-8 is itself",
        arguments: ["", "plain", "caf\u{e9}", "\u{10FFFF}\u{0}\u{FFFD}", "e\u{301}/\u{301}"])
    func text(_ text: String) {
        #expect(RawText.text(Array(text.utf8)) == text)
        #expect(RawText.bytes(text) == Array(text.utf8))
        #expect(RawText.display(text) == text)
        #expect(RawText.bytes(RawText.spread(text)) == Array(text.utf8))
    }

    @Test("what is no UTF-8 comes back, and shows as what it is not")
    func strangers() {
        let bytes: [UInt8] = [
            0x61, 0xFF, 0xC3, 0x28, 0xE2, 0x82, 0xF4, 0x90, 0x80, 0x80, 0xED, 0xA0,
        ]
        let text = RawText.text(bytes)
        #expect(RawText.bytes(text) == bytes)
        #expect(RawText.display(text).hasPrefix("a\u{FFFD}\u{FFFD}("))
        #expect(text.unicodeScalars.count == bytes.count)
    }

    @Test("the scalars that carry bytes carry themselves byte by byte")
    func carriers() {
        for value: UInt32 in 0x10FDFF...0x10FF00 {
            let text = String(UnicodeScalar(value)!)
            #expect(RawText.bytes(RawText.text(Array(text.utf8))) == Array(text.utf8))
        }
    }

    @Test("any bytes come back", arguments: 0..<20)
    func anyBytes(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let pieces: [[UInt8]] = [
            [0x3A], Array("\u{301}".utf8), Array("\u{10FE41}".utf8), [0xF4, 0x8F], [0x80], [0xC0],
        ]
        for round in 0..<100 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<20, using: &generator) {
                bytes += pieces.randomElement(using: &generator)!
                bytes.append(UInt8.random(in: .min ... .max, using: &generator))
            }
            let text = RawText.text(bytes)
            #expect(RawText.bytes(text) == bytes, "seed \(seed), round \(round)")
            let spread = RawText.spread(text)
            #expect(RawText.bytes(spread) == bytes, "seed \(seed), round \(round)")
            #expect(spread.unicodeScalars.count == bytes.count)
        }
    }
}
