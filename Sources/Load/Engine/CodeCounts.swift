// Hot path

/// Answers by the code that their protocol names, in memory of its own that never grows.
package struct CodeCounts: Sendable {
    /// HTTP's codes have three digits, those of gRPC end at 16.
    private static var limit: Int { 1_024 }

    private var counts = InlineArray<1024, UInt64>(repeating: 0)

    init() {}

    /// One more answer. A code that no protocol can have counts as the last one.
    @inline(always)
    mutating func note(_ code: UInt16) {
        counts[min(Int(code), Self.limit - 1)] &+= 1
    }

    mutating func add(_ other: borrowing CodeCounts) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    mutating func reset() { counts = InlineArray(repeating: 0) }

    /// The codes that there were, ascending.
    var found: [(code: Int, count: UInt64)] {
        counts.indices.filter { counts[$0] > 0 }.map { ($0, counts[$0]) }
    }
}
