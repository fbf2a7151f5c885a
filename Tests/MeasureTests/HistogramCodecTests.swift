import Basis
import Testing

@testable import Measure

@Suite("HistogramCodec")
struct HistogramCodecTests {
    /// Made by the Python port of HdrHistogram (PyPI `hdrhistogram`, `HdrHistogram(1,
    /// 3600000000000, 3)`) from 3 times 1 000, once 2 048, 10 times 50 000, twice 1 000 000 and
    /// once 123 456 789.
    private static let golden =
        "HISTFAAAADB4nJNpmSzMwMDAzwABzFCaEch0M9ixgMH+A0TgPD/bWgGmjR4i3W4sH/OYALj1CUA="
    private static let goldenInflated = """
        1c8493130000000f000000000000000300000000000000010000034630b8a0003ff0000000000000\
        cf0f06ad1002b148148b4604f16e02
        """
    private static let goldenSamples: [(Int64, UInt64)] = [
        (1_000, 3), (2_048, 1), (50_000, 10), (1_000_000, 2), (123_456_789, 1),
    ]

    private func goldenHistogram() -> Histogram {
        var histogram = Histogram()
        for (raw, count) in Self.goldenSamples {
            histogram.record(Nanoseconds(raw: raw), count: count)
        }
        return histogram
    }

    @Test("the inflated form is byte for byte that of another implementation")
    func goldenEncoding() {
        let bytes = HistogramCodec.encodeUncompressed(goldenHistogram())
        #expect(hex(bytes) == Self.goldenInflated)
        #expect(HistogramCodec.encodeBase64(goldenHistogram()).hasPrefix("HISTFA"))
    }

    @Test("another implementation's histogram is read")
    func goldenDecoding() throws {
        let histogram = try HistogramCodec.decode(base64: Self.golden)
        #expect(histogram.buckets == goldenHistogram().buckets)
        #expect(histogram.totalCount == 17)
        #expect(histogram.min.raw == 1_000)
        #expect(histogram.max.raw == 123_469_823)
    }

    /// The same histogram in a stored deflate block: what a writer without a compressor makes.
    @Test("uncompressed deflate blocks are read too")
    func storedBlock() throws {
        let plain = HistogramCodec.encodeUncompressed(goldenHistogram())
        let bytes = frame(stored: plain)
        #expect(try HistogramCodec.decode(bytes).buckets == goldenHistogram().buckets)
    }

    @Test("what was written is read back", arguments: 1...20 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var histogram = Histogram()
        for _ in 0..<Int.random(in: 0...400, using: &generator) {
            let raw = Int64.random(in: 0..<(1 << Int64.random(in: 1...42)), using: &generator)
            let count = UInt64.random(in: 1...(1 << UInt64.random(in: 0...50)), using: &generator)
            histogram.record(Nanoseconds(raw: raw), count: count)
        }
        let bytes = HistogramCodec.encode(histogram)
        #expect(try HistogramCodec.decode(bytes).buckets == histogram.buckets, "seed \(seed)")
        let text = HistogramCodec.encodeBase64(histogram)
        let second = try HistogramCodec.decode(base64: text)
        #expect(second.buckets == histogram.buckets, "seed \(seed)")
        #expect(
            HistogramCodec.encodeUncompressed(second)
                == HistogramCodec.encodeUncompressed(histogram))
    }

    @Test("the largest histogram there is passes the size limits")
    func everyBucketFull() throws {
        var histogram = Histogram()
        for index in 0...Histogram.Layout.topIndex {
            let bits = UInt64(index) &* 0x9E37_79B9_7F4A_7C15
            histogram.addBucket(at: index, count: 1 + bits >> 16)
        }
        let bytes = HistogramCodec.encode(histogram)
        #expect(try HistogramCodec.decode(bytes).buckets == histogram.buckets)
    }

    @Test(
        "ZigZag LEB128-64b9B: seven bits a byte, the ninth carries eight",
        arguments: [
            (0, "00"), (-1, "01"), (1, "02"), (63, "7e"), (-64, "7f"), (64, "8001"),
            (-1_000, "cf0f"), (.max, "feffffffffffffffff"), (.min, "ffffffffffffffffff"),
            (1 << 55, "808080808080808001"),
        ] as [(Int64, String)])
    func zigZag(value: Int64, expected: String) throws {
        var bytes: [UInt8] = []
        ZigZag.append(value, to: &bytes)
        #expect(hex(bytes) == expected)
        var reader = BigEndianReader(bytes)
        #expect(try ZigZag.read(&reader) == value)
        #expect(reader.remaining == 0)
    }

    @Test("damage to the inflated form is named", arguments: Damage.all)
    func damagedInside(damage: Damage) {
        var bytes = HistogramCodec.encodeUncompressed(goldenHistogram())
        damage.apply(&bytes)
        #expect(throws: damage.refusal) { _ = try HistogramCodec.decode(frame(stored: bytes)) }
    }

    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let refusal: HistogramCodec.Refusal
        let apply: @Sendable (inout [UInt8]) -> Void

        init(
            _ name: String, _ refusal: HistogramCodec.Refusal,
            _ apply: @escaping @Sendable (inout [UInt8]) -> Void
        ) {
            testDescription = name
            self.refusal = refusal
            self.apply = apply
        }

        /// A zero run of exactly `run` at the end, with the payload length put right.
        private static func appendRun(_ run: Int64, to bytes: inout [UInt8]) {
            ZigZag.append(-run, to: &bytes)
            bytes[7] = UInt8(bytes.count - 40)
        }

        static let all: [Damage] = [
            Damage("nothing inside", .truncated) { $0 = [] },
            Damage("header cut", .truncated) { $0.removeLast($0.count - 39) },
            Damage("V1 cookie", .unknownCookie(0x1c84_9301)) { $0[3] = 0x01 },
            Damage("payload shorter than announced", .truncated) { $0.removeLast() },
            Damage("payload longer than announced", .trailingBytes) { $0.append(2) },
            Damage("negative payload length", .truncated) { $0[4] = 0xFF },
            Damage("normalising offset", .otherLayout) { $0[11] = 1 },
            Damage("two digits", .otherLayout) { $0[15] = 2 },
            Damage("other lowest", .otherLayout) { $0[23] = 2 },
            Damage("other highest", .otherLayout) { $0[31] = 1 },
            Damage("other ratio", .otherLayout) { $0[32] = 0x40 },
            Damage("number cut", .truncated) { $0[$0.count - 1] = 0x80 },
            Damage("run past the last bucket", .countOutOfRange) { appendRun(33_792, to: &$0) },
            Damage("the longest run", .countOutOfRange) { bytes in
                bytes.append(contentsOf: [UInt8](repeating: 0xFF, count: 9))
                bytes[7] = UInt8(bytes.count - 40)
            },
            Damage("a count above the hour", .countOutOfRange) { bytes in
                appendRun(Int64(Histogram.Layout.topIndex) - 17_331, to: &bytes)
                bytes += [2, 2]
                bytes[7] = UInt8(bytes.count - 40)
            },
            Damage("counts that overflow together", .countOutOfRange) { bytes in
                ZigZag.append(.max, to: &bytes)
                bytes[7] = UInt8(bytes.count - 40)
            },
        ]
    }

    @Test("damage to the frame is named")
    func damagedFrame() {
        let good = HistogramCodec.encode(goldenHistogram())
        var other = good
        other[3] = 0x13
        var short = good
        short.removeLast()
        var announced = good
        announced[7] += 1
        var garbled = good
        garbled[8] = 0
        let behindZlib = frame(
            stored: HistogramCodec.encodeUncompressed(goldenHistogram()), extra: [0])
        let cases: [([UInt8], HistogramCodec.Refusal)] = [
            ([], .truncated), (Array(good.prefix(7)), .truncated),
            (other, .unknownCookie(0x1c84_9313)), (short, .truncated), (announced, .truncated),
            (good + [0], .trailingBytes), (behindZlib, .trailingBytes), (garbled, .notInflatable),
            (frame(stored: []), .truncated),
        ]
        for (bytes, refusal) in cases {
            #expect(throws: refusal, "\(hex(bytes))") { _ = try HistogramCodec.decode(bytes) }
        }
    }

    @Test("input that is too large, packed or unpacked, is refused")
    func limits() {
        let limit = 8 + HistogramCodec.Limit.compressedBytes
        #expect(throws: HistogramCodec.Refusal.tooLarge(limit: limit)) {
            _ = try HistogramCodec.decode([UInt8](repeating: 0, count: limit + 1))
        }
        #expect(throws: HistogramCodec.Refusal.tooLarge(limit: Base64.encodedCount(limit))) {
            _ = try HistogramCodec.decode(base64: String(repeating: "A", count: 2 * limit))
        }
        let bomb = [UInt8](repeating: 0, count: HistogramCodec.Limit.inflatedBytes + 1)
        #expect(throws: HistogramCodec.Refusal.notInflatable) {
            _ = try HistogramCodec.decode(frame(stored: bomb))
        }
    }

    @Test("random damage never traps and never invents samples out of range", arguments: 1...4)
    func fuzz(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let inside = HistogramCodec.encodeUncompressed(goldenHistogram())
        var read = 0
        for _ in 0..<400 {
            var bytes = inside
            mutate(&bytes, &generator)
            var outside =
                Bool.random(using: &generator)
                ? frame(stored: bytes) : HistogramCodec.encode(goldenHistogram())
            if Int.random(in: 0..<4, using: &generator) == 0 { mutate(&outside, &generator) }
            guard let histogram = try? HistogramCodec.decode(outside) else { continue }
            read += 1
            #expect(histogram.max <= Histogram.highest, "seed \(seed): \(hex(outside))")
            let sum = histogram.buckets.reduce(0) { $0 + $1.count }
            #expect(sum == histogram.totalCount, "seed \(seed): \(hex(outside))")
        }
        #expect(read > 0 && read < 400, "seed \(seed) exercises one path only")
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            default: if bytes.count > 1 { bytes.remove(at: place) }
            }
        }
    }
}

@Suite("Base64")
struct Base64Tests {
    /// RFC 4648 section 10.
    @Test(
        "the RFC's vectors",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
        #expect(Base64.encodedCount(plain.utf8.count) == text.utf8.count)
    }

    @Test("all byte values survive")
    func allBytes() {
        let bytes = (0...255).map { UInt8($0) }
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }

    @Test(
        "malformed text is refused",
        arguments: [
            "Z", "Zg", "Zg=", "Zg=a", "=Zg=", "Zg==Zg==", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "====",
            "Zm-_", "Zmé",
        ])
    func malformed(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }.joined()
}

/// The outer frame around `plain` in one or more stored deflate blocks (RFC 1951 section 3.2.4).
func frame(stored plain: [UInt8], extra: [UInt8] = []) -> [UInt8] {
    var packed: [UInt8] = [0x78, 0x01]
    var rest = plain[...]
    repeat {
        let block = rest.prefix(65_535)
        rest = rest.dropFirst(65_535)
        let length = UInt16(block.count)
        packed.append(rest.isEmpty ? 1 : 0)
        for half in [length, ~length] {
            packed += [UInt8(truncatingIfNeeded: half), UInt8(truncatingIfNeeded: half >> 8)]
        }
        packed += block
    } while !rest.isEmpty
    // Adler-32 (RFC 1950 section 9).
    var low: UInt32 = 1
    var high: UInt32 = 0
    for byte in plain {
        low = (low + UInt32(byte)) % 65_521
        high = (high + low) % 65_521
    }
    for shift in [24, 16, 8, 0] as [UInt32] {
        packed.append(UInt8(truncatingIfNeeded: (high << 16 | low) >> shift))
    }
    packed += extra
    let length = UInt32(packed.count)
    var bytes: [UInt8] = [0x1c, 0x84, 0x93, 0x14]
    for shift in [24, 16, 8, 0] as [UInt32] {
        bytes.append(UInt8(truncatingIfNeeded: length >> shift))
    }
    return bytes + packed
}
