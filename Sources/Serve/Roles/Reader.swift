// Hot path
import Basis
import Platform
import Secure
import Synchronization
import Wire

/// Owns connections and moves their bytes: receives, lets the session find messages, takes them to
/// the desk and sends the replies. With a listener of its own it accepts as well, and with a desk
/// of its own it also works: then it is a whole event loop.
struct Reader<
    K: Kernel, Stream: StreamTransport & ~Copyable, Desk: MessageDesk & ~Copyable,
    S: Session & ~Copyable
>: ThreadBody, ~Copyable {
    private var connections: ConnectionSlab<Stream, S>
    private var buffer = ByteQueue(capacity: Limit.receiveBytes)
    private var io: ReaderIO<K, Stream, Desk, S>
    private var watched: WatchedListeners
    private let inboxes: [Shared<Inbox>]
    /// Whether acceptors arm this reader's poller themselves, with slots promised to them.
    private let promisesSlots: Bool
    private let stop: StopFlag
    private let board: Shared<TallyBoard>

    private let drainTime: Nanoseconds
    private var nextSweep = Instant(raw: 0)
    private var drainDeadline: Instant?
    private var relisted: [ConnectionReference] = []
    /// Whether the listeners' events of this turn have been looked at before all others.
    private var hasAccepted = false

    /// - Parameters:
    ///   - kernel: what moves the bytes, usually that of the context.
    ///   - inboxes: one for each acceptor that hands over to this reader.
    ///   - promisesSlots: whether those acceptors arm this reader's poller themselves.
    ///   - watched: the listeners of its own, perhaps none.
    init<Given: Kernel>(
        context: ThreadContext<Given>, kernel: K, port: Shared<ReaderPort>,
        desk: consuming Desk, items: Shared<WorkItemPool>? = nil, kind: ConnectionKind<Stream, S>,
        inboxes: [Shared<Inbox>] = [], promisesSlots: Bool = false,
        watched: consuming WatchedListeners
    ) throws(SystemError) {
        connections = ConnectionSlab(limit: context.options.connectionsPerReader)
        io = ReaderIO(
            kernel: kernel,
            core: ConnectionCore(
                options: context.options, desk: desk, items: WorkItems(items),
                feed: EventFeed(topics: context.topics, port: port),
                faults: context.ledger.faults),
            port: port, board: context.board, context: kind.context,
            transmission: context.options.transmission,
            takesFastOpen: context.options.takesFastOpen)
        self.watched = watched
        self.inboxes = inboxes
        self.promisesSlots = promisesSlots
        drainTime = context.options.drainTimeout
        stop = context.stop
        board = context.board
        try port.value.poller.add(port.value.gate.waker, token: Self.wakeToken)
        relisted.reserveCapacity(256)
        // Before any thread runs: an acceptor may be faster than the reader.
        promiseSlots()
    }

    private static var wakeToken: UInt64 { UInt64(ConnectionReference.firstSpecialSlot) }

    private static func isListener(_ token: UInt64) -> Bool {
        ConnectionReference(token: token).slot >= ConnectionReference.firstSpecialSlot
            && token != wakeToken
    }

    mutating func run() throws(SystemError) {
        var events = EventBuffer()
        try watched.watch(with: &io.kernel, on: io.port.value.poller)
        while true {
            try wait(for: &events)
            io.core.note(.current)
            let beginning = io.core.now
            if watched.takesPart { shareListeners(events) }
            takeArrivals()
            if Desk.isDeferred { deliverDone() }
            for index in events.indices {
                if mustEndTurn { break }
                handle(events[index])
            }
            runTimers()
            feedStarved()
            runListed()
            if io.core.writer.feed.hasPublished { announce() }
            if io.core.writer.feed.isWatching { runWoken() }
            if Desk.worksInTurn { work() }
            if beginning >= nextSweep { sweep(at: beginning) }
            if drainDeadline != nil || stop.isSet(.draining), drain() { break }
            board.value.publish(io.core.tally, io.counts)
        }
        closeAll()
        io.kernel.finish()
        board.value.publish(io.core.tally, io.counts)
    }

    /// Sleeps until there is something to do. With mail from other threads the sleep is announced
    /// first and the boxes are looked at once more, so that no wake is lost.
    @inline(always)
    private mutating func wait(for events: inout EventBuffer) throws(SystemError) {
        let isWatching = io.core.writer.feed.isWatching
        let hasMailboxes = Desk.isDeferred || !inboxes.isEmpty || isWatching
        var timeout = min(nextSweep, io.core.timers.next).since(MonotonicClock.now)
        if hasMailboxes { io.port.value.gate.announceSleep() }
        if !io.core.listed.isEmpty || io.core.desk.hasDone || inboxes.contains(where: \.hasArrival)
            || isWatching && io.core.writer.feed.hasNews(at: io.core.now)
        {
            timeout = .zero
        }
        if watched.takesPart, drainDeadline == nil, !connections.isFull,
            let limit = askForListeners()
        {
            timeout = min(timeout, limit)
        }
        try io.kernel.wait(on: io.port.value.poller, for: &events, timeout: max(.zero, timeout))
        if hasMailboxes { io.port.value.gate.announceAwake() }
    }

    /// Before a wait: settles with the other loops who watches for connections. Says how long this
    /// one may sleep, if that is bounded.
    @inline(never)
    private mutating func askForListeners() -> Nanoseconds? {
        watched.beforeWait(
            connections: io.port.value.load.load(ordering: .relaxed),
            taken: taken, with: &io.kernel, on: io.port.value.poller)
    }

    /// Connections that this loop has taken from its listeners.
    private var taken: UInt64 { io.core.tally.accepted &+ io.core.tally.shed }

    /// Behind a wait: takes what only one loop at a time may wait for, and lets the others.
    @inline(never)
    private mutating func shareListeners(_ events: borrowing EventBuffer) {
        hasAccepted = false
        if watched.acceptsFirst {
            for index in events.indices {
                if mustEndTurn { break }
                if Self.isListener(events[index].token) { acceptSome(events[index].token) }
            }
            hasAccepted = true
        }
        watched.afterWait(at: io.core.now)
    }

    @inline(always)
    private mutating func handle(_ event: Event) {
        let reference = ConnectionReference(token: event.token)
        if reference.slot >= ConnectionReference.firstSpecialSlot {
            if Self.isListener(event.token), !hasAccepted { acceptSome(event.token) }
            return
        }
        guard connections.isAlive(reference) else { return }
        io.handle(event, &connections[reference.slot], reference, &buffer)
        freeIfClosed(reference)
    }

    @inline(always)
    private mutating func freeIfClosed(_ reference: ConnectionReference) {
        if connections[reference.slot].state.phase == .free { connections.free(reference.slot) }
    }

    // MARK: new connections

    private mutating func acceptSome(_ token: UInt64) {
        let budget = watched.budget
        for attempt in 0..<budget {
            if connections.isFull {
                watched.pause(with: &io.kernel, on: io.port.value.poller)
                return
            }
            guard let descriptor = watched.admit(token, with: &io.kernel, tally: &io.core.tally)
            else {
                if attempt == 0 { io.core.tally.emptyAccepts &+= 1 }
                if watched.mustPause {
                    watched.pause(with: &io.kernel, on: io.port.value.poller)
                }
                return
            }
            io.port.value.load.wrappingAdd(1, ordering: .relaxed)
            adopt(descriptor, at: nil, accepted: MonotonicClock.now)
            if watched.isExclusive, connections.isFull {
                watched.pause(with: &io.kernel, on: io.port.value.poller)
                return
            }
        }
    }

    /// Accepts what waits, whether an event says so or not, as long as there is room.
    private mutating func acceptAll(
        whenEmpty: (_ watched: borrowing WatchedListeners, _ token: UInt64) -> Void = { _, _ in }
    ) {
        for token in watched.tokens {
            while !connections.isFull {
                guard let descriptor = watched.admit(token, with: &io.kernel, tally: &io.core.tally)
                else {
                    if !watched.mustPause { whenEmpty(watched, token) }
                    break
                }
                io.port.value.load.wrappingAdd(1, ordering: .relaxed)
                adopt(descriptor, at: nil, accepted: MonotonicClock.now)
            }
        }
    }

    private mutating func takeArrivals() {
        for inbox in inboxes {
            while let arrival = inbox.value.arrivals.pop() {
                let (promised, accepted) = (arrival.promised, arrival.accepted)
                adopt(arrival.intoDescriptor(), at: promised, accepted: accepted)
            }
        }
        promiseSlots()
    }

    /// Makes the connection ours. `promised` is the slot that the poller already reports for it.
    private mutating func adopt(
        _ descriptor: consuming Descriptor, at promised: ConnectionReference?,
        accepted: Instant
    ) {
        guard let reference = promised ?? connections.allocate() else {
            io.shed(descriptor)
            return
        }
        io.welcome(
            descriptor, &connections[reference.slot], reference, isArmed: promised != nil,
            accepted: accepted)
        freeIfClosed(reference)
    }

    /// Every acceptor has its share of the slots, or the first would have all of them.
    private mutating func promiseSlots() {
        guard promisesSlots else { return }
        let share = min(Limit.promisedSlots, connections.limit / inboxes.count)
        for inbox in inboxes {
            while inbox.value.promises.count < share,
                let reference = connections.allocate()
            {
                connections[reference.slot].state.phase = .reserved
                let refused = inbox.value.promises.push(reference)
                precondition(refused == nil, "the ring holds more than is promised")
            }
        }
    }

    // MARK: work that no event announces

    /// Lets the desk do what this turn has brought it.
    private mutating func work() {
        io.core.desk.work()
        io.core.note(.current)
        deliverDone()
    }

    private mutating func deliverDone() {
        while let index = io.core.desk.nextDone() {
            let owner = io.core.items[index].owner.connection
            guard connections.isAlive(owner) else {
                io.core.release(index)
                continue
            }
            io.takeBack(index, &connections[owner.slot], owner)
            freeIfClosed(owner)
        }
    }

    /// Lets the connections go on that found the desk full.
    @inline(always)
    private mutating func feedStarved() {
        if io.core.starved.isEmpty || !io.core.hasRoom { return }
        io.core.listed.append(contentsOf: io.core.starved)
        io.core.starved.removeAll(keepingCapacity: true)
    }

    private mutating func runTimers() {
        // Behind a reply that was held back there may be requests, and handlers that block.
        while !mustEndTurn, let reference = io.core.timers.pop(at: io.core.now) {
            guard connections.isAlive(reference) else { continue }
            io.resume(&connections[reference.slot], reference)
            freeIfClosed(reference)
        }
    }

    /// Forgets timers of connections that have ended, when most are such: a timer stays up to a
    /// minute, in which a peer can make and end very many connections.
    private mutating func pruneTimers() {
        if io.core.timers.count <= 2 * connections.used + Limit.staleTimers { return }
        io.core.timers.removeAll { !connections.isAlive($0) }
    }

    /// Wakes the other loops for what was published in this turn.
    @inline(never)
    private mutating func announce() {
        io.core.tally.wakeups &+= io.core.writer.feed.wakeOthers(with: &io.kernel)
    }

    /// Goes on with the connections that wait for what was published.
    @inline(never)
    private mutating func runWoken() {
        for reference in io.core.writer.feed.takeWoken(at: io.core.now) {
            guard connections.isAlive(reference) else { continue }
            io.resume(&connections[reference.slot], reference)
            freeIfClosed(reference)
        }
    }

    /// Goes on with connections whose next requests are here already.
    private mutating func runListed() {
        if io.core.listed.isEmpty { return }
        swap(&io.core.listed, &relisted)
        for index in relisted.indices {
            if mustEndTurn {
                io.core.listed.append(contentsOf: relisted[index...])
                break
            }
            let reference = relisted[index]
            guard connections.isAlive(reference) else { continue }
            io.goOn(&connections[reference.slot], reference, &buffer)
            freeIfClosed(reference)
        }
        relisted.removeAll(keepingCapacity: true)
    }

    /// Ends what is overdue, and watches the listeners again if that had to end.
    ///
    /// - Parameter beginning: when the turn began. What arrived later, while a handler held the
    ///   thread, has not been looked at and is not late.
    private mutating func sweep(at beginning: Instant) {
        nextSweep = beginning + Limit.tick
        for slot in connections.slots where connections[slot].state.deadline <= beginning {
            let reference = connections.reference(to: slot)
            io.expire(&connections[slot], reference)
            freeIfClosed(reference)
        }
        pruneTimers()
        io.core.writer.feed.prune(atMost: connections.used) { connections.isAlive($0) }
        // One large echo must not enlarge a reader for good.
        io.core.output.trim(above: Limit.unsentStorageBytes)
        if drainDeadline == nil, !connections.isFull {
            // Where the kernel refuses now, the next sweep tries again.
            try? watched.watch(with: &io.kernel, on: io.port.value.poller)
            if watched.mayStrand { acceptAll() }
            watched.settle(taken: taken)
        }
    }

    // MARK: the end

    /// Whether what is left of the turn must wait: a stop was asked for, or the time after it is
    /// over. Handlers that block would else draw the end out by as many of them as the turn has.
    @inline(always)
    private var mustEndTurn: Bool {
        if let drainDeadline { return MonotonicClock.now >= drainDeadline }
        return stop.isSet(.draining)
    }

    /// Ends what is idle; says whether nothing is left or the time is over.
    private mutating func drain() -> Bool {
        if let deadline = drainDeadline {
            if io.core.now >= deadline { return true }
        } else {
            drainDeadline = io.core.now + drainTime
            io.core.isDraining = true
            takeArrivals()
            acceptTheLast()
            noteStop()
            lookAtAll()
        }
        var isEmpty = true
        for slot in connections.slots {
            switch connections[slot].state.phase {
            case .free, .reserved: continue
            case .idle:
                let reference = connections.reference(to: slot)
                io.drain(&connections[slot], reference)
                freeIfClosed(reference)
                if connections.isAlive(reference) { isEmpty = false }
            case .opening, .receiving, .replying, .lingering: isEmpty = false
            }
        }
        return isEmpty
    }

    /// Draws the line behind what has arrived, on every connection before any is gone on with.
    private mutating func noteStop() {
        for slot in connections.slots where connections[slot].descriptor != nil {
            let reference = connections.reference(to: slot)
            io.noteStop(&connections[slot], reference)
            freeIfClosed(reference)
        }
        // So that lingering peers have their time and no more.
        nextSweep = io.core.now + Limit.tick
    }

    /// Ending a listener resets what waits in its queue, so the queue is emptied first. Then who
    /// comes is refused at once, instead of being reset when the drain is over.
    private mutating func acceptTheLast() {
        acceptAll { watched, token in watched.refuseMore(token) }
        watched.pause(with: &io.kernel, on: io.port.value.poller)
    }

    /// A request that arrived before the stop is answered; closing over its unread bytes would
    /// reset the connection. The turn that noticed the stop has also left edges unhandled that will
    /// not be reported again: of what came, and of room for replies that waited for it.
    private mutating func lookAtAll() {
        for slot in connections.slots where connections[slot].descriptor != nil {
            if mustEndTurn { return }
            let reference = connections.reference(to: slot)
            io.handle(.missed(reference.token), &connections[slot], reference, &buffer)
            freeIfClosed(reference)
        }
    }

    private mutating func closeAll() {
        for slot in connections.slots where connections[slot].descriptor != nil {
            io.close(&connections[slot])
            connections.free(slot)
        }
    }
}

extension Shared where Value == Inbox {
    @inline(always)
    fileprivate var hasArrival: Bool { !value.arrivals.isEmpty }
}

extension Arrival {
    consuming func intoDescriptor() -> Descriptor { descriptor }
}
