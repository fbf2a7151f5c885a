// Hot path
package import Basis

/// When requests are due. One schedule belongs to one thread, not to one connection: a due request
/// goes to whichever connection is free, so that a slow answer on one connection delays no other
/// arrival.
package protocol Pacing: Sendable {
    /// Whether requests come due by the clock, whatever the answers do. Otherwise a connection asks
    /// again as soon as it was answered.
    var isOpenLoop: Bool { get }

    /// Whether what comes due is a connection, which brings requests of its own, instead of a
    /// request. Only in an open loop.
    var opensConnections: Bool { get }

    /// How many requests are due in the mean; zero where answers set the pace.
    var rate: PerSecond { get }

    /// The intended start of the next request; `distantFuture` where answers set the pace.
    var next: Instant { get }

    /// Begins the schedule. The first request is due at or after `origin`; what a schedule of turns
    /// had before it is left out.
    mutating func start(at origin: Instant)

    /// Goes on to the following request.
    mutating func advance()

    /// Nothing is due any more.
    mutating func end()
}

extension Pacing {
    @inline(always)
    package var opensConnections: Bool { false }
}
