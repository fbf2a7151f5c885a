// Hot path
package import Basis

/// A closed or an open loop, told apart while it runs. Beside the work of a transport with keys the
/// branches are nothing, and the loop is compiled once for both.
package struct AnyPacing: Pacing {
    package let isOpenLoop: Bool
    package let opensConnections: Bool
    package private(set) var next = Instant.distantFuture
    private var schedule: OpenPacing?

    /// - Parameter schedule: nil for a closed loop.
    package init(_ schedule: OpenPacing?) {
        self.schedule = schedule
        isOpenLoop = schedule != nil
        opensConnections = schedule?.opensConnections ?? false
    }

    package var rate: PerSecond { schedule?.rate ?? PerSecond(raw: 0) }

    package mutating func start(at origin: Instant) {
        schedule?.start(at: origin)
        next = schedule?.next ?? .distantFuture
    }

    package mutating func advance() {
        schedule?.advance()
        next = schedule?.next ?? .distantFuture
    }
}
