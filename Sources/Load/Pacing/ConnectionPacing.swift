// Hot path
package import Basis

/// An open loop of connections: a new one comes due by a schedule, whatever became of those before,
/// and carries its requests as in a closed loop.
package struct ConnectionPacing: Pacing {
    @inline(always)
    package static var isOpenLoop: Bool { true }
    @inline(always)
    package static var opensConnections: Bool { true }

    private var schedule: OpenPacing

    /// - Parameter schedule: of the connections.
    package init(_ schedule: OpenPacing) { self.schedule = schedule }

    package var rate: PerSecond { schedule.rate }
    @inline(always)
    package var next: Instant { schedule.next }
    package mutating func start(at origin: Instant) { schedule.start(at: origin) }
    package mutating func advance() { schedule.advance() }
}
