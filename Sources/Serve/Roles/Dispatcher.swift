import Basis
import Platform
import Synchronization

/// How an acceptor chooses the reader of a new connection.
package enum Balance: String, CaseIterable, Sendable {
    case roundRobin = "round-robin"
    /// The reader with the fewest connections.
    case leastConnections = "least-connections"
    /// The emptier of two readers drawn at random (Mitzenmacher 2001).
    case twoChoices = "two-choices"
}

/// How a connection reaches its reader.
enum HandoffMode: Sendable {
    /// The acceptor arms the reader's poller itself: no queue, no wake, the connection's first
    /// bytes wake the reader.
    case direct
    /// Through a ring; the reader is woken and arms its own poller.
    case queue
}

/// Hands connections to readers. Belongs to one acceptor.
struct Dispatcher: ConnectionSink, ~Copyable {
    struct Destination {
        let port: Shared<ReaderPort>
        let inbox: Shared<Inbox>
    }

    private let destinations: [Destination]
    private let mode: HandoffMode
    private let balance: Balance
    private var turn = 0
    private var generator: SeededGenerator

    init(destinations: [Destination], mode: HandoffMode, balance: Balance, seed: UInt64) {
        precondition(!destinations.isEmpty, "an acceptor needs a reader")
        self.destinations = destinations
        self.mode = mode
        self.balance = balance
        generator = SeededGenerator(seed: seed)
    }

    /// One that hands everything to the same reader.
    init(onlyTo destination: Destination, mode: HandoffMode) {
        self.init(destinations: [destination], mode: mode, balance: .roundRobin, seed: 1)
    }

    mutating func hand<K: Kernel>(
        _ descriptor: consuming Descriptor, with kernel: inout K, tally: inout Tally
    ) {
        let accepted = MonotonicClock.now
        let destination = destinations[choose()]
        destination.port.value.load.wrappingAdd(1, ordering: .relaxed)
        let unplaced: Arrival?
        switch mode {
        case .direct:
            unplaced = arm(descriptor, accepted, destination, with: &kernel, tally: &tally)
        case .queue:
            unplaced = destination.inbox.value.arrivals.push(
                Arrival(descriptor: descriptor, promised: nil, accepted: accepted))
            if destination.port.value.gate.wakeIfAsleep(with: &kernel) { tally.wakeups &+= 1 }
        }
        if let unplaced = consume unplaced {
            // The reader has as much as it may have: refusing at once is kinder than a queue
            // without end.
            destination.port.value.load.wrappingSubtract(1, ordering: .relaxed)
            kernel.close(unplaced.intoDescriptor())
            tally.shed &+= 1
        } else {
            tally.handoffs &+= 1
        }
    }

    /// Publishes the connection, then arms the poller: from that moment on the reader may run with
    /// it.
    private func arm<K: Kernel>(
        _ descriptor: consuming Descriptor, _ accepted: Instant, _ destination: Destination,
        with kernel: inout K, tally: inout Tally
    ) -> Arrival? {
        guard let promised = promise(of: destination, with: &kernel, tally: &tally) else {
            return Arrival(descriptor: descriptor, promised: nil, accepted: accepted)
        }
        let alias = descriptor.alias
        if let refused = destination.inbox.value.arrivals.push(
            Arrival(descriptor: descriptor, promised: promised, accepted: accepted))
        {
            return refused
        }
        // Where the kernel has no memory for the watch, the reader's deadline ends the connection.
        _ = kernel.arm(
            destination.port.value.poller, alias, interest: .newConnection, token: promised.token)
        return nil
    }

    /// A slot at the reader. When none is left the reader is woken and given a moment: it renews
    /// its promises every turn.
    private func promise<K: Kernel>(
        of destination: Destination, with kernel: inout K, tally: inout Tally
    ) -> ConnectionReference? {
        for attempt in 0..<40 {
            if let promised = destination.inbox.value.promises.pop() { return promised }
            kernel.wake(destination.port.value.gate.waker)
            tally.wakeups &+= 1
            blockThread(for: .microseconds(attempt < 20 ? 50 : 1_000))
        }
        return nil
    }

    private mutating func choose() -> Int {
        switch balance {
        case .roundRobin:
            turn = turn + 1 == destinations.count ? 0 : turn + 1
            return turn
        case .leastConnections:
            // Starting behind the last choice spreads connections among equals.
            turn = turn + 1 == destinations.count ? 0 : turn + 1
            var best = turn
            for offset in 1..<max(2, destinations.count) {
                let candidate = (turn + offset) % destinations.count
                if load(candidate) < load(best) { best = candidate }
            }
            return best
        case .twoChoices:
            let first = Int.random(in: 0..<destinations.count, using: &generator)
            let second = Int.random(in: 0..<destinations.count, using: &generator)
            return load(second) < load(first) ? second : first
        }
    }

    private func load(_ reader: Int) -> Int {
        destinations[reader].port.value.load.load(ordering: .relaxed)
    }
}
