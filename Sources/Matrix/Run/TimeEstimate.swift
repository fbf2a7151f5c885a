import Basis
import Measure
import Report

/// How long a run still takes. Launches have a fixed length but for starting and stopping, which is
/// learnt from the launches made.
struct TimeEstimate: Sendable {
    /// Starting a server and a generator, connecting and stopping, before anything is known.
    static let firstOverhead = Nanoseconds.milliseconds(350)

    /// Making a link and ending it.
    private static let linkOverhead = Nanoseconds.milliseconds(150)
    /// Round trips of a launch beside its load: connecting, with TLS, and the last answers.
    private static let roundTrips: Int64 = 6

    /// Of a launch, and of a step of one that searches.
    private let loadTime: Nanoseconds
    private let stepTime: Nanoseconds
    private var overhead = Nanoseconds.zero
    private var launches: Int64 = 0
    /// Of launches that searched, all in all.
    private var searching = Nanoseconds.zero
    private var searches: Int64 = 0

    init(_ settings: Settings) {
        loadTime = settings.loadTime
        stepTime = settings.ofSearches.loadTime
    }

    /// Takes note of a launch of `cell` that came to its end.
    mutating func note(_ cell: Cell, elapsed: Nanoseconds) {
        if cell.arrival.question != nil {
            searching = searching + max(.zero, elapsed - Self.linkTime(cell))
            searches += 1
            return
        }
        overhead = overhead + max(.zero, elapsed - loadTime - Self.linkTime(cell))
        launches += 1
    }

    func remaining(_ slots: some Collection<Slot>) -> Nanoseconds {
        let each = launches == 0 ? Self.firstOverhead : overhead / launches
        let links = slots.reduce(Nanoseconds.zero) { $0 + Self.linkTime($1.cell) }
        let count = Int64(slots.count(where: { $0.cell.arrival.question != nil }))
        let search =
            searches == 0 ? CapacitySearch.usual(step: stepTime) + each : searching / searches
        return (loadTime + each) * (Int64(slots.count) - count) + search * count + links
    }

    /// What the link of a cell adds to its launch.
    private static func linkTime(_ cell: Cell) -> Nanoseconds {
        if cell.link.isLoopback { return .zero }
        return linkOverhead + cell.link.roundTrip * roundTrips
    }
}
