// Hot path
package import Basis

/// A closed or an open loop, told apart while it runs. Beside the work of a transport with keys the
/// branches are nothing, and the loop is compiled once for both.
package struct AnyPacing: Pacing {
    private var schedule: OpenPacing?

    /// - Parameter schedule: nil for a closed loop.
    package init(_ schedule: OpenPacing?) { self.schedule = schedule }

    @inline(always)
    package var isOpenLoop: Bool { schedule != nil }
    @inline(always)
    package var opensConnections: Bool { schedule?.opensConnections ?? false }
    package var rate: PerSecond { schedule?.rate ?? ClosedPacing().rate }
    @inline(always)
    package var next: Instant { schedule?.next ?? .distantFuture }
    package mutating func start(at origin: Instant) { schedule?.start(at: origin) }
    package mutating func advance() { schedule?.advance() }
    package mutating func end() { schedule?.end() }
}
