import Basis
import Testing
import Wire

@Suite("UTF-8 in pieces")
struct UTF8ValidatorTests {
    /// Texts as in Markus Kuhn's stress test and the Autobahn suite, and where they fail.
    static let samples: [(bytes: [UInt8], fault: Int?, isAtBoundary: Bool)] = [
        ([], nil, true),
        (Array("Hello, World!".utf8), nil, true),
        (Array("κόσμε ЖИЗНЬ 日本語 😀".utf8), nil, true),
        ([0x7F, 0xC2, 0x80, 0xDF, 0xBF], nil, true),
        ([0xE0, 0xA0, 0x80, 0xED, 0x9F, 0xBF, 0xEE, 0x80, 0x80, 0xEF, 0xBF, 0xBF], nil, true),
        ([0xF0, 0x90, 0x80, 0x80, 0xF4, 0x8F, 0xBF, 0xBF], nil, true),
        // Unfinished, but not wrong yet.
        ([0x61, 0xC2], nil, false), ([0xE0, 0xA0], nil, false), ([0xF4, 0x8F, 0xBF], nil, false),
        // What begins no sequence.
        ([0x80], 0, false), ([0x61, 0xBF], 1, false), ([0xFE], 0, false), ([0xFF], 0, false),
        ([0xF5, 0x80, 0x80, 0x80], 0, false), ([0xF8, 0x88, 0x80, 0x80, 0x80], 0, false),
        // Overlong.
        ([0xC0, 0xAF], 0, false), ([0xC1, 0xBF], 0, false), ([0xE0, 0x80, 0xAF], 1, false),
        ([0xE0, 0x9F, 0xBF], 1, false), ([0xF0, 0x80, 0x80, 0xAF], 1, false),
        ([0xF0, 0x8F, 0xBF, 0xBF], 1, false),
        // Surrogates, and what lies beyond U+10FFFF.
        ([0xED, 0xA0, 0x80], 1, false), ([0xED, 0xBF, 0xBF], 1, false),
        ([0xF4, 0x90, 0x80, 0x80], 1, false),
        // Broken off.
        ([0xC2, 0x61], 1, false), ([0xE2, 0x82, 0x61], 2, false),
        ([0xF0, 0x9F, 0x98, 0xC2], 3, false),
        ([0xE2, 0x28, 0xA1], 1, false), ([0xC3, 0xA9, 0xC3], nil, false),
        // High bits as a mask in the wrong phase would take them away.
        (Array("abéabéabéabéabéab".utf8) + [0xFF, 0xA9], 22, false),
        // The Autobahn suite's: 6.3.1 and 6.4.1.
        (
            [
                0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5, 0xED, 0xA0, 0x80,
                0x65,
            ],
            12, false
        ),
        (
            [
                0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5, 0xF4, 0x90, 0x80,
                0x80,
            ],
            12, false
        ),
    ]

    @Test("fails at the byte that decides, wherever the text is cut", arguments: samples.indices)
    func decides(_ index: Int) {
        let sample = Self.samples[index]
        #expect(UTF8Oracle.judge(sample.bytes) == (sample.fault, sample.isAtBoundary))
        // In the scalar part, across the border of a vector, and in the second one.
        for lead in [0, 1, 13, 14, 15, 16, 17, 31, 64] {
            let bytes = Array(repeating: UInt8(ascii: "x"), count: lead) + sample.bytes
            let fault = sample.fault.map { $0 + lead }
            for cut in 0...bytes.count {
                let found = UTF8Oracle.ours(
                    bytes, mask: WebSocket.Mask(key: 0x8134_5678), cuts: [cut])
                if found != (fault, sample.isAtBoundary) {
                    Issue.record("\(lead) before, cut at \(cut): \(found)")
                }
            }
            let single = UTF8Oracle.ours(bytes, cuts: Array(0..<bytes.count))
            #expect(single == (fault, sample.isAtBoundary))
        }
    }

    @Test("judges all beginnings of two bytes, and what may follow, as the standard library does")
    func beginnings() {
        let single = (UInt8.min ... .max).map { UTF8Oracle.judge([$0]) }
        for first in UInt8.min ... .max {
            for second in UInt8.min ... .max {
                let two = [first, second]
                var expected = single[Int(first)]
                if expected.isAtBoundary {
                    let behind = single[Int(second)]
                    expected = (behind.fault.map { $0 + 1 }, behind.isAtBoundary)
                } else if expected.fault == nil {
                    expected = UTF8Oracle.judge(two)
                }
                if UTF8Oracle.ours(two) != expected { Issue.record("\(two)") }
                guard expected == (nil, false), first >= 0x80 else { continue }
                for third: UInt8 in [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF] {
                    let three = two + [third]
                    if UTF8Oracle.ours(three, cuts: [1, 2]) != UTF8Oracle.judge(three) {
                        Issue.record("\(three)")
                    }
                }
            }
        }
    }

    @Test("takes every scalar there is")
    func scalars() {
        var text = String.UnicodeScalarView()
        for value in UInt32(0)...0x10FFFF {
            if let scalar = Unicode.Scalar(value) { text.append(scalar) }
        }
        let bytes = Array(String(text).utf8)
        #expect(UTF8Oracle.ours(bytes) == (nil, true))
        #expect(
            UTF8Oracle.ours(bytes, cuts: Array(stride(from: 7, to: bytes.count, by: 4_093))) == (
                nil, true
            ))
    }

    @Test("random texts with random damage are judged alike", arguments: 0..<20)
    func random(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<100 {
            var text = ""
            for _ in 0..<Int.random(in: 0..<60, using: &generator) {
                let most: UInt32 =
                    [0x7F, 0x7F, 0x7F, 0x7FF, 0xFFFF, 0x10FFFF]
                    .randomElement(using: &generator) ?? 0
                let scalar = Unicode.Scalar(UInt32.random(in: 0...most, using: &generator))
                text.unicodeScalars.append(scalar ?? "x")
            }
            var bytes = Array(text.utf8)
            if Bool.random(using: &generator) { mutate(&bytes, using: &generator) }
            let fault = Properties.textFault(bytes)
            #expect(fault == nil, "seed \(seed), round \(round)")
        }
    }
}
