import Platform
import Secure

/// `thread-per-connection`: one thread accepts and starts a thread for each connection, which
/// serves it to its end by calls that block. The kernel alone decides who runs.
struct ThreadPerConnection: ExecutionPattern {
    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listenForBlocking()
        let poller = try crew.openIdlePoller()
        let group = crew.openGroup(.connection)
        let context = crew.context(.acceptor, 0)
        let starter = ThreadStarter(crew, group, poller, kind: kind)
        try crew.start(
            try Acceptor.polling(
                listeners, exclusive: false, to: starter, context: context, crew: crew),
            at: context)
        return listeners
    }
}
