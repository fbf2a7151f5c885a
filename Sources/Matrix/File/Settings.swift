import Basis
import Report

/// How long and how often every cell of a run is measured.
struct Settings: Equatable, Sendable {
    var warmup = Nanoseconds.milliseconds(500)
    var duration = Nanoseconds.seconds(2)
    /// Launches of each cell.
    var repeats = 3
    /// An answer that takes longer is an error.
    var timeout = Nanoseconds.seconds(2)

    var json: JSONValue {
        [
            "warmup_ns": .integer(warmup.raw), "duration_ns": .integer(duration.raw),
            "repeat": .count(repeats), "timeout_ns": .integer(timeout.raw),
        ]
    }
}
