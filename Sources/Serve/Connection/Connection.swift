import Basis
import Platform
import Secure
import Wire

/// One peer: its socket and where the connection stands. Owned by exactly one reader.
struct Connection<Stream: StreamTransport & ~Copyable, S: Session & ~Copyable>: ~Copyable {
    var descriptor: Descriptor?
    /// There is one as long as there is a descriptor.
    var stream: Stream?
    /// The stream's opening is not done.
    var isOpening = false
    var generation: UInt32 = 0
    /// What the poller watches now.
    var interest: Interest = []
    /// The last receive may have left something that no event will announce.
    var hasUnreceived = false
    /// An end or urgent data may wait behind the next receive, if there is something unreceived.
    var isInterrupted = false
    /// When it was accepted, until the first byte of an answer has left; `distantFuture` then.
    var accepted = Instant.distantFuture
    var state = ConnectionState<S>()
    /// Where writes are cut, if they are.
    var pieces = FlushPieces()

    init() {}

    /// Back to a free slot under the next generation. The descriptor must have been taken out.
    mutating func reset() {
        precondition(descriptor == nil, "the socket of a freed slot is closed first")
        let next = generation &+ 1
        self = Connection()
        generation = next
    }
}
