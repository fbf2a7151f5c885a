import Basis
import Platform
import Secure

/// What a thread needs beside its stack. The next connection's thread uses it again, so that what
/// a connection costs is the thread.
private protocol ConnectionSeat: Sendable {
    var index: Int { get }
    var board: Shared<TallyBoard> { get }
    func serve(_ connection: consuming Descriptor, accepted: Instant) throws(SystemError)
}

/// Those that no thread has.
private final class FreeSeats: Sendable {
    private let seats = Guarded<[any ConnectionSeat]>([])

    func take() -> (any ConnectionSeat)? { seats.withLock { $0.popLast() } }
    func giveBack(_ seat: any ConnectionSeat) { seats.withLock { $0.append(seat) } }
}

/// Starts a thread for each connection.
struct ThreadStarter<
    K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
>: ConnectionSink, ~Copyable {
    private let crew: Crew<K>
    private let kind: ConnectionKind<Stream, S>
    private let group: ThreadGroup
    private let poller: Shared<Poller>
    private let seats = FreeSeats()
    private var count = 0

    init(
        _ crew: Crew<K>, _ group: ThreadGroup, _ poller: Shared<Poller>,
        kind: ConnectionKind<Stream, S>
    ) {
        self.crew = crew
        self.poller = poller
        self.group = group
        self.kind = kind
    }

    private final class Seat: ConnectionSeat {
        let index: Int
        let board: Shared<TallyBoard>
        private let server: Guarded<ConnectionServer<K, Stream, S>>

        init(
            _ index: Int, _ board: Shared<TallyBoard>,
            _ server: consuming sending ConnectionServer<K, Stream, S>
        ) {
            self.index = index
            self.board = board
            self.server = Guarded(server)
        }

        func serve(
            _ connection: consuming Descriptor, accepted: Instant
        ) throws(SystemError) {
            let connection = Handover(connection)
            try server.withLock { (server) throws(SystemError) in
                try server.serve(connection.take(), accepted: accepted)
            }
        }
    }

    mutating func hand<Caller: Kernel>(
        _ descriptor: consuming Descriptor, with kernel: inout Caller, tally: inout Tally
    ) {
        let accepted = MonotonicClock.now
        guard let seat = seats.take() ?? makeSeat() else {
            kernel.close(descriptor)
            tally.shed &+= 1
            return
        }
        if start(seat, Handover(descriptor), accepted: accepted) {
            tally.handoffs &+= 1
        } else {
            // No thread can be had (pthread_create(3), EAGAIN): the handover ends the connection.
            seats.giveBack(seat)
            tally.shed &+= 1
        }
    }

    private mutating func makeSeat() -> (any ConnectionSeat)? {
        if count == crew.options.connectionsPerReader { return nil }
        let context = crew.context(.connection, count)
        let server = crew.openConnectionServer(context, poller, kind: kind)
        group.add(context.board)
        defer { count += 1 }
        return Seat(count, context.board, server)
    }

    private func start(
        _ seat: any ConnectionSeat, _ connection: Handover<Descriptor>, accepted: Instant
    ) -> Bool {
        let (crew, group, seats) = (self.crew, self.group, self.seats)
        group.noteBeginning()
        do throws(SystemError) {
            _ = try Thread(
                named: "connection-\(seat.index)", stackBytes: Limit.connectionStackBytes
            ) {
                Interruption.allow()
                crew.pinThisThread(as: seat.index)
                seat.board.value.begin()
                do throws(SystemError) {
                    try seat.serve(connection.take(), accepted: accepted)
                    seats.giveBack(seat)
                } catch {
                    // Its connection ends with it.
                    crew.report(error)
                }
                seat.board.value.end()
                group.noteEnd()
            }
            return true
        } catch {
            group.noteEnd()
            return false
        }
    }
}
