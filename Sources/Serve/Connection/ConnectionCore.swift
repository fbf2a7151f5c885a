// Hot path
import Basis
import Platform
import Secure
import Wire

/// What becomes of a reader's connections: takes the bytes that came, finds messages, submits them,
/// joins the replies and says what each connection waits for. It makes no system call and reads no
/// clock: who moves the bytes, by whatever means, tells it the time and carries out what it says.
///
/// What bytes, timers and workers ask for is made into output by the calls below. Then, as long as
/// `hasOutput`, whoever moves the bytes sends from `outgoing` and tells `sent` how much went; and
/// `rest` says how to go on.
struct ConnectionCore<Desk: MessageDesk & ~Copyable, S: Session & ~Copyable>: ~Copyable {
    typealias State = ConnectionState<S>

    var desk: Desk
    var items: WorkItems
    /// What the session needs while it parses.
    var scratch: S.Scratch
    var writer: ReplyWriter
    var tally = Tally()
    /// The connections that hold a reply back.
    var timers = TimerHeap<ConnectionReference>()
    /// Connections to go on with next turn: their input is here already.
    var listed: [ConnectionReference] = []
    /// Connections to go on with when the desk has room again.
    var starved: [ConnectionReference] = []
    /// The time of this turn: when it began, or when work last held its thread.
    private(set) var now = Instant(raw: 0)
    var isDraining = false
    /// Replies of the current event that are not sent yet.
    var output = ByteQueue(capacity: Limit.receiveBytes)
    /// What is to go wrong with requests to pay.
    let faults: FaultSource?
    let plansFaults: Bool
    let idleTime: Nanoseconds
    let headTime: Nanoseconds
    let bodyTime: Nanoseconds
    let lingerTime: Nanoseconds
    let bodyLimit: UInt64
    let bodiesLimit: Int
    /// Payload bytes that are held for connections of this reader: arriving, with workers, and as
    /// echoes beyond what any reply may leave unsent.
    var held = 0

    init(
        options: ServerOptions, desk: consuming Desk, items: consuming WorkItems,
        feed: consuming EventFeed = EventFeed(), faults: FaultSource? = nil
    ) {
        self.faults = faults
        plansFaults = faults != nil
        self.desk = desk
        self.items = items
        writer = ReplyWriter(feed: feed)
        scratch = S.makeScratch(options)
        idleTime = options.idleTimeout
        headTime = options.headTimeout
        bodyTime = options.bodyTimeout
        lingerTime = options.lingerTimeout
        bodyLimit = UInt64(options.bodyLimit.raw)
        bodiesLimit = options.bodiesLimit.raw
        listed.reserveCapacity(256)
    }

    /// Sets the time of what follows.
    @inline(always)
    mutating func note(_ time: LoopTime) {
        now = time.now
        writer.refreshDate(unixSeconds: time.unixSeconds)
    }

    /// Whether a message can be taken to the desk.
    @inline(always)
    var hasRoom: Bool { !Desk.isDeferred || items.hasRoom }

    // MARK: a connection's beginning and end

    /// A peer has come; its stream is still to be opened.
    mutating func welcome(_ connection: inout State) {
        tally.connections &+= 1
        connection.phase = .opening
        connection.deadline = now + headTime
    }

    /// Bytes can be received.
    ///
    /// - Parameter isEarly: they come before the opening of the stream is done.
    mutating func open(_ connection: inout State, facts: OpeningFacts, isEarly: Bool) {
        connection.isEarly = isEarly
        guard connection.phase == .opening else { return }
        connection.phase = .idle
        connection.session = S(facts)
    }

    /// The connection has ended. Its slot is marked free; the reader takes it back.
    mutating func forget(_ connection: inout State) {
        output.removeAll()
        // Items still with workers come back to a stale owner and are released then.
        var index = connection.firstInFlight
        while index != WorkItem.none {
            let link = items[index]
            if link.state != .withWorker { release(index) }
            index = link.next
        }
        held -= connection.held
        connection.phase = .free
    }

    // MARK: what happens

    /// Takes received bytes: parsed where they lie when nothing older waits, else queued behind it.
    @inline(always)
    mutating func take(
        _ bytes: Span<UInt8>, _ connection: inout State, _ reference: ConnectionReference
    ) {
        if connection.input.isEmpty {
            let consumed = parse(bytes, of: &connection, reference)
            if isDraining { connection.arrived -= consumed }
            if consumed < bytes.count {
                connection.input.append(bytes.extracting(droppingFirst: consumed))
            }
        } else {
            connection.input.append(bytes)
            parseQueued(&connection, reference)
        }
    }

    @inline(never)
    mutating func parseQueued(_ connection: inout State, _ reference: ConnectionReference) {
        var held = ByteQueue()
        swap(&held, &connection.input)
        let consumed = parse(held.bytes, of: &connection, reference)
        if isDraining { connection.arrived -= consumed }
        held.consume(consumed)
        if held.isEmpty { held.keepLittle() }
        swap(&held, &connection.input)
    }

    /// Nothing more has arrived, so what a stop waits for is in the input.
    func noteEmptied(_ connection: inout State) {
        connection.arrived = min(connection.arrived, connection.input.count)
    }

    /// The peer has ended its half in order; says whether that is the end.
    func noteEnd(_ connection: inout State) -> Bool {
        connection.hasPeerFinished = true
        connection.session.notePeerEnd()
        return connection.phase == .lingering || !connection.owesReply && !connection.hasMore
    }

    /// Goes on with a connection whose replies were in the way and have been sent: parses what
    /// waits.
    @inline(always)
    mutating func goOn(_ connection: inout State, _ reference: ConnectionReference) {
        if connection.hasMore, !mustHoldInput(of: connection) {
            parseQueued(&connection, reference)
        }
    }

    /// The time of a connection that does not linger is over: says whether it may end in order,
    /// behind what is settled now.
    func mayEndInOrder(expiring connection: inout State) -> Bool {
        switch connection.phase {
        case .receiving: connection.expire()
        case .idle: connection.session.end()
        default: return false
        }
        return true
    }

    // MARK: output

    /// Whether there is something to send: what waited, the replies of this event, what is ready
    /// behind them.
    @inline(always)
    mutating func hasOutput(_ connection: inout State) -> Bool {
        if !connection.output.isEmpty {
            connection.output.append(output.bytes)
            output.removeAll()
            return true
        }
        return !output.isEmpty || makeOutput(&connection)
    }

    @inline(always)
    private mutating func makeOutput(_ connection: inout State) -> Bool {
        if connection.session.mayProduce { produce(&connection) }
        if Desk.isDeferred, output.isEmpty { joinDone(&connection) }
        return !output.isEmpty
    }

    /// What is to be sent next, where there is something.
    @_lifetime(borrow self, borrow connection)
    @inline(always)
    borrowing func outgoing(_ connection: borrowing State) -> Span<UInt8> {
        if connection.output.isEmpty { return output.bytes }
        return connection.output.bytes
    }

    /// So many bytes of `outgoing` have been taken; what is left waits with the connection. Says
    /// whether all went.
    @inline(always)
    mutating func sent(_ count: Int, of connection: inout State) -> Bool {
        if !connection.output.isEmpty { return sentQueued(count, of: &connection) }
        let isAll = count == output.count
        if !isAll {
            connection.deadline = now + Limit.writeTime
            connection.output.append(output.bytes.extracting(droppingFirst: count))
        }
        output.removeAll()
        return isAll
    }

    @inline(never)
    private func sentQueued(_ count: Int, of connection: inout State) -> Bool {
        if count > 0 { connection.deadline = now + Limit.writeTime }
        connection.output.consume(count)
        if connection.output.isEmpty {
            connection.output.keepLittle()
        } else {
            connection.output.trim(above: Limit.unsentStorageBytes)
        }
        return connection.output.isEmpty
    }

    /// Decides what a connection waits for and until when, once all has been sent that can be.
    ///
    /// Hot: once an event.
    @inline(always)
    mutating func rest(
        _ connection: inout State, _ reference: ConnectionReference
    ) -> Rest {
        if connection.isCut { return .close }
        account(&connection)
        if connection.session.due != .distantFuture { watch(&connection, reference) }
        if connection.hasMore, !mustHoldInput(of: connection) { list(&connection, reference) }
        if connection.owesReply || connection.hasMore && !connection.session.isLast {
            // With output in the way the deadline was set when the peer last took some.
            let isFresh = connection.phase != .replying || connection.deadline == .distantFuture
            connection.phase = .replying
            if connection.output.isEmpty {
                switch connection.session.stall() {
                case .none: connection.deadline = .distantFuture
                case .lasting where !isFresh: break
                case .begun, .lasting: connection.deadline = now + Limit.writeTime
                }
            }
        } else if connection.session.isLast {
            return connection.hasPeerFinished ? .close : .finishSending
        } else if connection.hasPeerFinished {
            return .close
        } else if connection.session.isReceiving {
            // A body is arriving: its deadline was set with its head and grows with its bytes,
            // unless a reply was in the way.
            if connection.phase != .receiving {
                connection.phase = .receiving
                connection.deadline = now + bodyTime
            }
        } else if !connection.input.isEmpty, connection.session.isMidMessage {
            if connection.phase != .receiving {
                connection.phase = .receiving
                connection.deadline = now + headTime
            }
        } else {
            connection.phase = .idle
            connection.deadline = now + idleTime
        }
        return .wait(connection.wanted)
    }

    // MARK: what is left for later

    /// Lets a connection be gone on with when its session has something to do. One timer a
    /// connection, besides those of replies that are held; none while output is in the way, behind
    /// which it is gone on with anyhow.
    @inline(never)
    private mutating func watch(_ connection: inout State, _ reference: ConnectionReference) {
        if writer.feed.hasWishes { writer.feed.enlist(reference) }
        if connection.timer <= now { connection.timer = .distantFuture }
        let due = connection.session.due
        guard due < connection.timer, connection.output.isEmpty else { return }
        connection.timer = due
        timers.insert(reference, due: due)
    }

    /// Notes that a connection must be gone on with when workers have returned something.
    @inline(never)
    mutating func starve(_ connection: inout State, _ reference: ConnectionReference) {
        if connection.isListed { return }
        connection.isListed = true
        starved.append(reference)
    }

    /// Notes that a connection must be gone on with although no event will say so.
    @inline(never)
    mutating func list(_ connection: inout State, _ reference: ConnectionReference) {
        if connection.isListed { return }
        connection.isListed = true
        listed.append(reference)
    }

    // MARK: what payloads take

    /// Whether so many bytes of payload more may be held for a connection.
    @inline(never)
    func hasRoom(for more: Int, on connection: borrowing State) -> Bool {
        held - connection.held + connection.holding + more <= bodiesLimit
    }

    /// Brings the account up to date with what a connection holds.
    @inline(always)
    mutating func account(_ connection: inout State) {
        let holding = connection.holding
        if holding == connection.held { return }
        held += holding - connection.held
        connection.held = holding
    }

    /// Gives an item back that is with no worker any more.
    mutating func release(_ index: UInt32) {
        held -= items.withItem(index) { $0.body.count }
        items.release(index)
    }
}
