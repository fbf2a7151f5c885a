import Platform
import Secure

/// `process-per-core`: N processes, each a loop with a listener of its own on one port
/// (SO_REUSEPORT; nginx's `listen reuseport`, fasthttp's prefork). What `sharded:hash` does on
/// threads, on processes: nothing is shared, so nothing of one holds another up.
struct ProcessPerCore: ProcessPattern {
    func open<K: Kernel>(_ crew: Crew<K>) throws(SystemError) -> ProcessShares {
        let shards = try crew.listenApart()
        return ProcessShares(listeners: shards[0], members: shards)
    }

    func assembleMember<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, _ index: Int, _ share: [Listener], kind: ConnectionKind<Stream, S>
    ) throws(SystemError) {
        try crew.startLoop(index, listeners: share, budget: Limit.acceptsPerTurn, kind: kind)
    }
}
