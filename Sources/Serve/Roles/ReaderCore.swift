// Hot path
import Basis
import Platform
import Secure
import Synchronization
import Wire

/// What a reader does with one connection at a time. It knows every part of the reader but the
/// slab, so that a connection can be lent to it.
struct ReaderCore<K: Kernel, Stream: StreamTransport & ~Copyable, Desk: MessageDesk & ~Copyable>:
    ~Copyable
{
    var kernel: K
    var desk: Desk
    let port: Shared<ReaderPort>
    private let context: Stream.Context
    /// The last head that was parsed.
    var head = HTTP1.RequestHead()
    var writer = ReplyWriter()
    var tally = Tally()
    /// The connections that hold a reply back.
    var timers = TimerHeap<ConnectionReference>()
    /// Connections to go on with next turn: their input is here already.
    var listed: [ConnectionReference] = []
    /// Connections to go on with when the desk has room again.
    var starved: [ConnectionReference] = []
    /// The time of this turn: when it began, or when work last held its thread.
    private(set) var now = MonotonicClock.now
    var isDraining = false
    /// Replies of the current event that are not sent yet.
    var output = ByteQueue(capacity: Limit.receiveBytes)
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
        station: Station<K>, port: Shared<ReaderPort>, desk: consuming Desk,
        context: Stream.Context
    ) {
        kernel = station.kernel
        self.desk = desk
        self.port = port
        self.context = context
        idleTime = station.options.idleTimeout
        headTime = station.options.headTimeout
        bodyTime = station.options.bodyTimeout
        lingerTime = station.options.lingerTimeout
        bodyLimit = UInt64(station.options.bodyLimit.raw)
        bodiesLimit = station.options.bodiesLimit.raw
        listed.reserveCapacity(256)
    }

    @inline(always)
    mutating func beginTurn() {
        now = MonotonicClock.now
        writer.refreshDate(unixSeconds: WallClock.seconds)
    }

    /// Looks at the clocks again after work that held the thread: what follows must not be dated
    /// back to the turn's beginning.
    @inline(never)
    mutating func noteTime() { beginTurn() }

    /// The earlier of `instant` and the first timer.
    @inline(always)
    func nextDue(_ instant: Instant) -> Instant { min(instant, timers.next) }

    // MARK: a connection's beginning and end

    mutating func welcome(
        _ descriptor: consuming Descriptor, _ connection: inout Connection<Stream>,
        _ reference: ConnectionReference, isArmed: Bool
    ) {
        tally.connections &+= 1
        connection.interest = .readable
        if !isArmed {
            do {
                try kernel.control(
                    port.value.poller, .add, descriptor, interest: .newConnection,
                    token: reference.token)
            } catch {
                // No memory for another watch (ENOSPC, ENOMEM).
                shed(descriptor)
                connection.phase = .free
                return
            }
        }
        connection.descriptor = consume descriptor
        connection.stream = Stream(context)
        connection.isOpening = true
        connection.phase = .handshake
        connection.deadline = now + headTime
        _ = open(&connection, reference)
    }

    /// Refuses a connection that nothing is left for.
    mutating func shed(_ descriptor: consuming Descriptor) {
        kernel.close(descriptor)
        tally.shed &+= 1
        port.value.load.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Goes on with the stream's opening; true when bytes can be read.
    private mutating func open(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) -> Bool {
        do {
            let step = try connection.stream!.open(
                on: connection.descriptor!, early: Span(), with: &kernel)
            switch step {
            case .done:
                connection.isOpening = false
                if connection.phase != .handshake { return true }
                connection.phase = .idle
                if connection.interest != .readable { watch(&connection, reference, for: .readable) }
                return connection.phase != .free
            case .earlyInput:
                if connection.phase == .handshake { connection.phase = .idle }
                return true
            case .wants(let interest):
                // What the opening wants, it alone knows: the socket's other side would only wake it
                // for nothing.
                watch(&connection, reference, for: interest)
                return false
            }
        } catch {
            close(&connection)
            return false
        }
    }

    /// Ends a connection at once. Its slot is marked free; the reader takes it back.
    mutating func close(_ connection: inout Connection<Stream>) {
        if let descriptor = connection.descriptor.take() { kernel.close(descriptor) }
        port.value.load.wrappingSubtract(1, ordering: .relaxed)
        // Items still with workers come back to a stale owner and are released then.
        var index = connection.firstInFlight
        while index != WorkItem.none {
            let link = desk.link(index)
            if link.state != .withWorker { release(index) }
            index = link.next
        }
        held -= connection.held
        connection.phase = .free
    }

    // MARK: events

    /// Hot: once an event, in a symbol of its own, so that what the optimiser made of it can be
    /// checked.
    @inline(never)
    mutating func handle(
        _ event: Event, _ connection: inout Connection<Stream>, _ reference: ConnectionReference,
        _ buffer: inout ByteQueue
    ) {
        if connection.isOpening, !open(&connection, reference) { return }
        if event.isWritable, connection.interest.contains(.writable) {
            resume(&connection, reference)
            if connection.phase == .free { return }
        }
        guard event.isReadable else { return }
        if connection.interest.contains(.readable) {
            read(&connection, reference, &buffer, isInterrupted: event.isInterrupted)
        } else if event.isBroken {
            // An error or a hang-up is reported even when nothing may be read now.
            close(&connection)
        }
    }

    /// Does what any event would ask for, where one may have been left unhandled.
    mutating func lookAgain(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference,
        _ buffer: inout ByteQueue
    ) {
        if connection.isOpening, !open(&connection, reference) { return }
        if connection.interest.contains(.writable) {
            resume(&connection, reference)
            if connection.phase == .free { return }
        }
        if connection.interest.contains(.readable) {
            read(&connection, reference, &buffer, isInterrupted: true)
        }
    }

    /// Receives once and does what the bytes ask for.
    ///
    /// Readiness is reported by edges, which spares the kernel a second look at every connection it
    /// has reported. Where the stream says that this was all, what comes later is a new edge.
    /// Otherwise the connection is listed for another receive.
    /// - Parameter isInterrupted: something may wait behind what this receive brings, even if it
    ///   leaves room.
    @inline(always)
    mutating func read(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference,
        _ buffer: inout ByteQueue, isInterrupted: Bool = false
    ) {
        connection.hasUnreceived = false
        buffer.removeAll()
        var received = StreamInput.nothing
        do throws(SystemError) {
            // SAFETY: the room is used only by the call, which fills a part of it.
            _ = try unsafe buffer.withFreeSpace(minimum: Limit.receiveBytes) {
                (room: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int in
                received = try unsafe connection.stream!.receive(
                    from: connection.descriptor!, into: room, with: &kernel)
                guard case .bytes(let count, let isAll) = received else { return 0 }
                connection.hasUnreceived = isInterrupted || !isAll
                return count
            }
        } catch {
            close(&connection)
            return
        }
        switch received {
        case .nothing:
            connection.arrived = min(connection.arrived, connection.input.count)
            return
        case .closed:
            connection.hasPeerFinished = true
            if connection.phase == .lingering || !connection.owesReply && !connection.hasMore {
                close(&connection)
                return
            }
        case .bytes(let count, _):
            if connection.phase == .lingering, !connection.lingering.drop(count) {
                close(&connection)
                return
            }
            if connection.hasUnreceived { list(&connection, reference) }
            if connection.phase == .lingering { return }
            accept(buffer.bytes, for: &connection, reference)
        }
        settle(&connection, reference)
    }

    /// Goes on with a connection that was listed.
    mutating func goOn(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference,
        _ buffer: inout ByteQueue
    ) {
        if connection.phase == .lingering {
            connection.isListed = false
        } else {
            resume(&connection, reference)
        }
        // Where reading has to wait, the poller looks afresh when it is told to watch again.
        if connection.phase != .free, connection.hasUnreceived,
            connection.interest.contains(.readable)
        {
            read(&connection, reference, &buffer, isInterrupted: true)
        }
    }

    /// Takes received bytes: parsed where they lie when nothing older waits, else queued behind it.
    @inline(always)
    private mutating func accept(
        _ bytes: Span<UInt8>, for connection: inout Connection<Stream>,
        _ reference: ConnectionReference
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

    mutating func parseQueued(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) {
        var held = ByteQueue()
        swap(&held, &connection.input)
        let consumed = parse(held.bytes, of: &connection, reference)
        if isDraining { connection.arrived -= consumed }
        held.consume(consumed)
        if held.isEmpty { held.keepLittle() }
        swap(&held, &connection.input)
    }

    /// Goes on with a connection whose replies were in the way: sends, then parses what waits.
    mutating func resume(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) {
        connection.isListed = false
        guard flush(&connection) else { return }
        if connection.hasMore, !mustHoldInput(of: connection) {
            parseQueued(&connection, reference)
        }
        settle(&connection, reference)
    }

    /// What the sweep does with a connection whose time is over.
    mutating func expire(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) {
        switch connection.phase {
        case .free, .reserved: return
        case .receiving:
            connection.refusesHead = connection.refusesHead(connection.input.bytes, from: 0)
            connection.refusal = .timedOut
            settle(&connection, reference)
        case .idle: end(&connection, reference)
        case .lingering: lookAtLingering(&connection)
        case .handshake, .replying: close(&connection)
        }
    }
}
