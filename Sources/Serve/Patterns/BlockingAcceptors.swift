import Platform
import Secure

/// `acceptors:blocking`: N threads sleep in accept on one listener, and the kernel serves them
/// first come first served; each feeds a reader of its own, so that connections are spread evenly.
struct BlockingAcceptors: ExecutionPattern {
    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listen()
        for listener in listeners { try Socket.makeBlocking(listener.socket.value) }
        for index in 0..<crew.options.threads {
            let port = try crew.openPort()
            // A thread can sleep in one accept only, so each address has its own acceptors.
            let inboxes = listeners.map { _ in crew.openInbox() }
            try crew.startReader(
                index, port: port, inboxes: inboxes, promisesSlots: true, kind: kind)
            for (listener, inbox) in zip(listeners, inboxes) {
                let context = crew.context(.acceptor, index)
                let dispatcher = Dispatcher(onlyTo: .init(port: port, inbox: inbox), mode: .direct)
                try crew.start(
                    try Acceptor.blocking(
                        listener, to: dispatcher, context: context, crew: crew),
                    at: context)
            }
        }
        return listeners
    }
}
