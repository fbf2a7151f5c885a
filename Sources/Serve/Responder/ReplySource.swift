import Basis
import Wire

/// What is still to be made of a reply: all of it once it is due, or the rest of its body, piece by
/// piece as the peer takes it or as its pieces fall due.
struct ReplySource: BitwiseCopyable, Sendable {
    /// Bytes of body still to be made.
    private(set) var left: UInt32 = 0
    private var kind = Kind.rest
    /// Nothing is made before.
    private(set) var due = Instant(raw: 0)

    private enum Kind: UInt8, BitwiseCopyable {
        /// What is left of a body.
        case rest
        /// Nothing is made yet, the head included.
        case whole
        /// Events, which whoever has this knows.
        case events
    }

    /// There is nothing to make.
    @inline(always)
    init() {}

    /// The rest of a body.
    init(left: Int) { self.left = UInt32(left) }

    /// A whole reply that is due at a time.
    init(due: Instant) {
        self.due = due
        kind = .whole
    }

    /// Events of which the next is due at a time.
    init(eventsDue due: Instant) {
        self.due = due
        kind = .events
    }

    @inline(always)
    var isEmpty: Bool { left == 0 && kind == .rest }

    @inline(always)
    var isEvents: Bool { kind == .events }

    /// Makes the next piece of the body, as large as the peer may be sent at once.
    mutating func make(
        into output: inout ByteQueue, atMost room: Int = Limit.fillerPieceBytes
    ) {
        let count = min(Int(left), room)
        output.append(repeating: Self.byte, count: count)
        left -= UInt32(count)
    }

    /// What such bodies are made of.
    private static let byte = BenchMessages.filler
}
