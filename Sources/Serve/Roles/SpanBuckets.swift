import Basis
import Synchronization

/// How many spans of time were how long, by powers of two: that of one thread, which others may
/// read at any time.
struct SpanBuckets: ~Copyable, Sendable {
    /// The first holds what took less than 2^10 ns, each next one up to twice as much, and the last
    /// all that is longer.
    static let count = 32
    private static let firstBits = 10

    private let counts = InlineArray<32, Atomic<UInt64>> { _ in Atomic(0) }

    /// By the thread alone: a plain store is enough.
    func note(_ span: Nanoseconds) {
        let bits = UInt64.bitWidth - UInt64(clamping: span.raw).leadingZeroBitCount
        let index = min(max(0, bits - Self.firstBits), Self.count - 1)
        counts[index].store(counts[index].load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    /// The counts, without the zeros behind the last one.
    var values: [UInt64] {
        var values = (0..<Self.count).map { counts[$0].load(ordering: .relaxed) }
        while values.last == 0 { values.removeLast() }
        return values
    }

    /// Two such lists as one.
    static func sum(_ a: [UInt64], _ b: [UInt64]) -> [UInt64] {
        (0..<max(a.count, b.count)).map {
            ($0 < a.count ? a[$0] : 0) + ($0 < b.count ? b[$0] : 0)
        }
    }
}
