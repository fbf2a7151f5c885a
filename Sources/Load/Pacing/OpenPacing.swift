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

    /// - Parameter opensConnections: whether the schedule is one of connections: a new one comes
    ///   due whatever became of those before, and carries its requests as in a closed loop.
    package init(_ schedule: Schedule, opensConnections: Bool = false) {
        self.schedule = schedule
        self.opensConnections = opensConnections
    }

    package var rate: PerSecond {
        switch schedule {
        case .constant(let pacing): pacing.rate
        case .poisson(let pacing): pacing.rate
        }
    }

    package mutating func start(at origin: Instant) {
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
        switch schedule {
        case .constant(var pacing):
            pacing.advance()
            keep(.constant(pacing), pacing.next)
        case .poisson(var pacing):
            pacing.advance()
            keep(.poisson(pacing), pacing.next)
        }
    }

    @inline(always)
    private mutating func keep(_ schedule: Schedule, _ next: Instant) {
        self.schedule = schedule
        self.next = next
    }
}
