// Hot path
package import Basis
import Platform

/// The clock of the engine, as a type, so that tests can run on a virtual one.
package protocol TimeSource: Sendable {
    var now: Instant { get }
}

/// CLOCK_MONOTONIC.
package struct MonotonicTime: TimeSource {
    package init() {}

    @inline(always)
    package var now: Instant { MonotonicClock.now }
}
