import Basis
import Platform

/// A thread that only accepts and hands over, waiting in epoll or in accept itself.
struct Acceptor<K: Kernel, Sink: ConnectionSink & ~Copyable>: ThreadBody, ~Copyable {
    private var kernel: K
    private let listeners: [Listener]
    private let wait: Wait
    private var sink: Sink
    private var admission: Admission
    private let stop: StopFlag
    private let board: Shared<TallyBoard>
    private var tally = Tally()

    private enum Wait: Sendable {
        /// In accept4(2) on the one listener: the kernel serves waiting threads first come first
        /// served.
        case blocking
        /// In epoll_wait(2) on this poller, which watches all listeners.
        case polling(Shared<Poller>)
        /// On a poller that others sleep on as well.
        case sharing(Shared<SharedWatch>)
    }

    /// An acceptor that waits in epoll. `exclusive` wakes one of several acceptors on one listener
    /// instead of all.
    static func polling(
        _ listeners: [Listener], exclusive: Bool, to sink: consuming Sink,
        context: ThreadContext<K>, crew: Crew<K>
    ) throws(SystemError) -> Acceptor {
        let poller = Shared(try Poller())
        crew.keep(poller)
        let gate = Shared(try WakeGate())
        crew.keep(gate)
        for listener in listeners {
            try poller.value.add(
                listener.socket.value, interest: exclusive ? [.readable, .exclusive] : .readable,
                token: 0)
        }
        try poller.value.add(gate.value.waker, token: 1)
        crew.whenAcceptingEnds { gate.value.waker.wake() }
        return try Acceptor(
            context: context, listeners: listeners, wait: .polling(poller), to: sink)
    }

    /// An acceptor that sleeps in accept on its one listener, which must block.
    static func blocking(
        _ listener: Listener, to sink: consuming Sink, context: ThreadContext<K>,
        crew: Crew<K>
    ) throws(SystemError) -> Acceptor {
        let patience = context.options.drainTimeout
        crew.whenAcceptingEnds { listener.endWhenEmpty(within: patience) }
        return try Acceptor(
            context: context, listeners: [listener], wait: .blocking, to: sink)
    }

    /// An acceptor that sleeps with others on one poller, which watches `listeners`.
    static func sharing(
        _ watch: Shared<SharedWatch>, _ listeners: [Listener], to sink: consuming Sink,
        context: ThreadContext<K>
    ) throws(SystemError) -> Acceptor {
        try Acceptor(
            context: context, listeners: listeners, wait: .sharing(watch), to: sink)
    }

    private init(
        context: ThreadContext<K>, listeners: [Listener], wait: Wait,
        to sink: consuming Sink
    ) throws(SystemError) {
        kernel = context.kernel
        stop = context.stop
        board = context.board
        self.listeners = listeners
        self.wait = wait
        self.sink = sink
        admission = try Admission()
    }

    mutating func run() throws(SystemError) {
        switch wait {
        case .blocking: acceptBlocking()
        case .polling(let poller): try acceptPolling(poller)
        case .sharing(let watch): try acceptSharing(watch)
        }
        board.value.publish(tally, kernel.counts)
    }

    /// Whoever sleeps in accept is woken when the listener ends. Whoever does not still has
    /// connections to take: those that wait when the stop comes are taken first.
    private mutating func acceptBlocking() {
        var rest = Limit.arrivals
        while rest > 0 {
            let isAdmitted = admitOne(from: listeners[0])
            board.value.publish(tally, kernel.counts)
            guard stop.isSet(.accepting) else { continue }
            rest = isAdmitted ? rest - 1 : 0
        }
        Socket.stopListening(listeners[0].socket.value)
    }

    private mutating func acceptPolling(_ poller: Shared<Poller>) throws(SystemError) {
        var events = EventBuffer()
        while true {
            try kernel.wait(on: poller.value, for: &events, timeout: nil)
            for listener in listeners { acceptSome(from: listener) }
            if stop.isSet(.accepting) { return acceptTheLast() }
            board.value.publish(tally, kernel.counts)
        }
    }

    private mutating func acceptSharing(_ watch: Shared<SharedWatch>) throws(SystemError) {
        // With room for more, one thread would take events away that others could handle.
        var events = EventBuffer(capacity: 1)
        while true {
            try kernel.wait(on: watch.value.poller, for: &events, timeout: nil)
            if stop.isSet(.accepting) {
                watch.value.end()
                return acceptTheLast()
            }
            for index in events.indices {
                if let listener = watch.value.listener(of: events[index]) {
                    acceptShared(from: listener, watch)
                }
            }
            board.value.publish(tally, kernel.counts)
        }
    }

    private mutating func acceptShared(from index: Int, _ watch: Shared<SharedWatch>) {
        let listener = listeners[index]
        let isAdmitted = admitOne(from: listener)
        if !isAdmitted, !admission.mustPause { tally.emptyAccepts &+= 1 }
        switch watch.value.trigger {
        case .level: break
        case .edge:
            // What is left is not told of again. A pause ends with descriptors, or with the stop.
            while !stop.isSet(.accepting), admitOne(from: listener) || admission.mustPause {}
        case .once:
            // The last touch: from here on another thread may have the listener. Should it fail,
            // which nothing but a lack of memory could bring about, this one goes on alone.
            while !rearm(index, watch), !stop.isSet(.accepting) {
                if !admitOne(from: listener) { blockThread(for: .milliseconds(10)) }
            }
        }
    }

    private mutating func rearm(_ index: Int, _ watch: Shared<SharedWatch>) -> Bool {
        do {
            try kernel.control(
                watch.value.poller, .modify, listeners[index].socket.value,
                interest: watch.value.trigger.interest, token: UInt64(index))
            return true
        } catch {
            return false
        }
    }

    /// Ending a listener resets what waits in its queue, so the queue is emptied first. Then who
    /// comes is refused at once, instead of being reset when the drain is over.
    private mutating func acceptTheLast() {
        for listener in listeners {
            for _ in 0..<Limit.arrivals where !admitOne(from: listener) {
                if !admission.mustPause { Socket.stopListening(listener.socket.value) }
                break
            }
        }
    }

    private mutating func acceptSome(from listener: Listener) {
        for attempt in 0..<Limit.acceptsPerTurn where !admitOne(from: listener) {
            if attempt == 0 { tally.emptyAccepts &+= 1 }
            return
        }
    }

    @discardableResult
    private mutating func admitOne(from listener: Listener) -> Bool {
        if let descriptor = admission.admit(from: listener, with: &kernel, tally: &tally) {
            sink.hand(descriptor, with: &kernel, tally: &tally)
            return true
        }
        // An acceptor has nothing else to do, so it may wait for descriptors to come free.
        if admission.mustPause, !stop.isSet(.accepting) { blockThread(for: .milliseconds(10)) }
        return false
    }
}
