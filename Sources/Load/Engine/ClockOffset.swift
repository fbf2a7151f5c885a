import Basis
import Platform

/// What CLOCK_REALTIME is ahead of CLOCK_MONOTONIC.
///
/// Read once for a run: events carry the one, intervals come from the other, and a calendar clock
/// that is set while the run is on would move events in time.
enum ClockOffset {
    /// The readings of both clocks that lie closest together are taken: a thread may lose its CPU
    /// between two of them.
    static func read() -> Nanoseconds {
        var narrowest = Nanoseconds.forever
        var offset = Nanoseconds.zero
        for _ in 0..<Limit.clockReadings {
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
