import Basis
import Platform

/// Where a reader takes its messages: answered on the spot, or passed to workers.
protocol MessageDesk: ~Copyable {
    /// Whether replies come back later through `nextDone`.
    static var isDeferred: Bool { get }

    /// Whether another message can be taken now.
    var hasRoom: Bool { get }

    /// How many messages of one connection may be here now: fewer where room is scarce.
    var messagesPerConnection: Int { get }

    /// Takes a message. `body` is its idempotency key and payload.
    mutating func submit<K: Kernel>(
        _ message: Message, body: Span<UInt8>, from owner: ConnectionReference,
        with kernel: inout K, tally: inout Tally
    ) -> Submission

    /// The next item that came back from a worker.
    mutating func nextDone() -> UInt32?

    /// Whether `nextDone` would answer, for a last look before sleeping.
    var hasDone: Bool { get }

    /// The item at `index`, which must be here: not with a worker.
    func withItem<Result>(_ index: UInt32, _ body: (inout WorkItem) -> Result) -> Result

    /// What is known of the item at `index`, wherever that is.
    func link(_ index: UInt32) -> WorkLink

    /// Puts `next` behind the item at `index`, in the order of their connection.
    mutating func chain(_ next: UInt32, behind index: UInt32)

    /// Notes where the item at `index` stands.
    mutating func mark(_ index: UInt32, _ state: WorkLink.State)

    /// Takes an item back for another message.
    mutating func release(_ index: UInt32)
}

/// What became of a message.
enum Submission {
    case reply(Reply)
    case passedOn(UInt32)
}

/// The desk of run-to-completion patterns: the reader's own thread does the work.
struct OwnDesk: MessageDesk, ~Copyable {
    private let responder: Responder

    init(responder: Responder) { self.responder = responder }

    static var isDeferred: Bool { false }

    @inline(always)
    var hasRoom: Bool { true }

    var messagesPerConnection: Int {
        preconditionFailure("nothing is ever passed on from this desk")
    }

    @inline(always)
    mutating func submit<K: Kernel>(
        _ message: Message, body: Span<UInt8>, from owner: ConnectionReference,
        with kernel: inout K, tally: inout Tally
    ) -> Submission {
        tally.requests &+= 1
        return .reply(responder.respond(to: message, body: body))
    }

    @inline(always)
    mutating func nextDone() -> UInt32? { nil }

    @inline(always)
    var hasDone: Bool { false }

    func withItem<Result>(_ index: UInt32, _ body: (inout WorkItem) -> Result) -> Result {
        preconditionFailure("nothing is ever passed on from this desk")
    }

    func link(_ index: UInt32) -> WorkLink {
        preconditionFailure("nothing is ever passed on from this desk")
    }

    mutating func chain(_ next: UInt32, behind index: UInt32) {
        preconditionFailure("nothing is ever passed on from this desk")
    }

    mutating func mark(_ index: UInt32, _ state: WorkLink.State) {
        preconditionFailure("nothing is ever passed on from this desk")
    }

    mutating func release(_ index: UInt32) {
        preconditionFailure("nothing is ever passed on from this desk")
    }
}
