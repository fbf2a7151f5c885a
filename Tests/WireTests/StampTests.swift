import Basis
import Testing

@testable import Wire

/// The times that events carry.
@Suite("times of events")
struct StampTests {
    @Test(
        "a text begins with a time or does not",
        arguments: [
            ("1795877541000000001", 1_795_877_541_000_000_001),
            ("0000000000000000000", 0), ("0000000000000000007 x", 7),
            ("9223372036854775807 ", Int64.max), ("9223372036854775808", nil),
            ("9999999999999999999", nil), ("000000000000000000", nil), ("", nil),
            ("00000000000000000000", nil), ("0000000000000000007x", nil),
            ("000000000000000000x", nil), ("-000000000000000007", nil),
            (" 0000000000000000007", nil),
        ] as [(String, Int64?)])
    func stamps(text: String, time: Int64?) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var reader = StampReader()
            reader.take(bytes.span.extracting(first: cut))
            reader.take(bytes.span.extracting(droppingFirst: cut))
            #expect(reader.stamp?.unixNanoseconds == time, "cut at \(cut)")
        }
        guard let stamp = Stamp(bytes.span) else { return }
        var written = [UInt8](repeating: 0, count: bytes.count)
        stamp.write(over: &written)
        #expect(written.prefix(Stamp.digits) == bytes.prefix(Stamp.digits))
        var output = ByteQueue()
        stamp.write(to: &output)
        #expect(Array(copying: output.bytes) == Array(written.prefix(Stamp.digits)))
    }

    @Test("times of both clocks follow from each other, and none leaves its range")
    func clocks() {
        let offset = Nanoseconds(raw: 1_795_877_541_000_000_000)
        let instant = Instant(raw: 45_000_000_123)
        let stamp = Stamp(instant, unixOffset: offset)
        #expect(stamp.unixNanoseconds == 1_795_877_586_000_000_123)
        #expect(stamp.instant(unixOffset: offset) == instant)
        #expect(Stamp(.distantFuture, unixOffset: offset).unixNanoseconds == .max)
        #expect(Stamp(unixNanoseconds: 0).instant(unixOffset: offset) == Instant(raw: 0))
        let behind = Nanoseconds(raw: -5)
        #expect(Stamp(Instant(raw: 1), unixOffset: behind).unixNanoseconds == 0)
        #expect(Stamp(unixNanoseconds: .max).instant(unixOffset: behind) == .distantFuture)
    }
}
