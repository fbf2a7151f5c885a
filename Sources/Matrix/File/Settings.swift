import Basis
import Report

/// How long and how often every cell of a run is measured.
struct Settings: Equatable, Sendable {
    var warmup = Nanoseconds.milliseconds(500)
    var duration = Nanoseconds.seconds(2)
    /// Launches of each cell.
    var repeats = 3
    /// Time for launches in the place of ones that something beside the server spoilt.
    var spare = Nanoseconds.zero
    /// An answer that takes longer is an error.
    var timeout = Nanoseconds.seconds(2)
    var search = SearchTimes()

    /// Time under load of a launch, or of a step of one that searches; starting and stopping come
    /// on top.
    var loadTime: Nanoseconds { warmup + duration }

    /// The same for cells that search their rate.
    var ofSearches: Settings {
        var own = self
        own.warmup = search.warmup ?? warmup
        own.duration = search.duration ?? duration
        own.repeats = search.repeats ?? repeats
        return own
    }

    /// The same for one cell.
    func of(_ cell: Cell) -> Settings { cell.arrival.question == nil ? self : ofSearches }

    var json: JSONValue {
        var all: [JSONValue.Member] = [
            .init("warmup_ns", .integer(warmup.raw)), .init("duration_ns", .integer(duration.raw)),
            .init("repeat", .count(repeats)), .init("timeout_ns", .integer(timeout.raw)),
        ]
        // Runs that know nothing of these keep their hash.
        if spare > .zero { all.append(.init("spare_ns", .integer(spare.raw))) }
        if search != SearchTimes() { all.append(.init("search", .object(search.members))) }
        return .object(all)
    }
}
