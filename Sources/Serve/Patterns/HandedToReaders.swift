import Platform
import Secure

/// `readers:direct` and `readers:queue`: one acceptor spreads connections over N readers, which
/// also work. A connection stays with its reader.
struct HandedToReaders: ExecutionPattern {
    private let passage: Passage

    init(_ passage: Passage) { self.passage = passage }

    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listen()
        var ways: [Dispatcher.Way] = []
        for index in 0..<crew.options.threads {
            let way = Dispatcher.Way(port: try crew.openPort(), inbox: crew.openInbox())
            ways.append(way)
            try crew.startReader(
                index, port: way.port, inboxes: [way.inbox], promisesSlots: passage == .direct,
                kind: kind)
        }
        let station = crew.station(.acceptor, 0)
        let dispatcher = Dispatcher(
            ways: ways, passage: passage, balance: crew.options.balance, seed: 1)
        try crew.start(
            try Acceptor.polling(
                listeners, exclusive: false, dispatcher: dispatcher, station: station, crew: crew),
            at: station)
        return listeners
    }
}
