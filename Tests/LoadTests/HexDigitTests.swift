import Basis
import Measure
import Testing

@testable import Load

@Suite("load: hexadecimal digits")
struct HexDigitTests {
    @Test("words of every digit are spelled as the standard library does")
    func words() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        var words: [UInt64] = [0, .max, 0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210]
        words += (0..<16).flatMap { digit in (0..<16).map { UInt64($0) << (4 * digit) } }
        words += (0..<1_000).map { _ in generator.next() }
        for word in words {
            let plain = String(word, radix: 16)
            let wanted = String(repeating: "0", count: 16 - plain.count) + plain
            var queue = ByteQueue()
            queue.append(hexadecimal: word)
            let spelled = String(decoding: Array(copying: queue.bytes), as: UTF8.self)
            #expect(spelled == wanted, "seed \(seed)")
        }
    }
}
