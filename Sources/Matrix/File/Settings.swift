package import Basis
import Report

/// How long and how often every cell of a run is measured.
package struct Settings: Equatable, Sendable {
    package var warmup = Nanoseconds.milliseconds(500)
    package var duration = Nanoseconds.seconds(2)
    /// Launches of each cell.
    package var repeats = 3
    /// An answer that takes longer is an error.
    package var timeout = Nanoseconds.seconds(2)

    package init() {}

    package var json: JSONValue {
        [
            "warmup_ns": .integer(warmup.raw), "duration_ns": .integer(duration.raw),
            "repeat": .count(repeats), "timeout_ns": .integer(timeout.raw),
        ]
    }
}
