import Basis
import Secure
import Wire

/// How the bytes of one connection are messages and replies, without I/O and without a clock. What
/// the connection's core can't know of a protocol, it asks its session; what all protocols share
/// (who works, in what order, how much may wait, until when) is the core's.
protocol Session: ~Copyable {
    /// What parsing needs only while it lasts: one a thread, not a connection.
    associatedtype Scratch: ~Copyable
    static func makeScratch(_ options: ServerOptions) -> Scratch

    /// - Parameter facts: what the opening of the stream has settled.
    init(_ facts: OpeningFacts)

    /// What the bytes of `input` from `offset` on are. It may answer by itself what is no message
    /// (a ping, settings), into `output`.
    mutating func next(
        _ input: Span<UInt8>, from offset: Int, bodyLimit: UInt64, scratch: inout Scratch,
        output: inout ByteQueue
    ) -> Step

    // MARK: payloads that arrive in pieces

    /// A message has begun whose payload is to come; `key` travels in front of it.
    mutating func begin(_ message: Message, key: Span<UInt8>)
    /// Whether any is under way.
    var isReceiving: Bool { get }
    /// Whether the message that is under way on `stream` wants its payload kept.
    func keepsPayload(of stream: UInt32) -> Bool
    mutating func keep(_ payload: Span<UInt8>, of stream: UInt32)
    /// The peer waits to be told to send its payload; it is told in its turn.
    mutating func oweContinue(_ stream: UInt32, isClear: Bool, output: inout ByteQueue)
    /// Takes a message that has arrived whole, and what it brought into `body`, which is empty.
    /// That comes back by `putBack`, so that its memory may serve the next one.
    mutating func take(_ stream: UInt32, body: inout ByteQueue) -> Message
    mutating func putBack(_ body: inout ByteQueue)
    /// Bytes of payload that it holds.
    var holding: Int { get }

    // MARK: replies

    /// Whether replies leave in the order of their requests. Then whoever makes them frames them.
    var isOrdered: Bool { get }
    /// Answers with what was made on this thread.
    mutating func reply(
        _ content: Content, to message: Message, body: Span<UInt8>, writer: inout ReplyWriter,
        output: inout ByteQueue
    )
    /// A worker has the message now.
    mutating func passedOn(_ message: Message)
    /// A worker has returned the message; `isYoungest` if no other was taken up after it.
    mutating func returned(_ message: Message, isYoungest: Bool)
    /// Answers with what a worker has made.
    ///
    /// - Parameter isLastOfAll: whether no other reply of those with workers follows.
    mutating func reply(
        _ item: inout WorkItem, isLastOfAll: Bool, writer: inout ReplyWriter,
        output: inout ByteQueue)
    /// The reply to `message` is to be made when it is due.
    mutating func hold(_ message: Message, until due: Instant)
    /// Whether a reply has begun of which more is to follow, and no other may be in between.
    var isMidReply: Bool { get }
    /// Whether `produce` might do something.
    var mayProduce: Bool { get }
    /// When `produce` might next have something to do, besides for what is held; not later.
    var due: Instant { get }
    /// Makes output that comes without input: pieces of bodies, what is due, what had to wait for
    /// its turn.
    ///
    /// - Parameter isClear: whether workers have no message of the connection.
    mutating func produce(
        at now: Instant, isClear: Bool, writer: inout ReplyWriter, output: inout ByteQueue)

    // MARK: the state of the connection

    /// How the output is divided into heads and bodies.
    var framing: MessageFraming { get }

    /// Whether parsing may go on, with so many bytes of replies unsent and so many with workers.
    func mayParse(unsent: Int, withWorkers: Int) -> Bool
    /// What has been parsed ends in the midst of a message.
    var isMidMessage: Bool { get }
    /// Replies or refusals that are not in the output yet, those with workers apart.
    var owes: Bool { get }
    /// Whether what is owed waits for the peer alone, which must allow more before any of it can be
    /// sent.
    mutating func stall() -> Stall
    /// Nothing more is parsed: what is owed is the last.
    var isLast: Bool { get }
    /// What follows in the input is for nobody.
    var dropsInput: Bool { get }
    /// Takes no more from this peer, and says why.
    mutating func reject(_ reason: Rejection, stream: UInt32, input: Span<UInt8>)
    /// Ends behind what is owed; what has not arrived whole is forgotten.
    mutating func end()
    /// Ends what would go on as long as the connection.
    mutating func endEvents()
    /// The peer has ended its half: nothing that it is waited for comes any more, and what would go
    /// on as long as the connection ends.
    mutating func notePeerEnd()
    /// A stop was asked for.
    ///
    /// - Parameters:
    ///   - isClear: whether workers have no message of the connection.
    ///   - owes: whether any reply is owed.
    ///   - expects: whether bytes that are to be answered are still to be parsed. The message that
    ///     they end with will be told to be the last.
    mutating func noteStop(isClear: Bool, owes: Bool, expects: Bool, output: inout ByteQueue)
}

/// What a session has found in the input. Offsets count from the input's first byte.
enum Step {
    /// Nothing whole. What is not consumed is shown again, with more behind it.
    case needMore
    /// A message without payload. What travels beside it lies in `beside`.
    case message(Message, beside: Range<Int>, next: Int)
    /// A message whose payload follows, `length` bytes if that is known, else 0.
    case begins(Message, beside: Range<Int>, length: Int, awaitsContinue: Bool, next: Int)
    /// Payload of a message that has begun.
    case payload(Range<Int>, stream: UInt32, next: Int)
    /// The payload has arrived whole.
    case ends(stream: UInt32, next: Int)
    /// Something of the protocol's own, done with.
    case handled(next: Int)
    /// The session takes no more; see `dropsInput`.
    case refused
}

/// What a peer with credit does to its replies.
enum Stall: BitwiseCopyable {
    case none
    /// They wait, and something was sent since this was last asked.
    case begun
    /// They wait still.
    case lasting
}

/// A protocol without credit: whatever is owed can be sent when the socket takes it. And without
/// times of its own.
extension Session where Self: ~Copyable {
    @inline(always)
    var due: Instant { .distantFuture }
    @inline(always)
    mutating func stall() -> Stall { .none }
}

/// A protocol whose messages have no heads that could be sent apart.
extension Session where Self: ~Copyable {
    var framing: MessageFraming { .opaque }
    mutating func notePeerEnd() { endEvents() }
}

/// A protocol whose replies all come to an end.
extension Session where Self: ~Copyable {
    mutating func endEvents() {}
}

/// Why the core takes no more from a peer.
enum Rejection: BitwiseCopyable {
    case timedOut
    case noRoomForBody
}

/// One of the exchanges of a reader's connections.
struct Exchange: Equatable, BitwiseCopyable, Sendable {
    let connection: ConnectionReference
    let stream: UInt32
}
