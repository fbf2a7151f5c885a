import Basis
import Testing
import Wire

@Suite("WebSocket masks")
struct MaskTests {
    private static let lengths = Array(0...70) + [125, 126, 255, 256, 1_000, 4_099]
    private static let key: [UInt8] = [0x01, 0x82, 0xF3, 0x4C]
    private static let mask = WebSocket.Mask(key: 0x4CF3_8201)

    private static func payload(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
    }

    /// The definition, RFC 6455 §5.3.
    private static func masked(_ bytes: [UInt8], phase: Int) -> [UInt8] {
        bytes.enumerated().map { $1 ^ key[($0 + phase) % 4] }
    }

    @Test("bytes are masked in place, in every phase, at every alignment", arguments: lengths)
    func inPlace(_ count: Int) {
        for phase in 0..<8 {
            for shift in 0..<(count < 100 ? 9 : 2) {
                var bytes = Self.payload(count + shift + 1)
                let expected = Self.masked(Array(bytes[shift..<shift + count]), phase: phase)
                let untouched = (Array(bytes[..<shift]), bytes[shift + count])
                // SAFETY: the slice lies in the array, and nobody else looks at it meanwhile.
                unsafe bytes.withUnsafeMutableBufferPointer { buffer in
                    let slice = unsafe UnsafeMutableBufferPointer(
                        rebasing: buffer[shift..<shift + count])
                    var part = unsafe MutableSpan(_unsafeElements: slice)
                    Self.mask.advanced(by: phase).apply(to: &part)
                }
                #expect(Array(bytes[shift..<shift + count]) == expected, "phase \(phase)")
                #expect(untouched == (Array(bytes[..<shift]), bytes[shift + count]))
            }
        }
    }

    @Test("bytes are masked on their way into a queue", arguments: lengths)
    func appended(_ count: Int) {
        let bytes = Self.payload(count)
        for phase in 0..<4 {
            var queue = ByteQueue()
            queue.append(0xAA)
            queue.append(bytes.span, masked: Self.mask.advanced(by: phase))
            queue.append(0xBB)
            #expect(queue.array == [0xAA] + Self.masked(bytes, phase: phase) + [0xBB])
        }
    }

    @Test("a payload may be cut anywhere", arguments: [1, 3, 8, 31, 32, 33, 67])
    func cuts(_ count: Int) {
        let bytes = Self.payload(count)
        let expected = Self.masked(bytes, phase: 0)
        for first in 0...count {
            for second in first...count {
                var queue = ByteQueue()
                var start = 0
                for end in [first, second, count] {
                    queue.append(
                        bytes.span.extracting(start..<end), masked: Self.mask.advanced(by: start))
                    start = end
                }
                if queue.array != expected { Issue.record("cut at \(first) and \(second)") }
            }
        }
    }

    @Test("nothing is read or written beyond the bytes", arguments: [1, 4, 7, 8, 31, 40])
    func bounds(_ count: Int) {
        let bytes = Self.payload(count)
        GuardedBytes(bytes).withSpan { span in
            var queue = ByteQueue()
            queue.append(span, masked: Self.mask)
            #expect(queue.array == Self.masked(bytes, phase: 0))
        }
    }

    @Test("masks add up, and one byte is masked as many are")
    func algebra() {
        let other = WebSocket.Mask(key: 0xDEAD_BEEF)
        let bytes = Self.payload(11)
        var queue = ByteQueue()
        queue.append(bytes.span, masked: Self.mask ^ other)
        var twice = ByteQueue()
        twice.append(bytes.span, masked: other)
        var thrice = ByteQueue()
        thrice.append(twice.bytes, masked: Self.mask)
        #expect(queue.array == thrice.array)
        #expect(Self.mask ^ Self.mask == .none)
        #expect((0..<11).map { Self.mask.byte(bytes[$0], at: $0) } == Self.masked(bytes, phase: 0))
    }

    @Test("keys follow from the seed, and each frame has another", arguments: [1, 2] as [UInt64])
    func keys(seed: UInt64) {
        var one = SeededGenerator(seed: seed)
        var other = SeededGenerator(seed: seed)
        let keys = (0..<100).map { _ in WebSocket.Mask(using: &one) }
        #expect(keys == (0..<100).map { _ in WebSocket.Mask(using: &other) })
        #expect(Set(keys.map { $0.byte(0, at: 0) }).count > 50, "seed \(seed)")
        #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 != $1 }, "seed \(seed)")
    }
}
