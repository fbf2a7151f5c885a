// Hot path
import Basis
import Platform
import Secure
import Synchronization
import Wire

/// One of the threads that take turns at waiting: leads when nobody does, else goes on with what
/// leaders were told of, else sleeps. It brings what a thread needs to serve a connection, and
/// borrows one at a time.
struct LeaderFollower<
    K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
>: ThreadBody, ~Copyable {
    private typealias Table = LeaderTable<Stream, S>

    private var io: ReaderIO<K, Stream, OwnDesk, S>
    private var buffer = ByteQueue(capacity: Limit.receiveBytes)
    /// A leader takes one event: the next is for the next.
    private var events = EventBuffer(capacity: 1)
    private let leadership: Shared<Leadership<Stream, S>>
    /// A connection that was accepted while leading, and has not begun.
    private var arrival: Descriptor?
    private var accepted = Instant(raw: 0)
    private let drainTime: Nanoseconds
    private let stop: StopFlag
    private let board: Shared<TallyBoard>

    init(
        context: ThreadContext<K>, leadership: Shared<Leadership<Stream, S>>,
        kind: ConnectionKind<Stream, S>
    ) {
        let port = leadership.value.port
        io = ReaderIO(
            kernel: context.kernel,
            core: ConnectionCore(
                options: context.options, desk: OwnDesk(responder: context.responder),
                items: WorkItems(nil), feed: EventFeed(topics: context.topics, port: port),
                faults: context.ledger.faults),
            port: port, board: context.board, context: kind.context,
            transmission: context.options.transmission,
            takesFastOpen: context.options.takesFastOpen)
        self.leadership = leadership
        drainTime = context.options.drainTimeout
        stop = context.stop
        board = context.board
    }

    static var wakeToken: UInt64 { UInt64(ConnectionReference.firstSpecialSlot) }

    mutating func run() throws(SystemError) {
        do throws(SystemError) {
            try serve()
        } catch {
            // Nobody else may wait for a leader that is gone.
            leadership.value.end()
            throw error
        }
        closeAll()
        publish()
    }

    private mutating func serve() throws(SystemError) {
        while true {
            switch leadership.value.next(calls: &io.kernel.counts.other) {
            case .lead(let until):
                guard let turn = try lead(until: until) else { break }
                serve(turn)
            case .serve(let turn):
                io.core.note(.current)
                serve(turn)
            case .end: return
            }
            publish()
        }
    }

    private mutating func publish() { board.value.publish(io.core.tally, io.counts) }

    // MARK: the leader

    /// Waits, and says what there is to do; nil where it is nothing.
    private mutating func lead(until: Instant) throws(SystemError) -> Table.Turn? {
        let leadership = leadership
        let timeout = until.since(MonotonicClock.now)
        try io.kernel.wait(on: io.port.value.poller, for: &events, timeout: max(.zero, timeout))
        io.core.note(.current)
        if stop.isSet(.draining) {
            beginDrain()
        } else {
            for index in events.indices where isListener(events[index]) { accept(events[index]) }
        }
        var calls: UInt64 = 0
        var isDrained = false
        let turn = leadership.value.endLead(calls: &calls) { table in
            isDrained = table.isDrained(at: io.core.now)
            return isDrained ? nil : endLead(&table)
        }
        io.kernel.counts.other &+= calls
        io.core.tally.wakeups &+= calls
        if isDrained { leadership.value.end() }
        return turn
    }

    private func isListener(_ event: Event) -> Bool {
        ConnectionReference(token: event.token).slot >= ConnectionReference.firstSpecialSlot
            && event.token != Self.wakeToken
    }

    /// Takes one connection: the next leader is told of the others.
    private mutating func accept(_ event: Event) {
        let leadership = leadership
        let isFull = leadership.value.withTable { $0.isFull }
        leadership.value.withListeners { listeners in
            if isFull {
                listeners.pause(with: &io.kernel, on: io.port.value.poller)
                return
            }
            arrival = listeners.admit(event.token, with: &io.kernel, tally: &io.core.tally)
            if arrival != nil {
                accepted = MonotonicClock.now
                io.port.value.load.wrappingAdd(1, ordering: .relaxed)
                return
            }
            io.core.tally.emptyAccepts &+= 1
            if listeners.mustPause { listeners.pause(with: &io.kernel, on: io.port.value.poller) }
        }
    }

    /// Notes what has come, and chooses what to go on with.
    private mutating func endLead(_ table: inout Table) -> Table.Turn? {
        for index in events.indices {
            let event = events[index]
            let reference = ConnectionReference(token: event.token)
            if reference.slot < ConnectionReference.firstSpecialSlot {
                table.note(reference, .event, event)
            }
        }
        table.noteTimers(at: io.core.now)
        if io.core.now >= table.nextSweep { sweep(&table) }
        if arrival != nil { return table.begin() }
        return table.take()
    }

    /// Ends what is overdue.
    private mutating func sweep(_ table: inout Table) {
        let leadership = leadership
        table.nextSweep = io.core.now + Limit.tick
        io.core.held = table.held
        for slot in table.slots where table.isHere(slot) {
            if table[slot].state.deadline > io.core.now { continue }
            let reference = table.reference(to: slot)
            io.takeOver(&table[slot])
            io.expire(&table[slot], reference)
            absorb(&table)
            table.giveBack(reference)
        }
        table.held = io.core.held
        table.pruneTimers()
        io.core.output.trim(above: Limit.unsentStorageBytes)
        if table.drainDeadline != nil || table.isFull { return }
        leadership.value.withListeners { listeners in
            // Where the kernel refuses now, the next sweep tries again.
            try? listeners.watch(with: &io.kernel, on: io.port.value.poller)
        }
    }

    // MARK: any thread

    /// Goes on with a connection that is away with this thread.
    @inline(always)
    private mutating func serve(_ turn: Table.Turn) {
        let leadership = leadership
        let reference = turn.reference
        io.core.held = turn.held
        io.core.isDraining = turn.isDraining
        // SAFETY: until it is given back, the connection is this thread's.
        unsafe goOn(&turn.connection.pointee, turn)
        let more = io.core.held - turn.held
        let wakes = leadership.value.giveBack { table in
            table.held += more
            absorb(&table)
            table.giveBack(reference)
        }
        if wakes {
            io.kernel.wake(io.port.value.gate.waker)
            io.core.tally.wakeups &+= 1
        }
    }

    private mutating func goOn(_ connection: inout Connection<Stream, S>, _ turn: Table.Turn) {
        let reference = turn.reference
        if let descriptor = arrival.take() {
            io.welcome(
                descriptor, &connection, reference, isArmed: false, accepted: accepted)
        } else {
            io.takeOver(&connection)
        }
        if turn.reasons.contains(.stop), connection.state.phase != .free {
            io.noteStop(&connection, reference)
        }
        if turn.reasons.contains(.event), connection.state.phase != .free {
            io.handle(turn.event, &connection, reference, &buffer)
        }
        if turn.reasons.contains(.timer), connection.state.phase != .free {
            io.resume(&connection, reference)
        }
        if turn.reasons.contains(.listed), connection.state.phase != .free {
            io.goOn(&connection, reference, &buffer)
        }
        if io.core.isDraining, connection.state.phase == .idle {
            io.drain(&connection, reference)
        }
    }

    /// What a turn has left for later is for whichever thread comes by then.
    private mutating func absorb(_ table: inout Table) {
        for reference in io.core.listed { table.note(reference, .listed) }
        io.core.listed.removeAll(keepingCapacity: true)
        io.core.timers.move(to: &table.timers)
    }

    // MARK: the end

    /// Draws the line behind what has arrived, and has every connection gone on with.
    private mutating func beginDrain() {
        let leadership = leadership
        if leadership.value.withTable({ $0.drainDeadline != nil }) { return }
        acceptTheLast()
        let end = io.core.now + drainTime
        io.core.isDraining = true
        leadership.value.withTable { table in
            table.drainDeadline = end
            io.core.held = table.held
            for slot in table.slots where !table.isHere(slot) || table[slot].descriptor != nil {
                let reference = table.reference(to: slot)
                if table.isHere(slot) {
                    io.takeOver(&table[slot])
                    io.noteStop(&table[slot], reference)
                    absorb(&table)
                    table.giveBack(reference)
                } else {
                    table.note(reference, .stop)
                }
                table.note(reference, .event, .missed(reference.token))
            }
            table.held = io.core.held
            table.nextSweep = io.core.now + Limit.tick
        }
    }

    /// Ending a listener resets what waits in its queue, so the queue is emptied first.
    private mutating func acceptTheLast() {
        let leadership = leadership
        leadership.value.withListeners { listeners in
            for token in listeners.tokens {
                while true {
                    if leadership.value.withTable({ $0.isFull }) { break }
                    arrival = listeners.admit(token, with: &io.kernel, tally: &io.core.tally)
                    if arrival == nil {
                        if !listeners.mustPause { listeners.refuseMore(token) }
                        break
                    }
                    accepted = MonotonicClock.now
                    io.port.value.load.wrappingAdd(1, ordering: .relaxed)
                    if let turn = leadership.value.withTable({ $0.begin() }) { serve(turn) }
                }
            }
            listeners.pause(with: &io.kernel, on: io.port.value.poller)
        }
    }

    /// Ends what is still here; what is away ends with its thread.
    private mutating func closeAll() {
        let leadership = leadership
        leadership.value.withTable { table in
            for slot in table.slots where table.isHere(slot) && table[slot].descriptor != nil {
                let reference = table.reference(to: slot)
                io.takeOver(&table[slot])
                io.close(&table[slot])
                table.giveBack(reference)
            }
        }
        io.kernel.finish()
    }
}
