import Basis

/// Rates in equal pieces of the window, from readings at or shortly after their borders.
struct RateBins {
    /// What was counted since the start of the window.
    struct Counts: Equatable {
        var succeeded: UInt64 = 0
        /// Fractional where a part of it is an expectation.
        var due = 0.0
    }

    /// The finished pieces, each at its place in the window.
    private(set) var values: [RatePiece] = []
    /// The end of the current piece.
    private(set) var nextEnd = Instant.distantFuture
    private var began = Instant(raw: 0)
    private var end = Instant(raw: 0)
    private var width = Nanoseconds.forever
    private var counted = Counts()

    init() {}

    init(_ window: Window) {
        values.reserveCapacity(Limit.rateBins)
        width = max(Nanoseconds(raw: 1), window.duration / Int64(Limit.rateBins))
        began = window.start
        end = window.end
        nextEnd = began + width
    }

    /// Ends the current piece when its time is over. A thread that was stopped for longer has the
    /// same rate in all pieces of that time, so that the pieces of all threads keep their places.
    mutating func note(at now: Instant, _ counts: Counts) {
        if now < nextEnd { return }
        let piece = close(at: now, counts)
        repeat {
            values.append(piece)
            nextEnd = nextEnd + width
        } while nextEnd <= now && nextEnd <= end
        if nextEnd > end { nextEnd = .distantFuture }
    }

    /// Ends the last piece, unless too little of it has passed to be a rate.
    mutating func finish(at now: Instant, _ counts: Counts) {
        if now.since(began) >= width / 2, values.count < Limit.rateBins {
            values.append(close(at: now, counts))
        }
        nextEnd = .distantFuture
    }

    private mutating func close(at now: Instant, _ counts: Counts) -> RatePiece {
        let seconds = now.since(began).inSeconds
        defer { (counted, began) = (counts, now) }
        return RatePiece(
            succeeded: Double(counts.succeeded - counted.succeeded) / seconds,
            due: max(0, counts.due - counted.due) / seconds)
    }
}
