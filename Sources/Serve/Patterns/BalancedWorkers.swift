import Platform
import Secure

/// `balanced:shared`, `balanced:per-worker` and `work-stealing`: one thread listens, accepts and
/// reads, and passes every message to one of N workers. Replies leave in the order of their
/// requests, connection by connection. The workers have one queue; or one each; or one each, from
/// which those that have nothing to do take as well.
struct BalancedWorkers: ExecutionPattern {
    private let queues: WorkerTeam.Queues

    init(_ queues: WorkerTeam.Queues) { self.queues = queues }

    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        try crew.startTeam(queues, answersItself: false, kind: kind)
    }
}
