// Hot path
package import Basis

/// The closed loop: answers set the pace, no request is ever due by the clock.
package struct ClosedPacing: Pacing {
    @inline(always)
    package var isOpenLoop: Bool { false }

    package init() {}

    package var rate: PerSecond { PerSecond(raw: 0) }
    @inline(always)
    package var next: Instant { .distantFuture }
    package mutating func start(at origin: Instant) {}
    @inline(always)
    package mutating func advance() {}
    package mutating func end() {}
}
