import Platform

/// The listeners in a reader's own poller.
struct WatchedListeners: ~Copyable {
    private let listeners: [Listener]
    private let interest: Interest
    private var admission: Admission
    private var isOpen = false
    /// Connections accepted in one turn at most.
    let budget: Int

    /// - Parameters:
    ///   - exclusive: of several loops that watch one listener, wake one.
    ///   - budget: one, where other loops share the listener: a loop that drained the queue would
    ///     starve them.
    init(_ listeners: [Listener], exclusive: Bool = false, budget: Int) throws(SystemError) {
        self.listeners = listeners
        interest = exclusive ? [.readable, .exclusive] : .readable
        self.budget = budget
        admission = try Admission(holdingReserve: !listeners.isEmpty)
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

    /// Begins to watch the listeners, if it doesn't yet.
    mutating func open<K: Kernel>(
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

    /// Stops watching: connections wait in the kernel's queue. An exclusive watch can't be
    /// modified, only removed (epoll_ctl(2)).
    mutating func close<K: Kernel>(with kernel: inout K, on poller: borrowing Poller) {
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
    func refuseMore(_ token: UInt64) { Socket.stopListening(listener(token).value) }

    private func listener(_ token: UInt64) -> Shared<Descriptor> {
        listeners[Int(token - UInt64(ConnectionReference.firstSpecialSlot) - 1)].socket
    }

    /// The next connection at the listener whose event has `token`.
    mutating func admit<K: Kernel>(
        _ token: UInt64, with kernel: inout K, tally: inout Tally
    ) -> Descriptor? {
        admission.admit(from: listener(token).value, with: &kernel, tally: &tally)
    }
}
