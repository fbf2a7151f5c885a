import Basis
import Wire

/// What only opening, closing and unfinished answers touch.
struct ConnectionRest: ~Copyable {
    /// Bytes that the next receive goes on from.
    var held = ByteQueue()
    /// When the opening began, or when to try again.
    var since = Instant.distantFuture
    /// Requests that went out before the opening was done, of which so many may still be refused
    /// for it.
    var early: UInt16 = 0
    /// Where writes are cut, if they are.
    var pieces = FlushPieces()
    /// When the connection itself was due; the distant future where none is (`opensConnections`).
    var due = Instant.distantFuture
}
