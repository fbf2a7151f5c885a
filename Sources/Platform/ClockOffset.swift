package import Basis

/// What CLOCK_REALTIME is ahead of CLOCK_MONOTONIC.
///
/// Read once for a process: events carry the one, intervals come from the other, and a calendar
/// clock that is set meanwhile would move events in time. Both are slewed alike.
package enum ClockOffset {
    /// Readings of the two clocks, of which the closest are compared.
    private static let readings = 8

    /// The readings of both clocks that lie closest together are taken: a thread may lose its CPU
    /// between two of them.
    package static func read() -> Nanoseconds {
        var narrowest = Nanoseconds.forever
        var offset = Nanoseconds.zero
        for _ in 0..<readings {
            let before = MonotonicClock.now
            let wall = WallClock.nanoseconds
            let width = MonotonicClock.now.since(before)
            guard width < narrowest else { continue }
            narrowest = width
            offset = Nanoseconds(raw: wall - before.raw - width.raw / 2)
        }
        return offset
    }
}
