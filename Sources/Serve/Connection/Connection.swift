import Basis
import Platform
import Secure
import Wire

/// One peer: its socket, what of its bytes is not yet parsed, what of our bytes is not yet sent,
/// and where its current message stands. Owned by exactly one reader.
///
/// About 300 bytes; the queues have storage only while something waits in them.
struct Connection<Stream: StreamTransport & ~Copyable>: ~Copyable {
    // What every event looks at stands first: the fewer cache lines, the less a system call has
    // driven out of the cache.
    var descriptor: Descriptor?
    /// There is one as long as there is a descriptor.
    var stream: Stream?
    /// The stream's opening is not done.
    var isOpening = false
    var generation: UInt32 = 0
    var phase = Phase.free
    /// Nothing more is parsed: the current reply is the last one.
    var isLast = false
    /// The refusal to send when the replies before it are out.
    var refusal: HTTP1.Refusal?
    /// The peer has ended its half in order.
    var hasPeerFinished = false
    /// `input` may hold whole messages: the parser stopped there before it had to ask for more
    /// bytes.
    var hasMore = false
    /// The last receive may have left something in the socket that no event will announce again.
    var hasUnreceived = false
    /// Listed to go on with input that is already here.
    var isListed = false
    /// What the poller watches now.
    var interest: Interest = []
    /// When the sweep ends this phase of the connection.
    var deadline = Instant.distantFuture

    var parser = HTTP1.RequestParser()
    /// Received and not yet consumed by the parser.
    var input = ByteQueue()
    /// Encoded and not yet taken by the socket.
    var output = ByteQueue()
    /// Bytes of `/bytes/{n}` still to be made behind `output`.
    var fillerLeft = 0
    /// How many messages workers have.
    var inFlight = 0
    /// Payload that those messages and their replies occupy, see `Message.weight`.
    var bytesInFlight = 0
    /// The head whose payload is arriving.
    var message: Message?
    /// A reply that waits for its time. Nothing is parsed behind it, so there is one at most.
    var timed: Content?
    /// Its time has come; replies before it may not be out yet.
    var isTimedDue = false
    /// A worker has a message whose reply may have to wait for its time.
    var awaitsDelay = false

    /// Payload bytes that the reader has on its account for this connection.
    var held = 0
    /// The idempotency key and the payload of `message`.
    var body = ByteQueue()
    /// Messages in the hands of workers, oldest first, as a list through the items.
    var firstInFlight = WorkItem.none
    var lastInFlight = WorkItem.none
    /// The peer is to be told to send its payload, once the replies before are out.
    var owesContinue = false
    /// What is refused is a HEAD.
    var refusesHead = false
    /// Of the bytes that are still to be parsed, those that had arrived when the stop was seen.
    var arrived = 0
    /// The last reply of those in flight is to say that the connection ends.
    var tellsEnd = false
    /// In `Phase.lingering`: what the peer may still do.
    var lingering = Lingering(at: Instant(raw: 0))

    enum Phase: UInt8, BitwiseCopyable {
        case free
        /// Promised to an acceptor that will bring a socket.
        case reserved
        case handshake
        /// Between messages.
        case idle
        /// A message is arriving.
        case receiving
        /// A reply waits for its time, for a worker or for the peer to take it.
        case replying
        /// All is sent and the sending half has ended; see `Lingering`.
        case lingering
    }

    init() {}

    /// What it holds of the budget now: the payload that is arriving, and of an echo the storage
    /// beyond the bound of all replies. Storage, since a queue that drains keeps it for a while.
    @inline(always)
    var holding: Int {
        body.count + max(0, output.storageBytes - Limit.unsentStorageBytes)
    }

    /// Whether the parser must wait: a reply of before is not out yet, or nothing may follow.
    @inline(always)
    var mustHoldInput: Bool {
        timed != nil || awaitsDelay || fillerLeft > 0 || isLast || refusal != nil
            || bytesInFlight > Limit.unsentBytes || output.count > Limit.unsentBytes
    }

    /// Whether any reply is still owed.
    @inline(always)
    var owesReply: Bool {
        timed != nil || fillerLeft > 0 || inFlight > 0 || refusal != nil || !output.isEmpty
    }

    /// Whether what is refused where `input` goes on at `offset` is a HEAD.
    @inline(never)
    func refusesHead(_ input: Span<UInt8>, from offset: Int) -> Bool {
        message?.framing.isHead ?? HTTP1.saysHead(input, from: offset)
    }

    /// Back to a free slot under the next generation. The descriptor must have been taken out.
    mutating func reset() {
        precondition(descriptor == nil, "the socket of a freed slot is closed first")
        let next = generation &+ 1
        self = Connection()
        generation = next
    }
}
