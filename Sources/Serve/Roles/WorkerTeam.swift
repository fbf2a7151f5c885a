import Platform
import Secure

/// What a reader and its workers have in common.
struct WorkerTeam: Sendable {
    enum Queues: Sendable { case shared, perWorker, stealing }

    let pool: Shared<WorkItemPool>
    /// One for each worker.
    let lanes: [Shared<WorkerLane>]
    let distribution: WorkDistribution
}

extension Crew {
    /// Starts one thread that listens, accepts and reads, and its workers.
    ///
    /// - Parameter answersItself: it also works, unless that would hold its thread.
    func startTeam<Stream: StreamTransport & ~Copyable, S: Session & ~Copyable>(
        _ queues: WorkerTeam.Queues, answersItself: Bool, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try listen()
        let port = try openPort()
        let team = try startWorkers(queues, for: port)
        let context = context(answersItself ? .loop : .reader, 0)
        let reader = try Reader<K, Stream, WorkerDesk<K>, S>(
            context: context, kernel: context.kernel, port: port,
            desk: WorkerDesk(
                kernel: context.kernel, team: team, responder: context.responder,
                answersItself: answersItself),
            items: team.pool, kind: kind,
            watched: try WatchedListeners(listeners, budget: Limit.acceptsPerTurn))
        try start(reader, at: context)
        return listeners
    }

    /// Starts the workers of the reader behind `port`, as many as the options say.
    func startWorkers(
        _ queues: WorkerTeam.Queues, for port: Shared<ReaderPort>
    ) throws(SystemError) -> WorkerTeam {
        let pool = Shared(WorkItemPool())
        keep(pool)
        var lanes: [Shared<WorkerLane>] = []
        for _ in 0..<options.threads {
            let lane = Shared(try WorkerLane())
            keep(lane)
            whenWorkersEnd { lane.value.gate.waker.wake() }
            lanes.append(lane)
        }
        let team = WorkerTeam(pool: pool, lanes: lanes, distribution: open(queues))
        for index in lanes.indices {
            let context = context(.worker, index)
            try start(try Worker(context: context, team: team, readerPort: port), at: context)
        }
        return team
    }

    private func open(_ queues: WorkerTeam.Queues) -> WorkDistribution {
        switch queues {
        case .perWorker: .perWorker
        case .shared: .shared(openQueue())
        case .stealing: .stealing((0..<options.threads).map { _ in openQueue() })
        }
    }

    private func openQueue() -> Shared<WorkQueue> {
        let queue = Shared(WorkQueue())
        keep(queue)
        whenWorkersEnd { queue.value.close() }
        return queue
    }
}
