import Platform

/// What an acceptor is told of a listener by a poller that others sleep on as well.
enum AcceptTrigger: Sendable {
    /// As long as a connection waits. One thread after the other is woken.
    case level
    /// When a connection comes: whoever is told must empty the queue.
    case edge
    /// Once: whoever is told takes one connection and has the poller tell again.
    case once

    var interest: Interest {
        switch self {
        case .level: .readable
        case .edge: [.readable, .edge]
        case .once: [.readable, .once]
        }
    }
}

/// One poller that several acceptors sleep on, which watches all listeners of a server.
struct SharedWatch: ~Copyable, Sendable {
    let poller: Poller
    let trigger: AcceptTrigger
    private let waker: Waker
    private let listenerCount: Int

    init(of listeners: [Listener], trigger: AcceptTrigger) throws(SystemError) {
        let poller = try Poller()
        let waker = try Waker()
        for (index, listener) in listeners.enumerated() {
            try poller.add(
                listener.socket.value, interest: trigger.interest, token: UInt64(index))
        }
        try poller.add(waker, token: UInt64(listeners.count))
        self.poller = poller
        self.waker = waker
        self.trigger = trigger
        listenerCount = listeners.count
    }

    /// The listener of an event; nil where it only wakes.
    func listener(of event: Event) -> Int? {
        event.token < UInt64(listenerCount) ? Int(event.token) : nil
    }

    /// Wakes one of those who sleep. Each must pass it on: an edge wakes only one.
    func end() { waker.wake() }
}
