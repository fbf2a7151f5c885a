import Basis
import Testing

@testable import Wire

@Suite("authorities")
struct AuthorityTests {
    private static func verdict(_ text: [UInt8], behind: Int) -> Bool {
        let bytes = text + Array(repeating: UInt8(ascii: "a"), count: behind)
        return bytes.span.isAuthority(HTTP1.Run(0, text.count), needsPort: false)
    }

    /// Sixteen bytes are looked at at once where there are so many, and one by one where not.
    @Test("the bytes behind a host do not matter")
    func behind() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("aZ09.-:::_%[]/@ 5\u{7F}".utf8)
        var accepted = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 1...20, using: &random)
            let common = Bool.random(using: &random)
            let text = (0..<length).map { _ in
                alphabet[Int.random(in: 0..<(common ? 9 : alphabet.count), using: &random)]
            }
            let alone = Self.verdict(text, behind: 0)
            if alone { accepted += 1 }
            let isSame = [1, 15, 16, 40].allSatisfy { Self.verdict(text, behind: $0) == alone }
            #expect(isSame, "seed \(seed): \(String(decoding: text, as: UTF8.self))")
        }
        #expect(accepted > 100)
    }

    @Test(
        "a host of sixteen bytes and around",
        arguments: [
            ("127.0.0.1:18080", true), ("127.0.0.1:180800", true), ("a:", true), (":80", false),
            ("abcdefghijklmnop", true), ("abcdefghijklmno:", true), ("abcdefghijklmno:1", true),
            ("a:8x", false), ("a:80:80", false), ("a b", false), ("a:8 ", false),
        ])
    func border(host: String, isOne: Bool) {
        for behind in [0, 16] {
            #expect(Self.verdict(Array(host.utf8), behind: behind) == isOne)
        }
    }
}
