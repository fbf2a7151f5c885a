import Basis
import Platform
import Secure

/// Where one connection stands, apart from its socket: what of its bytes is not yet parsed, what of
/// our bytes is not yet sent, and what it waits for. `ConnectionCore` changes it, and nothing else.
///
/// The queues have storage only while something waits in them.
struct ConnectionState<S: Session & ~Copyable>: ~Copyable {
    // What every event looks at stands first: the fewer cache lines, the less a system call has
    // driven out of the cache.
    var session: S
    var phase = Phase.free
    /// The peer has ended its half in order.
    var hasPeerFinished = false
    /// `input` may hold whole messages: the parser stopped there before it had to ask for more
    /// bytes.
    var hasMore = false
    /// Listed to go on with input that is already here.
    var isListed = false
    /// What arrives came before the stream's opening was done.
    var isEarly = false
    /// It ends at once, by the fault plan, with what is on its way out.
    var isCut = false
    /// The output has held an answer, and not only what the protocol says by itself.
    var hasAnswered = false
    /// How many messages workers have.
    var inFlight: UInt16 = 0
    /// When the sweep ends this phase of the connection.
    var deadline = Instant.distantFuture
    /// The next time that the connection is gone on with for its session.
    var timer = Instant.distantFuture
    /// Received and not yet consumed by the parser.
    var input = ByteQueue()
    /// Encoded and not yet taken by the socket.
    var output = ByteQueue()
    /// Messages in the hands of workers, oldest first, as a list through the items.
    var firstInFlight = WorkItem.none
    var lastInFlight = WorkItem.none
    /// Payload that those messages and their replies occupy, see `Message.weight`.
    var bytesInFlight = 0
    /// Payload bytes that the reader has on its account for this connection.
    var held = 0
    /// Of the bytes that are still to be parsed, those that had arrived when the stop was seen.
    var arrived = 0
    /// In `Phase.lingering`: what the peer may still do.
    var lingering = Lingering(at: Instant(raw: 0))

    enum Phase: UInt8, BitwiseCopyable {
        case free
        /// Promised to an acceptor that will bring a socket.
        case reserved
        case opening
        /// Between messages.
        case idle
        /// A message is arriving.
        case receiving
        /// A reply waits for its time, for a worker or for the peer to take it.
        case replying
        /// All is sent and the sending half has ended; see `Lingering`.
        case lingering
    }

    init() { session = S(.init()) }

    /// What it holds of the budget now: the payload that is arriving, and of an echo the storage
    /// beyond the bound of all replies. Storage, since a queue that drains keeps it for a while.
    @inline(always)
    var holding: Int {
        session.holding + max(0, output.storageBytes - Limit.unsentStorageBytes)
    }

    /// Whether any reply is still owed.
    @inline(always)
    var owesReply: Bool { session.owes || inFlight > 0 || !output.isEmpty }

    /// What of the socket it waits for.
    @inline(always)
    var wanted: Interest {
        // Not `[]`, whose empty array the optimiser may forget to take away.
        var wanted = Interest(rawValue: 0)
        if !hasPeerFinished, input.count < Limit.unparsedBytes { wanted.insert(.readable) }
        if !output.isEmpty { wanted.insert(.writable) }
        return wanted
    }

    /// The message that is arriving is late.
    mutating func expire() {
        var queued = ByteQueue()
        swap(&queued, &input)
        session.reject(.timedOut, stream: 0, input: queued.bytes)
        swap(&queued, &input)
    }
}

/// What a connection waits for.
enum Rest: Equatable {
    /// Nothing: its last byte has been sent and its peer has ended, or it is of no use any more.
    case close
    /// The end of its sending half is to be told to the peer, see `ConnectionCore.beginToLinger`.
    case finishSending
    /// This of the socket, and the deadline.
    case wait(Interest)
}
