// Hot path

/// What a request touches of its connection. Kept to about a cache line: at ten thousand
/// connections every line here is a miss.
struct ClientConnection<Session: ~Copyable>: ~Copyable {
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
    /// Whether it brought an event that was due at the window's end or later.
    var hasHeardEnd = false
    /// Whether the connection was ever open.
    var wasOpened = false

    @inline(always)
    var isOpen: Bool { state == .open }
}
