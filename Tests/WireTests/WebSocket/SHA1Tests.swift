import Testing

@testable import Wire

@Suite("SHA-1 and Base64")
struct SHA1Tests {
    @Test(
        "the vectors of RFC 3174 and FIPS 180, and lengths at the border of a block",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (
                String(repeating: "01234567", count: 80),
                "dea356a2cddd90c7a7ecedc5ebb563934f460452"
            ),
            (
                String(repeating: "a", count: 1_000_000),
                "34aa973cd4c4daa4f61eeb2bdbad27316534016f"
            ),
            (String(repeating: "a", count: 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
            (String(repeating: "a", count: 56), "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
            (String(repeating: "a", count: 63), "03f09f5b158a7a8cdad920bddc29b81c18a551f5"),
            (String(repeating: "a", count: 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
        ])
    func digest(message: String, expected: String) {
        let digest = SHA1.digest(of: Array(message.utf8).span)
        let text = digest.indices.map { index in
            let digits = String(digest[index], radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        #expect(text.joined() == expected)
    }

    @Test("the vectors of RFC 4648")
    func base64() {
        func text<let count: Int>(_ bytes: String, _: InlineArray<count, UInt8>.Type) -> String {
            let text: InlineArray<count, UInt8> = Base64.text(of: Array(bytes.utf8).span)
            return String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
        }
        #expect(text("", InlineArray<0, UInt8>.self) == "")
        #expect(text("f", InlineArray<4, UInt8>.self) == "Zg==")
        #expect(text("fo", InlineArray<4, UInt8>.self) == "Zm8=")
        #expect(text("foo", InlineArray<4, UInt8>.self) == "Zm9v")
        #expect(text("foob", InlineArray<8, UInt8>.self) == "Zm9vYg==")
        #expect(text("fooba", InlineArray<8, UInt8>.self) == "Zm9vYmE=")
        #expect(text("foobar", InlineArray<8, UInt8>.self) == "Zm9vYmFy")
    }

    @Test("every letter of the alphabet stands for its number")
    func alphabet() {
        let bytes = (0..<48).map { index in
            // The numbers from 0 to 63 in six bits each.
            (0..<8).reduce(UInt8(0)) { byte, bit in
                let position = index * 8 + bit
                return byte << 1 | UInt8((position / 6) >> (5 - position % 6) & 1)
            }
        }
        let text: InlineArray<64, UInt8> = Base64.text(of: bytes.span)
        #expect(
            String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
                == "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    }

    @Test(
        "what stands for sixteen bytes is told from what does not",
        arguments: [
            ("dGhlIHNhbXBsZSBub25jZQ==", true), ("++++////09azAZAZazazaQ==", true),
            ("dGhlIHNhbXBsZSBub25jZR==", true), ("dGhlIHNhbXBsZSBub25jZQ=", false),
            ("dGhlIHNhbXBsZSBub25jZQ", false), ("dGhlIHNhbXBsZSBub25jZQ=a", false),
            ("dGhlIHNhbXBsZSBub25jZWE=", false), ("dGhlIHNhbXBsZSBub25j====", false),
            ("dGhlIHNhbXBsZSBub25-ZQ==", false), ("", false),
            ("dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==", false),
        ])
    func sixteen(text: String, isKey: Bool) {
        #expect(Base64.isSixteenBytes(Array(text.utf8).span) == isKey)
    }
}
