import Basis
import Platform
import Secure

/// `prefork`: N processes sleep in accept on one listener, and each serves the connection that it
/// gets to its end, by calls that block (Apache's prefork, PostgreSQL's back ends). A connection
/// that stays keeps its process, however idle. With several addresses each has its own processes,
/// for nobody sleeps in two accepts.
struct Prefork: ProcessPattern {
    func open<K: Kernel>(_ crew: Crew<K>) throws(SystemError) -> ProcessShares {
        let listeners = try crew.listenForBlocking()
        for listener in listeners { try Socket.makeBlocking(listener.socket.value) }
        let members = listeners.flatMap { listener in
            (0..<crew.options.threads).map { _ in [listener] }
        }
        return ProcessShares(listeners: listeners, members: members)
    }

    func assembleMember<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, _ index: Int, _ share: [Listener], kind: ConnectionKind<Stream, S>
    ) throws(SystemError) {
        let context = crew.context(.connection, index)
        let server = crew.openConnectionServer(
            context, try crew.openIdlePoller(), kind: kind)
        // Behind the interruption of the thread, which goes on to empty the queue.
        let patience = crew.options.drainTimeout
        crew.whenDraining { share[0].endWhenEmpty(within: patience) }
        try crew.start(
            AcceptingServer(server, share[0], try Admission(), context.stop), at: context)
    }
}

/// A thread that accepts a connection, serves it to its end, and accepts the next.
private struct AcceptingServer<
    K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
>: ThreadBody, ~Copyable {
    private var server: ConnectionServer<K, Stream, S>
    private let listener: Listener
    private var admission: Admission
    private let stop: StopFlag

    init(
        _ server: consuming ConnectionServer<K, Stream, S>, _ listener: Listener,
        _ admission: consuming Admission, _ stop: StopFlag
    ) {
        self.server = server
        self.listener = listener
        self.admission = admission
        self.stop = stop
    }

    /// Whoever sleeps in accept is woken when the listener ends. Whoever does not still has
    /// connections to take: those that wait when the stop comes.
    mutating func run() throws(SystemError) {
        var rest = Limit.arrivals
        while rest > 0 {
            if let descriptor = server.accept(from: listener, by: &admission) {
                try server.serve(descriptor, accepted: MonotonicClock.now)
                if stop.isSet(.draining) { rest -= 1 }
            } else if stop.isSet(.draining) {
                break
            } else if admission.mustPause {
                // Descriptors, or the stop: another process may have heard of it first. All of them
                // ask, so that each asks seldom.
                blockThread(for: .milliseconds(50))
            }
        }
        Socket.stopListening(listener.socket.value)
    }
}
