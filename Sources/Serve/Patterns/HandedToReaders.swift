import Platform
import Secure

/// `readers:direct` and `readers:queue`: one acceptor spreads connections over N readers, which
/// also work. A connection stays with its reader.
struct HandedToReaders: ExecutionPattern {
    private let mode: HandoffMode

    init(_ mode: HandoffMode) { self.mode = mode }

    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listen()
        var destinations: [Dispatcher.Destination] = []
        for index in 0..<crew.options.threads {
            let way = Dispatcher.Destination(port: try crew.openPort(), inbox: crew.openInbox())
            destinations.append(way)
            try crew.startReader(
                index, port: way.port, inboxes: [way.inbox], promisesSlots: mode == .direct,
                kind: kind)
        }
        let context = crew.context(.acceptor, 0)
        let dispatcher = Dispatcher(
            destinations: destinations, mode: mode, balance: crew.options.balance, seed: 1)
        try crew.start(
            try Acceptor.polling(
                listeners, exclusive: false, to: dispatcher, context: context, crew: crew),
            at: context)
        return listeners
    }
}
