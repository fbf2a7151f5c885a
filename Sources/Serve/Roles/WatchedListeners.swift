import Basis
import Platform

/// The listeners in a reader's own poller.
struct WatchedListeners: ~Copyable {
    private let listeners: [Listener]
    private let interest: Interest
    private var admission: Admission
    private var isOpen = false
    /// Whether nothing is to be watched before the next sweep.
    private var isPaused = false
    /// Connections accepted in one turn at most.
    let budget: Int
    private var sharing: ListenerSharing
    /// Connections accepted since the loop took its place in the listeners' queues of watchers.
    private var acceptedInPlace = 0
    private var holdsLock = false

    /// - Parameters:
    ///   - sharing: what other loops have to do with the listeners.
    ///   - budget: one, where other loops share the listener: a loop that drained the queue would
    ///     starve them.
    ///   - spare: descriptors that the connections leave free.
    init(
        _ listeners: [Listener], sharing: ListenerSharing = .alone, budget: Int,
        leaving spare: Int = 0
    ) throws(SystemError) {
        self.listeners = listeners
        self.sharing = sharing
        interest = sharing.isExclusive ? [.readable, .exclusive] : .readable
        self.budget = budget
        admission = try Admission(holdingReserve: !listeners.isEmpty, leaving: spare)
    }

    /// The tokens of the listeners' events: special slots behind the waker's.
    var tokens: [UInt64] { listeners.indices.map { token(of: $0) } }

    var mustPause: Bool { admission.mustPause }

    /// Whether one loop alone is woken for a connection: one that is full must not be that one, as
    /// nobody else would hear of it.
    var isExclusive: Bool { interest.contains(.exclusive) }

    /// Whether a connection can have been reported to a loop that could not take it: one that
    /// another listener's connection of the same turn has filled.
    var mayStrand: Bool { isExclusive && listeners.count > 1 }

    private func token(of index: Int) -> UInt64 {
        UInt64(ConnectionReference.firstSpecialSlot) + 1 + UInt64(index)
    }

    /// Begins to watch the listeners, if it doesn't yet and need not ask the others.
    mutating func watch<K: Kernel>(
        with kernel: inout K, on poller: borrowing Poller
    ) throws(SystemError) {
        isPaused = false
        if case .locked = sharing { return }
        try open(with: &kernel, on: poller)
    }

    private mutating func open<K: Kernel>(
        with kernel: inout K, on poller: borrowing Poller
    ) throws(SystemError) {
        if isOpen { return }
        for index in listeners.indices {
            do {
                try kernel.control(
                    poller, .add, listeners[index].socket.value, interest: interest,
                    token: token(of: index))
            } catch {
                unwatch(listeners[..<index], with: &kernel, on: poller)
                throw error
            }
        }
        isOpen = true
    }

    /// Stops watching, until `watch`: connections wait in the kernel's queue.
    mutating func pause<K: Kernel>(with kernel: inout K, on poller: borrowing Poller) {
        isPaused = true
        close(with: &kernel, on: poller)
    }

    /// An exclusive watch can't be modified, only removed (epoll_ctl(2)).
    private mutating func close<K: Kernel>(with kernel: inout K, on poller: borrowing Poller) {
        if !isOpen { return }
        unwatch(listeners[...], with: &kernel, on: poller)
        isOpen = false
    }

    private func unwatch<K: Kernel>(
        _ listeners: ArraySlice<Listener>, with kernel: inout K, on poller: borrowing Poller
    ) {
        for listener in listeners {
            // Removing can only fail for a descriptor that is not watched.
            try? kernel.control(
                poller, .remove, listener.socket.value, interest: [], token: 0)
        }
    }

    /// Lets the kernel refuse new connections, for whoever finds the queue empty first after the
    /// stop. Others that watch the listener are told that it has ended.
    func refuseMore(_ token: UInt64) { Socket.stopListening(listener(token).socket.value) }

    private func listener(_ token: UInt64) -> Listener {
        listeners[Int(token - UInt64(ConnectionReference.firstSpecialSlot) - 1)]
    }

    /// The next connection at the listener whose event has `token`.
    mutating func admit<K: Kernel>(
        _ token: UInt64, with kernel: inout K, tally: inout Tally
    ) -> Descriptor? {
        guard
            let admitted = admission.admit(
                from: listener(token), with: &kernel, tally: &tally)
        else { return nil }
        acceptedInPlace += 1
        return admitted
    }

    // MARK: with other loops

    /// Whether there is anything to do before and behind a wait.
    @inline(always)
    var takesPart: Bool { sharing.takesPart }

    /// Before the loop waits, and not once it drains: says how long it may sleep at most, if that
    /// is bounded.
    ///
    /// - Parameters:
    ///   - connections: those that the loop has.
    ///   - taken: all that it ever took from its listeners.
    mutating func beforeWait<K: Kernel>(
        connections: Int, taken: UInt64, with kernel: inout K, on poller: borrowing Poller
    ) -> Nanoseconds? {
        switch sharing {
        case .alone, .herd, .exclusive: break
        case .rotating(let turns):
            // The kernel wakes the first idle watcher, in the order of registration: whoever
            // registers anew is the last. Should that fail, the next sweep tries again.
            if acceptedInPlace >= turns, isOpen {
                close(with: &kernel, on: poller)
                try? open(with: &kernel, on: poller)
                acceptedInPlace = 0
            }
        case .locked(let lock, let patience):
            if isPaused { break }
            if !lock.value.tryToTake() {
                close(with: &kernel, on: poller)
                return patience
            }
            holdsLock = true
            try? open(with: &kernel, on: poller)
        case .publishing(let load): load.endTurn(connections: connections, taken: taken)
        }
        return nil
    }

    /// Behind the wait; with a lock, once the loop has accepted what it was woken for.
    @inline(always)
    mutating func afterWait(at now: Instant) {
        switch sharing {
        case .alone, .herd, .exclusive, .rotating: break
        case .locked(let lock, _):
            if holdsLock { lock.value.giveBack() }
            holdsLock = false
        case .publishing(let load): load.beginTurn(at: now)
        }
    }

    /// Whether the listeners' events come first, so that another loop may watch meanwhile.
    var acceptsFirst: Bool { holdsLock }

    /// Now and then: sees whether connections that were sent this way will never come. The loop has
    /// taken so many ever.
    mutating func settle(taken: UInt64) {
        guard case .publishing(var load) = sharing,
            !listeners.contains(where: { Socket.hasWaiting($0.socket.value) })
        else { return }
        load.noteEmptyQueue(taken: taken)
        sharing = .publishing(load)
    }
}
