import Platform
import Secure

/// `sharded:hash`: N loops with a listener each on one port (SO_REUSEPORT); the kernel chooses by a
/// hash of the addresses.
struct ShardedListeners: ExecutionPattern {
    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        // All are bound before any loop runs: a listener that joins later would move connections
        // that others are waiting for.
        let first = try crew.listen(sharingPort: true)
        var shards = [first]
        for _ in 1..<max(2, crew.options.threads) where shards.count < crew.options.threads {
            shards.append(try crew.listen(sharingPort: true, on: first.map(\.address)))
        }
        for (index, listeners) in shards.enumerated() {
            try crew.startLoop(
                index, listeners: listeners, budget: Limit.acceptsPerTurn, kind: kind)
        }
        return first
    }
}
