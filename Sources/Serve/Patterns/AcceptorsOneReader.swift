import Platform
import Secure

/// `acceptors:one-reader`: the textbook's wording of many acceptors: N threads accept from one
/// listener and pass every connection to the one thread that reads and works.
struct AcceptorsOneReader: ExecutionPattern {
    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listen()
        let port = try crew.openPort()
        let inboxes = (0..<crew.options.threads).map { _ in crew.openInbox() }
        try crew.startReader(
            0, port: port, inboxes: inboxes, promisesSlots: false, kind: kind)
        for (index, inbox) in inboxes.enumerated() {
            let context = crew.context(.acceptor, index)
            let dispatcher = Dispatcher(onlyTo: .init(port: port, inbox: inbox), mode: .queue)
            try crew.start(
                try Acceptor.polling(
                    listeners, exclusive: true, to: dispatcher, context: context,
                    crew: crew),
                at: context)
        }
        return listeners
    }
}
