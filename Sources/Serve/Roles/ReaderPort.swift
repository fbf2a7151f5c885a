import Basis
import Platform
import Synchronization

/// The side of a reader that other threads see.
struct ReaderPort: ~Copyable, Sendable {
    private let watching: Shared<Poller>
    private let isOwner: Bool
    let gate: WakeGate
    /// Connections the reader has or is about to have. The acceptor counts up when it hands over,
    /// the reader counts down when it closes, both at once, so that the number is never stale by a
    /// message.
    let load: Atomic<Int>

    init() throws(SystemError) {
        let poller = try Poller()
        let gate = try WakeGate()
        watching = Shared(poller)
        isOwner = true
        self.gate = gate
        load = Atomic(0)
    }

    /// That of a thread which serves one connection: it watches nothing by a poller, so all such
    /// have the same, and its waker takes no descriptor before there is something to be woken for.
    init(ofOneConnection poller: Shared<Poller>) {
        watching = poller
        isOwner = false
        gate = WakeGate(opensLater: ())
        load = Atomic(0)
    }

    deinit { if isOwner { watching.free() } }

    var poller: Poller {
        @inline(always)
        _read { yield watching.value }
    }
}

/// A connection on its way from an acceptor to who serves it.
struct Arrival: ~Copyable, Sendable {
    let descriptor: Descriptor
    /// The slot the reader promised, where the acceptor has armed the poller with it already.
    let promised: ConnectionReference?
    let accepted: Instant
}

/// The way from exactly one acceptor to exactly one reader.
struct Inbox: ~Copyable, Sendable {
    let arrivals = HandoffRing<Arrival>(capacity: Limit.arrivals)
    /// Slots that the reader has put aside for connections the acceptor arms itself. A slot comes
    /// back in an `Arrival`.
    let promises = HandoffRing<ConnectionReference>(capacity: Limit.arrivals)
}
