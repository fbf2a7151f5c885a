// Hot path
import Report

/// Answers by the code that their protocol names, in memory of its own that never grows.
package struct CodeCounts: Sendable {
    /// HTTP's codes have three digits, those of gRPC end at 16.
    private var counts = InlineArray<1024, UInt64>(repeating: 0)

    init() {}

    /// One more answer. A code that no protocol can have counts as the last one.
    @inline(always)
    mutating func note(_ code: UInt16) {
        counts[min(Int(code), counts.count - 1)] &+= 1
    }

    mutating func add(_ other: borrowing CodeCounts) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    mutating func reset() { counts = InlineArray(repeating: 0) }

    /// The codes that there were.
    var answers: AnswerCodes {
        AnswerCodes(counts.indices.map { ($0, Int64(clamping: counts[$0])) })
    }
}
