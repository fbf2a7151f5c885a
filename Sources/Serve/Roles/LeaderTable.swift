// Hot path
import Basis
import Platform
import Secure

/// The connections of threads that take turns at waiting for them: which thread may touch which,
/// and why each is to be gone on with. A connection is here, or away with the one thread that goes
/// on with it; what happens to it meanwhile waits for its return.
///
/// Whoever calls has the lock. A connection that is away is its thread's alone.
struct LeaderTable<Stream: StreamTransport & ~Copyable, S: Session & ~Copyable>: ~Copyable {
    /// Why a connection is to be gone on with.
    struct Reasons: OptionSet, BitwiseCopyable {
        let rawValue: UInt8
        /// The poller has told of it.
        static var event: Reasons { Reasons(rawValue: 1) }
        /// A time that it waits for has come.
        static var timer: Reasons { Reasons(rawValue: 2) }
        /// It has input that no event will tell of.
        static var listed: Reasons { Reasons(rawValue: 4) }
        /// A stop was asked for, and it does not know yet.
        static var stop: Reasons { Reasons(rawValue: 8) }
    }

    /// A connection that a thread takes away, and what for.
    @safe
    struct Turn {
        let reference: ConnectionReference
        let reasons: Reasons
        /// What the poller has told, where that is a reason.
        let event: Event
        /// SAFETY: a slot stays where it is as long as the table, and until the connection is given
        /// back no other thread touches it.
        let connection: UnsafeMutablePointer<Connection<Stream, S>>
        /// What the table held then.
        let held: Int
        let isDraining: Bool
    }

    /// What is known of the connection in a slot, apart from itself.
    private struct Place {
        var isAway = false
        /// Whether it stands in the queue of those to be gone on with.
        var isQueued = false
        var reasons = Reasons(rawValue: 0)
        var event = Event.missed(0)
    }

    private(set) var connections: ConnectionSlab<Stream, S>
    private var places: [Place] = []
    /// Those to be gone on with, oldest first, from `next` on.
    private var queue: [ConnectionReference] = []
    private var next = 0
    var timers = TimerHeap<ConnectionReference>()
    /// Payload bytes that are held for all connections.
    var held = 0
    var nextSweep = Instant(raw: 0)
    /// Until when a stop waits, once there is one.
    var drainDeadline: Instant?

    init(limit: Int) {
        connections = ConnectionSlab(limit: limit)
        queue.reserveCapacity(256)
    }

    var isFull: Bool { connections.isFull }
    /// Slots that exist, in use or not.
    var slots: Range<UInt32> { connections.slots }
    /// Whether no connection is left.
    var isEmpty: Bool { connections.used == 0 }
    /// Whether a stop has nothing left to wait for.
    func isDrained(at now: Instant) -> Bool {
        guard let drainDeadline else { return false }
        return isEmpty || now >= drainDeadline
    }
    /// Whether a connection is to be gone on with now.
    @inline(always)
    var hasTurn: Bool { next < queue.count }

    /// The connection of a slot: of one that is here, or away with the thread that calls.
    subscript(slot: UInt32) -> Connection<Stream, S> {
        @inline(always)
        _read { yield connections[slot] }
        @inline(always)
        _modify { yield &connections[slot] }
    }

    func isHere(_ slot: UInt32) -> Bool { !places[Int(slot)].isAway }

    func reference(to slot: UInt32) -> ConnectionReference { connections.reference(to: slot) }

    // MARK: what happens

    /// A slot for a connection that has come, which is away with the thread that accepted it.
    mutating func begin() -> Turn? {
        guard let reference = connections.allocate() else { return nil }
        while places.count < connections.slots.count { places.append(Place()) }
        return lend(reference, reasons: [], event: .missed(reference.token))
    }

    @inline(always)
    private mutating func lend(
        _ reference: ConnectionReference, reasons: Reasons, event: Event
    ) -> Turn {
        places[Int(reference.slot)] = Place(isAway: true)
        // SAFETY: the turn says how long its pointer is good.
        return unsafe Turn(
            reference: reference, reasons: reasons, event: event,
            connection: connections.address(reference.slot), held: held,
            isDraining: drainDeadline != nil)
    }

    /// A connection is to be gone on with, as soon as it is here.
    @inline(always)
    mutating func note(
        _ reference: ConnectionReference, _ reason: Reasons, _ event: Event? = nil
    ) {
        guard connections.isAlive(reference) else { return }
        let slot = Int(reference.slot)
        if let event {
            places[slot].event =
                places[slot].reasons.contains(.event) ? places[slot].event.joined(event) : event
        }
        places[slot].reasons.formUnion(reason)
        enqueue(reference)
    }

    @inline(always)
    private mutating func enqueue(_ reference: ConnectionReference) {
        let slot = Int(reference.slot)
        if places[slot].isAway || places[slot].isQueued { return }
        places[slot].isQueued = true
        queue.append(reference)
    }

    /// Times that have come are reasons to go on.
    mutating func noteTimers(at now: Instant) {
        while let reference = timers.pop(at: now) { note(reference, .timer) }
    }

    /// The next connection to be gone on with, which is away from now on.
    mutating func take() -> Turn? {
        while next < queue.count {
            let reference = queue[next]
            next += 1
            if next == queue.count {
                queue.removeAll(keepingCapacity: true)
                next = 0
            } else if next >= 1_024, next > queue.count / 2 {
                queue.removeFirst(next)
                next = 0
            }
            guard connections.isAlive(reference) else { continue }
            let slot = Int(reference.slot)
            return lend(reference, reasons: places[slot].reasons, event: places[slot].event)
        }
        return nil
    }

    /// A connection comes back, or has ended.
    mutating func giveBack(_ reference: ConnectionReference) {
        let slot = Int(reference.slot)
        places[slot].isAway = false
        if connections[reference.slot].state.phase == .free {
            connections.free(reference.slot)
            places[slot] = Place()
        } else if !places[slot].reasons.isEmpty {
            enqueue(reference)
        }
    }

    /// Forgets timers of connections that have ended, when most are such.
    mutating func pruneTimers() {
        if timers.count <= 2 * connections.used + Limit.staleTimers { return }
        timers.removeAll { !connections.isAlive($0) }
    }
}
