// Hot path
package import Basis

/// An open loop's schedule, of whichever kind: the loop is compiled once for both, and a request
/// pays a branch for it.
package struct OpenPacing: Pacing {
    /// What decides when requests are due.
    package enum Schedule: Sendable {
        case constant(ConstantPacing)
        case poisson(PoissonPacing)
    }

    @inline(always)
    package static var isOpenLoop: Bool { true }

    package private(set) var next = Instant.distantFuture
    private var schedule: Schedule

    package init(_ schedule: Schedule) { self.schedule = schedule }

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
