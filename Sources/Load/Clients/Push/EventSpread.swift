// Hot path
import Basis
import Wire

/// Over what time the events of one answer came, and over what time they were due.
struct EventSpread: BitwiseCopyable {
    private var first = Instant.distantFuture
    private var last = Instant.distantFuture
    private var count: UInt32 = 0
    /// How many of them said when they were due.
    private var stamped: UInt32 = 0
    private var firstDue: Int64 = 0
    private var lastDue: Int64 = 0

    @inline(always)
    mutating func note(_ stamp: Stamp?, at now: Instant) {
        if count == 0 { first = now }
        last = now
        count &+= 1
        guard let stamp else { return }
        if stamped == 0 { firstDue = stamp.unixNanoseconds }
        lastDue = stamp.unixNanoseconds
        stamped &+= 1
    }

    /// Whether something held the events back and let them go together: they came within a tenth of
    /// the time over which they were due, or, where they don't say when that was, all in the last
    /// tenth of the answer's time. Two events may come together by chance.
    func isBurst(from begin: Instant, to end: Instant) -> Bool {
        guard count >= Limit.burstEvents else { return false }
        if stamped == count {
            return Double(lastDue - firstDue) > 10 * Double(last.since(first).raw)
        }
        return Double(first.since(begin).raw) > 0.9 * Double(end.since(begin).raw)
    }
}
