import Platform
import Secure

/// `leader-followers`: N threads share one epoll instance, and one of them waits for one event.
/// Told of it, it lets another wait and goes on with the connection itself: no queue and no
/// hand-over between them, and no thread has connections of its own (POSA 2, 2000; ACE).
struct LeaderFollowers: ExecutionPattern {
    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listen()
        let port = try crew.openPort()
        try port.value.poller.add(
            port.value.gate.waker, token: LeaderFollower<K, Stream, S>.wakeToken)
        let contexts = (0..<crew.options.threads).map { crew.context(.loop, $0) }
        var kernel = contexts[0].kernel
        var watched = try WatchedListeners(listeners, budget: 1)
        try watched.watch(with: &kernel, on: port.value.poller)
        let leadership = Shared(
            Leadership<Stream, S>(
                limit: crew.options.connectionsPerReader, listeners: watched, port: port))
        crew.keep(leadership)
        for context in contexts {
            try crew.start(
                LeaderFollower(context: context, leadership: leadership, kind: kind), at: context)
        }
        return listeners
    }
}
