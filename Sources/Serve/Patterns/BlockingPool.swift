import Platform
import Secure

/// `blocking-pool`: one acceptor queues connections, and each of N threads serves one of them to
/// its end by calls that block. A connection that stays keeps its thread, however idle: with more
/// of them than threads the others wait.
struct BlockingPool: ExecutionPattern {
    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listenForBlocking()
        let poller = try crew.openIdlePoller()
        let queue = Shared(ConnectionQueue())
        crew.keep(queue)
        crew.whenDraining { queue.value.close() }
        for index in 0..<crew.options.threads {
            let context = crew.context(.connection, index)
            let server = crew.openConnectionServer(context, poller, kind: kind)
            try crew.start(PoolThread(server, queue), at: context)
        }
        let context = crew.context(.acceptor, 0)
        try crew.start(
            try Acceptor.polling(
                listeners, exclusive: false, to: PoolSink(queue), context: context, crew: crew),
            at: context)
        return listeners
    }
}

extension Crew {
    /// Listens for connections that threads are to serve by calls that block, bounds what they wait
    /// in the kernel, and lets them be interrupted.
    func listenForBlocking() throws(SystemError) -> [Listener] {
        Interruption.prepare()
        let listeners = try listen()
        for listener in listeners {
            try Socket.limitWaits(
                listener.socket.value, receive: options.idleTimeout, send: Limit.blockedWrite)
        }
        return listeners
    }

    /// A poller that watches nothing, for what serves connections by calls that block.
    func openIdlePoller() throws(SystemError) -> Shared<Poller> {
        let poller = Shared(try Poller())
        keep(poller)
        return poller
    }

    /// What a thread serves one connection with, woken when draining begins.
    ///
    /// - Parameter poller: an idle one, which several may share.
    func openConnectionServer<Stream: StreamTransport & ~Copyable, S: Session & ~Copyable>(
        _ context: ThreadContext<K>, _ poller: Shared<Poller>, kind: ConnectionKind<Stream, S>
    ) -> ConnectionServer<K, Stream, S> {
        let port = Shared(ReaderPort(ofOneConnection: poller))
        keep(port)
        let sleeper = Shared(Sleeper())
        keep(sleeper)
        whenDraining { sleeper.value.end() }
        return ConnectionServer(context: context, port: port, sleeper: sleeper, kind: kind)
    }
}
