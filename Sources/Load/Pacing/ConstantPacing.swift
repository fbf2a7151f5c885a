// Hot path
package import Basis

/// Requests in equal steps: the k-th is due at origin + (k + phase) · gap, computed anew for every
/// k so that rounding never adds up.
package struct ConstantPacing: Pacing {
    @inline(always)
    package var isOpenLoop: Bool { true }

    package let rate: PerSecond
    package private(set) var next = Instant.distantFuture
    /// Nanoseconds, fractional.
    private let gap: Double
    private let phase: Double
    private let turns: Turns?
    private var origin = Instant(raw: 0)
    private var position = 0.0

    /// - Parameters:
    ///   - rate: of this schedule alone, above zero.
    ///   - phase: 0..<1, the part of a gap that the first request waits. Threads that share a rate
    ///     take different phases, so that together they are constant too.
    ///   - turns: when it may send at all; nil for always. The rate is the mean over all time.
    package init(rate: PerSecond, phase: Double, turns: Turns? = nil) {
        precondition(rate.raw > 0 && phase >= 0 && phase < 1, "a schedule goes on")
        self.rate = rate
        gap = 1e9 / (rate.raw * Double(turns?.count ?? 1))
        self.phase = phase
        self.turns = turns
    }

    package mutating func start(at origin: Instant) {
        self.origin = origin
        position = phase
        next = due
        while next < origin { advance() }
    }

    @inline(always)
    package mutating func advance() {
        position += 1
        next = due
    }

    package mutating func end() { next = .distantFuture }

    /// A double is exact to the nanosecond for 104 days of schedule (2^53 ns).
    @inline(always)
    private var due: Instant {
        let elapsed = Nanoseconds(raw: Int64(min(position * gap, Limit.scheduleLongest)))
        if let turns { return turns.moment(at: elapsed) }
        return origin + elapsed
    }
}
