import Platform
import Secure

/// Says which thread plays which role: a pattern is one file that builds threads and starts them.
protocol ExecutionPattern {
    /// Opens the listeners, builds what every thread does and starts them. Returns the listeners,
    /// for their addresses. What was started is dismissed by the caller if this throws.
    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener]
}

extension Crew {
    /// Starts the pattern that the options name: the one place that knows them all.
    func assemble<Stream: StreamTransport & ~Copyable, S: Session & ~Copyable>(
        kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        switch options.pattern {
        case .single: try SingleLoop().assemble(self, kind: kind)
        case .readersDirect: try HandedToReaders(.direct).assemble(self, kind: kind)
        case .readersQueue: try HandedToReaders(.queue).assemble(self, kind: kind)
        case .balancedShared: try BalancedWorkers(.shared).assemble(self, kind: kind)
        case .balancedPerWorker: try BalancedWorkers(.perWorker).assemble(self, kind: kind)
        case .acceptorsExclusive: try SharedListener(.exclusive).assemble(self, kind: kind)
        case .acceptorsRotate: try SharedListener(.rotating).assemble(self, kind: kind)
        case .acceptorsHerd: try SharedListener(.herd).assemble(self, kind: kind)
        case .acceptorsMutex: try SharedListener(.locked).assemble(self, kind: kind)
        case .acceptorsBlocking: try BlockingAcceptors().assemble(self, kind: kind)
        case .acceptorsSharedLevel: try SharedPoller(.level).assemble(self, kind: kind)
        case .acceptorsSharedEdge: try SharedPoller(.edge).assemble(self, kind: kind)
        case .acceptorsSharedOneshot: try SharedPoller(.once).assemble(self, kind: kind)
        case .acceptorsOneReader: try AcceptorsOneReader().assemble(self, kind: kind)
        case .shardedHash: try ShardedListeners(.hash).assemble(self, kind: kind)
        case .shardedRoundRobin: try ShardedListeners(.turns).assemble(self, kind: kind)
        case .shardedCPU: try ShardedListeners(.cpu).assemble(self, kind: kind)
        case .shardedIncomingCPU: try ShardedListeners(.incomingCPU).assemble(self, kind: kind)
        case .shardedLoad: try ShardedListeners(.load).assemble(self, kind: kind)
        case .threadPerConnection: try ThreadPerConnection().assemble(self, kind: kind)
        case .blockingPool: try BlockingPool().assemble(self, kind: kind)
        case .workStealing: try BalancedWorkers(.stealing).assemble(self, kind: kind)
        case .offload: try Offload().assemble(self, kind: kind)
        case .leaderFollowers: try LeaderFollowers().assemble(self, kind: kind)
        case .staged: try Staged().assemble(self, kind: kind)
        case .proactor: try Proactor().assemble(self, kind: kind)
        case .structured: try Structured(.ownThread).assemble(self, kind: kind)
        case .structuredGlobal: try Structured(.globalPool).assemble(self, kind: kind)
        case .prefork: try Prefork().assemble(self, kind: kind)
        case .processPerCore: try ProcessPerCore().assemble(self, kind: kind)
        case .descriptorPassing: try DescriptorPassing().assemble(self, kind: kind)
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
    func startLoop<Stream: StreamTransport & ~Copyable, S: Session & ~Copyable>(
        _ index: Int, listeners: [Listener], sharing: ListenerSharing = .alone, budget: Int,
        kind: ConnectionKind<Stream, S>
    ) throws(SystemError) {
        let context = context(.loop, index)
        try startLoop(
            in: context, kernel: context.kernel, listeners: listeners, sharing: sharing,
            budget: budget, kind: kind)
    }

    /// The same where the bytes are moved by calls of another kind.
    func startLoop<
        Moving: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        in context: ThreadContext<K>, kernel: Moving, listeners: [Listener],
        sharing: ListenerSharing = .alone, budget: Int, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) {
        let reader = try Reader<Moving, Stream, OwnDesk, S>(
            context: context, kernel: kernel, port: try openPort(),
            desk: OwnDesk(responder: context.responder), kind: kind,
            watched: try WatchedListeners(listeners, sharing: sharing, budget: budget))
        try start(reader, at: context)
    }

    /// Starts one thread that reads what comes through `inboxes`, and works.
    func startReader<Stream: StreamTransport & ~Copyable, S: Session & ~Copyable>(
        _ index: Int, port: Shared<ReaderPort>, inboxes: [Shared<Inbox>], promisesSlots: Bool,
        kind: ConnectionKind<Stream, S>
    ) throws(SystemError) {
        let context = context(.reader, index)
        let reader = try Reader<K, Stream, OwnDesk, S>(
            context: context, kernel: context.kernel, port: port,
            desk: OwnDesk(responder: context.responder), kind: kind,
            inboxes: inboxes,
            promisesSlots: promisesSlots, watched: try WatchedListeners([], budget: 0))
        try start(reader, at: context)
    }
}
