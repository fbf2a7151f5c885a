// Hot path
package import Basis

/// An open loop's schedule, of whichever kind and of whatever is due: the loop is compiled once for
/// all, and a request pays a branch for it.
package struct OpenPacing: Pacing {
    /// What decides when requests are due.
    package enum Schedule: Sendable {
        case constant(ConstantPacing)
        case poisson(PoissonPacing)
    }

    @inline(always)
    package var isOpenLoop: Bool { true }

    package let opensConnections: Bool
    package private(set) var next = Instant.distantFuture
    private var schedule: Schedule
    /// How many are due together each time.
    private let burst: Int
    /// How many of them are still to come.
    private var together = 0

    /// - Parameters:
    ///   - schedule: when something is due.
    ///   - opensConnections: whether the schedule is one of connections: a new one comes due
    ///     whatever became of those before, and carries its requests as in a closed loop.
    ///   - burst: how many are due each time.
    package init(_ schedule: Schedule, opensConnections: Bool = false, burst: Int = 1) {
        precondition(burst > 0, "something is due")
        self.schedule = schedule
        self.opensConnections = opensConnections
        self.burst = burst
    }

    package var rate: PerSecond {
        let each =
            switch schedule {
            case .constant(let pacing): pacing.rate
            case .poisson(let pacing): pacing.rate
            }
        return PerSecond(raw: each.raw * Double(burst))
    }

    package mutating func start(at origin: Instant) {
        together = burst - 1
        switch schedule {
        case .constant(var pacing):
            pacing.start(at: origin)
            keep(.constant(pacing), pacing.next)
        case .poisson(var pacing):
            pacing.start(at: origin)
            keep(.poisson(pacing), pacing.next)
        }
    }

    @inline(never)
    package mutating func advance() {
        if together > 0 {
            together &-= 1
            return
        }
        together = burst &- 1
        switch schedule {
        case .constant(var pacing):
            pacing.advance()
            keep(.constant(pacing), pacing.next)
        case .poisson(var pacing):
            pacing.advance()
            keep(.poisson(pacing), pacing.next)
        }
    }

    package mutating func end() { next = .distantFuture }

    @inline(always)
    private mutating func keep(_ schedule: Schedule, _ next: Instant) {
        self.schedule = schedule
        self.next = next
    }
}
