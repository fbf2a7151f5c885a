import Basis
import Platform

/// What an event of the server's own says: when it was due, and filler.
enum EventText {
    /// The digits of a time: nanoseconds since 1970-01-01 UTC, until the year 2286.
    static let stampBytes = 19
    /// Added to a moment of the clock that intervals come from, it is one of the calendar. Both
    /// clocks are slewed alike, so it stays as it is but for steps of the calendar.
    private static let calendarOffset = WallClock.nanoseconds - MonotonicClock.now.raw

    /// Writes `bytes` bytes, at least those of a time.
    static func write(due: Instant, bytes: Int, to output: inout ByteQueue) {
        output.append(decimal: UInt64(due.raw + calendarOffset))
        if bytes == stampBytes { return }
        output.append(" ")
        output.append(
            repeating: UInt8(ascii: "x"), count: max(0, bytes - stampBytes - 1))
    }
}
