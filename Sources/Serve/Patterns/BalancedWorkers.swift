import Platform
import Secure

/// `balanced:shared` and `balanced:per-worker`: one thread listens, accepts and reads, and passes
/// every message to one of N workers. Replies leave in the order of their requests, connection by
/// connection.
struct BalancedWorkers: ExecutionPattern {
    enum Queues: Sendable { case shared, perWorker }

    private let queues: Queues

    init(_ queues: Queues) { self.queues = queues }

    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listen()
        let pool = Shared(WorkItemPool())
        crew.keep(pool)
        let port = try crew.openPort()
        let distribution = distribution(for: crew)
        var lanes: [Shared<WorkerLane>] = []
        for index in 0..<crew.options.threads {
            let lane = Shared(try WorkerLane())
            crew.keep(lane)
            crew.whenWorkersEnd { lane.value.gate.waker.wake() }
            lanes.append(lane)
            let context = crew.context(.worker, index)
            try crew.start(
                try Worker(
                    context: context, pool: pool, lane: lane, distribution: distribution,
                    readerPort: port),
                at: context)
        }
        let context = crew.context(.reader, 0)
        let reader = try Reader<K, Stream, WorkerDesk<K>, S>(
            context: context, port: port,
            desk: WorkerDesk(
                kernel: context.kernel, lanes: lanes, distribution: distribution),
            items: pool,
            kind: kind,
            watched: try WatchedListeners(listeners, budget: Limit.acceptsPerTurn))
        try crew.start(reader, at: context)
        return listeners
    }

    private func distribution<K: Kernel>(for crew: Crew<K>) -> WorkDistribution {
        switch queues {
        case .perWorker: return .perWorker
        case .shared:
            let queue = Shared(WorkQueue())
            crew.keep(queue)
            crew.whenWorkersEnd { queue.value.close() }
            return .shared(queue)
        }
    }
}
