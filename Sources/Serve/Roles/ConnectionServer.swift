import Basis
import Platform
import Secure
import Synchronization

/// Serves one connection after another by calls that block: the thread that has it is the
/// connection's for as long as that lasts. The same core decides as in a reader, and the same calls
/// carry it out; only who waits, and how, is another.
///
/// Between requests it sleeps in the receive itself, so a request takes two calls. Where something
/// else may come first, a reply's time, an event of a topic, a deadline that is near, it waits in
/// ppoll(2).
struct ConnectionServer<
    K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
>: ~Copyable {
    private var connection = Connection<Stream, S>()
    private var io: ReaderIO<BlockingKernel<K>, Stream, OwnDesk, S>
    private var buffer = ByteQueue(capacity: Limit.receiveBytes)
    private let stop: StopFlag
    private let board: Shared<TallyBoard>
    private let drainTime: Nanoseconds
    private var drainDeadline: Instant?
    /// Whether the connection knows that a stop was asked for.
    private var hasNotedStop = false

    init(
        context: ThreadContext<K>, port: Shared<ReaderPort>, sleeper: Shared<Sleeper>,
        kind: ConnectionKind<Stream, S>
    ) {
        io = ReaderIO(
            kernel: BlockingKernel(context.kernel, port: port, sleeper: sleeper),
            core: ConnectionCore(
                options: context.options,
                desk: OwnDesk(responder: context.responder),
                items: WorkItems(nil), feed: EventFeed(topics: context.topics, port: port),
                faults: context.ledger.faults),
            port: port, board: context.board, context: kind.context,
            transmission: context.options.transmission,
            takesFastOpen: context.options.takesFastOpen)
        stop = context.stop
        board = context.board
        drainTime = context.options.drainTimeout
    }

    /// Returns when the connection has ended.
    mutating func serve(
        _ descriptor: consuming Descriptor, accepted: Instant
    ) throws(SystemError) {
        io.port.value.load.wrappingAdd(1, ordering: .relaxed)
        do throws(SystemError) {
            try Socket.makeBlocking(descriptor)
        } catch {
            io.shed(descriptor)
            publish()
            return
        }
        let reference = ConnectionReference(slot: 0, generation: connection.generation)
        io.core.note(.current)
        hasNotedStop = false
        io.welcome(descriptor, &connection, reference, isArmed: true, accepted: accepted)
        while connection.state.phase != .free {
            io.core.note(.current)
            try goOn(reference)
            publish()
        }
        io.core.listed.removeAll(keepingCapacity: true)
        io.core.timers.removeAll { _ in true }
        connection.reset()
    }

    /// The next connection of a listener, for a thread that accepts by itself.
    mutating func accept(from listener: Listener, by admission: inout Admission) -> Descriptor? {
        admission.admit(from: listener, with: &io.kernel, tally: &io.core.tally)
    }

    /// Counts calls that the thread has made while it waited for this connection.
    mutating func noteSleep(_ calls: UInt64) { io.kernel.counts.other &+= calls }

    private func publish() { board.value.publish(io.core.tally, io.counts) }

    private mutating func goOn(_ reference: ConnectionReference) throws(SystemError) {
        if stop.isSet(.draining), drain(reference) { return }
        if !io.core.listed.isEmpty {
            io.core.listed.removeAll(keepingCapacity: true)
            io.goOn(&connection, reference, &buffer)
        } else if let event = try wait(reference) {
            io.handle(event, &connection, reference, &buffer)
            io.kernel.mayWait = false
        }
        io.core.note(.current)
        if io.core.writer.feed.hasPublished {
            io.core.tally.wakeups &+= io.core.writer.feed.wakeOthers(with: &io.kernel)
        }
        while connection.state.phase != .free, io.core.timers.pop(at: io.core.now) != nil {
            io.resume(&connection, reference)
        }
        if io.core.writer.feed.isWatching { resumeIfWoken(reference) }
        if connection.state.phase != .free, connection.state.deadline <= io.core.now {
            io.expire(&connection, reference)
        }
    }

    /// Waits for what the connection waits for, or leaves that to the receive. Nil where nothing
    /// came.
    private mutating func wait(_ reference: ConnectionReference) throws(SystemError) -> Event? {
        let isWatching = io.core.writer.feed.isWatching
        let due = min(connection.state.deadline, io.core.timers.next)
        if connection.state.phase == .idle, !isWatching, drainDeadline == nil,
            due == connection.state.deadline
        {
            io.kernel.mayWait = true
            return .input(reference.token)
        }
        var timeout = due.since(io.core.now)
        if isWatching {
            // Before the last look, so that nothing new is missed.
            if (try? io.port.value.gate.waker.open()) == nil {
                // Out of descriptors: it looks for itself.
                timeout = min(timeout, Limit.drainLook)
            }
            io.port.value.gate.announceSleep()
            if io.core.writer.feed.hasNews(at: io.core.now) { timeout = .zero }
        }
        let event = try io.kernel.wait(
            for: connection.interest, of: connection.descriptor!, token: reference.token,
            wokenBy: io.port.value.gate.waker, timeout: max(.zero, timeout))
        if isWatching { io.port.value.gate.announceAwake() }
        return event
    }

    private mutating func resumeIfWoken(_ reference: ConnectionReference) {
        for woken in io.core.writer.feed.takeWoken(at: io.core.now)
        where woken == reference && connection.state.phase != .free {
            io.resume(&connection, reference)
        }
        let isHere = connection.state.phase != .free
        io.core.writer.feed.prune(atMost: 1) { $0 == reference && isHere }
    }

    /// Brings the connection to its end once a stop was asked for. Says whether it has come.
    private mutating func drain(_ reference: ConnectionReference) -> Bool {
        let end = drainDeadline ?? io.core.now + drainTime
        drainDeadline = end
        if io.core.now >= end {
            io.close(&connection)
            return true
        }
        io.core.isDraining = true
        if !hasNotedStop {
            hasNotedStop = true
            io.noteStop(&connection, reference)
        }
        if connection.state.phase == .idle { io.drain(&connection, reference) }
        return connection.state.phase == .free
    }
}
