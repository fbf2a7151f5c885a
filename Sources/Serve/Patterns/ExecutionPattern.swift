package import Platform
package import Secure

/// Says which thread plays which role: a pattern is one file that builds posts and starts them.
protocol ExecutionPattern {
    /// Opens the listeners, builds every post and starts the threads. Returns the listeners, for
    /// their addresses. What was started is dismissed by the caller if this throws.
    func assemble<K: Kernel, Stream: StreamTransport & ~Copyable>(
        _ crew: Crew<K>, stream: Stream.Type
    ) throws(SystemError) -> [Listener]
}

extension Crew {
    /// Starts the pattern that the options name: the one place that knows them all.
    package func assemble<Stream: StreamTransport & ~Copyable>(
        stream: Stream.Type
    ) throws(SystemError) -> [Listener] {
        switch options.pattern {
        case .single: try SingleLoop().assemble(self, stream: stream)
        case .readersDirect: try HandedToReaders(.direct).assemble(self, stream: stream)
        case .readersQueue: try HandedToReaders(.queue).assemble(self, stream: stream)
        case .balancedShared: try BalancedWorkers(.shared).assemble(self, stream: stream)
        case .balancedPerWorker: try BalancedWorkers(.perWorker).assemble(self, stream: stream)
        case .acceptorsExclusive:
            try SharedListener(exclusive: true).assemble(self, stream: stream)
        case .acceptorsHerd: try SharedListener(exclusive: false).assemble(self, stream: stream)
        case .acceptorsBlocking: try BlockingAcceptors().assemble(self, stream: stream)
        case .acceptorsOneReader: try AcceptorsOneReader().assemble(self, stream: stream)
        case .shardedHash: try ShardedListeners().assemble(self, stream: stream)
        }
    }

    /// A port whose reader is woken when draining begins.
    func openPort() throws(SystemError) -> Shared<ReaderPort> {
        let port = Shared(try ReaderPort())
        keep(port)
        whenDraining { port.value.gate.waker.wake() }
        return port
    }

    func openInbox() -> Shared<Inbox> {
        let inbox = Shared(Inbox())
        keep(inbox)
        return inbox
    }

    /// Starts one thread that accepts from `listeners`, reads and works.
    func startLoop<Stream: StreamTransport & ~Copyable>(
        _ index: Int, listeners: [Listener], exclusive: Bool = false, budget: Int,
        stream: Stream.Type
    ) throws(SystemError) {
        let station = station(.loop, index)
        let reader = try Reader<K, Stream, OwnDesk>(
            station: station, port: try openPort(),
            desk: OwnDesk(responder: Responder(ledger: station.ledger)),
            doorway: try Doorway(listeners, exclusive: exclusive, budget: budget))
        try start(reader, at: station)
    }

    /// Starts one thread that reads what comes through `inboxes`, and works.
    func startReader<Stream: StreamTransport & ~Copyable>(
        _ index: Int, port: Shared<ReaderPort>, inboxes: [Shared<Inbox>], promisesSlots: Bool,
        stream: Stream.Type
    ) throws(SystemError) {
        let station = station(.reader, index)
        let reader = try Reader<K, Stream, OwnDesk>(
            station: station, port: port,
            desk: OwnDesk(responder: Responder(ledger: station.ledger)), inboxes: inboxes,
            promisesSlots: promisesSlots, doorway: try Doorway([], budget: 0))
        try start(reader, at: station)
    }
}
