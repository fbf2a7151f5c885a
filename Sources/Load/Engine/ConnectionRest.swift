import Basis
import Wire

/// What only opening, closing and unfinished answers touch.
struct ConnectionRest: ~Copyable {
    /// Bytes that the next receive goes on from.
    var held = ByteQueue()
    /// When the opening began, or when to try again.
    var since = Instant.distantFuture
    /// When the socket was connected; when the opening began as long as it is not.
    var connected = Instant.distantFuture
    /// Requests that went out before the opening was done, of which so many may still be refused
    /// for it.
    var early: UInt16 = 0
    /// Where writes are cut, if they are.
    var pieces = FlushPieces()
    /// What Fast Open has still to show of this socket.
    var fastOpening = FastOpening.settled
    /// When the connection itself was due; the distant future where none is (`opensConnections`).
    var due = Instant.distantFuture
}

/// How far a socket with TCP Fast Open has come.
enum FastOpening: UInt8 {
    /// There is nothing more to learn.
    case settled
    /// There was no cookie: the SYN left without data, and asks for one.
    case asksForCookie
    /// Nothing was sent: the SYN leaves with the first data.
    case deferred
    /// The SYN has left with data, and the peer was not yet heard.
    case sent
}
