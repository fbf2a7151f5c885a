// Hot path
import Basis
import Platform
import Secure

/// What a request touches of its connection. Kept to about a cache line: at ten thousand
/// connections every line here is a miss.
struct Connection<Session: ~Copyable>: ~Copyable {
    enum State: UInt8 {
        /// No socket: waits to be tried again, or the run is over.
        case closed
        /// The TCP connect is under way.
        case connecting
        /// Connected; the transport above TCP is being opened.
        case opening
        case open
    }

    /// Of the socket, fresh from before it is opened; it ends with the socket.
    var session: Session
    /// Changes with every socket, so that an event for an earlier one is recognised.
    var generation: UInt32 = 0
    /// Requests that this socket may still begin.
    var remaining: UInt32 = 0
    /// Answers in the measured window, over all sockets of this connection.
    var served: UInt32 = 0
    /// Requests under way on this socket.
    var inFlight: UInt16 = 0
    var state = State.closed
    /// Whether it stands in the queue of idle connections.
    var isListed = false
    /// Whether it stands in the queue of those with bytes to receive.
    var isUnread = false
    /// Whether the poller watches for room to write.
    var waitsToWrite = false
    /// Whether bytes of an unfinished answer are held back.
    var holdsBytes = false
    /// Whether this socket ever brought an answer.
    var hasAnswered = false
    /// Whether the connection was ever open.
    var wasOpened = false

    @inline(always)
    var isOpen: Bool { state == .open }
}

/// When one request should have been sent and when it was. A free slot has been "sent" in the
/// distant future, so that no search for old requests takes it for one.
struct RequestTimes {
    var intended: Instant
    var sent: Instant

    static let free = RequestTimes(intended: .distantFuture, sent: .distantFuture)

    @inline(always)
    var isFree: Bool { sent == .distantFuture }
}

/// A socket with the transport on top of it.
struct Link<Stream: StreamTransport & ~Copyable>: ~Copyable {
    let descriptor: Descriptor
    var stream: Stream

    @inline(always)
    mutating func receive<K: Kernel>(
        into buffer: UnsafeMutableRawBufferPointer, with kernel: inout K
    ) throws(SystemError) -> StreamInput {
        // SAFETY: the buffer is passed on as it is.
        try unsafe stream.receive(from: descriptor, into: buffer, with: &kernel)
    }

    @inline(always)
    mutating func send<K: Kernel>(
        _ bytes: Span<UInt8>, with kernel: inout K
    ) throws(SystemError) -> Sent {
        try stream.send(bytes, to: descriptor, with: &kernel)
    }

    /// - Parameter output: of which the beginning may go out with the opening.
    mutating func open<K: Kernel>(
        offering output: Span<UInt8>, with kernel: inout K
    ) throws(SystemError) -> OpeningStep {
        let early = output.extracting(first: min(output.count, stream.earlyRoom))
        return try stream.open(on: descriptor, early: early, with: &kernel)
    }
}

/// What only opening, closing and unfinished answers touch.
struct ConnectionRest: ~Copyable {
    /// Bytes that the next receive goes on from.
    var held = ByteQueue()
    /// When the opening began, or when to try again.
    var since = Instant.distantFuture
}
