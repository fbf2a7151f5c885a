import Platform
import Secure

/// `single`: one thread listens, accepts, reads and works.
struct SingleLoop: ExecutionPattern {
    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listen()
        try crew.startLoop(
            0, listeners: listeners, budget: Limit.acceptsPerTurn, kind: kind)
        return listeners
    }
}
