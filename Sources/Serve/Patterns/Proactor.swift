import Platform
import Secure

/// `proactor`: N loops with a listener each, as `sharded:hash` has them, that ask once for
/// connections and bytes and are told what has come (io_uring, Linux 6.1; monoio, libreactor). What
/// a turn of a loop sends goes to the kernel in one call, which waits for the next as well.
struct Proactor: ExecutionPattern {
    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let shards = try crew.listenApart()
        for (index, listeners) in shards.enumerated() {
            // A request on a socket that does not block fails where it would have to wait.
            for listener in listeners { try Socket.makeBlocking(listener.socket.value) }
            let kernel = try RingKernel()
            crew.atTheEnd { kernel.free() }
            try crew.startLoop(
                in: crew.context(.loop, index), kernel: kernel, listeners: listeners,
                budget: Limit.acceptsPerTurn, kind: kind)
        }
        return shards[0]
    }
}
