import Basis
import Platform
import Wire

/// What an event of the server's own says: when it was due, and filler.
enum EventText {
    private static let unixOffset = ClockOffset.read()

    /// Writes `bytes` bytes, at least those of the time.
    static func write(due: Instant, bytes: Int, to output: inout ByteQueue) {
        Stamp(due, unixOffset: unixOffset).write(to: &output)
        if bytes == Stamp.digits { return }
        output.append(" ")
        output.append(
            repeating: UInt8(ascii: "x"), count: max(0, bytes - Stamp.digits - 1))
    }
}
