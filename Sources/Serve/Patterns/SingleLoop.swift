import Platform
import Secure

/// `single`: one thread listens, accepts, reads and works.
struct SingleLoop: ExecutionPattern {
    func assemble<K: Kernel, Stream: StreamTransport & ~Copyable>(
        _ crew: Crew<K>, stream: Stream.Type
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listen()
        try crew.startLoop(
            0, listeners: listeners, budget: Limit.acceptsPerTurn, stream: stream)
        return listeners
    }
}
