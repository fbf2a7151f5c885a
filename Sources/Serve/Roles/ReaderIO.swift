// Hot path
import Basis
import Platform
import Secure
import Synchronization
import Wire

/// Moves the bytes of one connection at a time between its socket and the core, and has the poller
/// tell of what the core says the connection waits for. It knows every part of the reader but the
/// slab, so that a connection can be lent to it.
struct ReaderIO<
    K: Kernel, Stream: StreamTransport & ~Copyable, Desk: MessageDesk & ~Copyable,
    S: Session & ~Copyable
>: ~Copyable {
    typealias Peer = Connection<Stream, S>

    var kernel: K
    var core: ConnectionCore<Desk, S>
    let port: Shared<ReaderPort>
    private let context: Stream.Context
    private let board: Shared<TallyBoard>
    private let transmission: Transmission
    /// Whether a flush is anything but one plain write.
    private let isShaped: Bool
    /// Whether data may have come with a connection's SYN.
    private let takesFastOpen: Bool
    private var workspace = Stream.makeWorkspace()

    init(
        kernel: K, core: consuming ConnectionCore<Desk, S>, port: Shared<ReaderPort>,
        board: Shared<TallyBoard>, context: Stream.Context, transmission: Transmission,
        takesFastOpen: Bool
    ) {
        self.kernel = kernel
        self.core = core
        self.port = port
        self.board = board
        self.context = context
        self.transmission = transmission
        isShaped = !transmission.isPlain
        self.takesFastOpen = takesFastOpen
    }

    /// System calls, those of the desk included.
    @inline(always)
    var counts: SyscallCounts {
        Desk.isDeferred ? kernel.counts + core.desk.counts : kernel.counts
    }

    // MARK: a connection's beginning and end

    mutating func welcome(
        _ descriptor: consuming Descriptor, _ connection: inout Peer,
        _ reference: ConnectionReference, isArmed: Bool, accepted: Instant
    ) {
        core.welcome(&connection.state)
        connection.accepted = accepted
        connection.interest = .readable
        if !isArmed {
            do {
                try kernel.control(
                    port.value.poller, .add, descriptor, interest: .newConnection,
                    token: reference.token)
            } catch {
                // No memory for another watch (ENOSPC, ENOMEM).
                shed(descriptor)
                connection.state.phase = .free
                return
            }
        }
        connection.descriptor = consume descriptor
        connection.stream = Stream(context, in: &workspace)
        connection.isOpening = true
        let hasInput = takesFastOpen && noteFastOpen(connection)
        // The rest that the poller reports of it is then no more than an end behind this input.
        if open(&connection, reference), hasInput, !Stream.holdsBytes {
            connection.hasUnreceived = true
            core.list(&connection.state, reference)
        }
    }

    /// Counts whether the SYN brought data, and says so.
    @inline(never)
    private mutating func noteFastOpen(_ connection: borrowing Peer) -> Bool {
        let carriedData = kernel.opening(of: connection.descriptor!).carriedData
        if carriedData {
            core.tally.fastOpenAccepted &+= 1
        } else {
            core.tally.fastOpenMissed &+= 1
        }
        return carriedData
    }

    /// Refuses a connection that nothing is left for.
    mutating func shed(_ descriptor: consuming Descriptor) {
        kernel.close(descriptor)
        core.tally.shed &+= 1
        port.value.load.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Goes on with the stream's opening; true when bytes can be received.
    private mutating func open(
        _ connection: inout Peer, _ reference: ConnectionReference
    ) -> Bool {
        do throws(StreamError) {
            if Stream.holdsBytes, transmission.acknowledgesAtOnce {
                try set(.quickAck, true, on: connection)
            }
            let step = try connection.stream!.open(
                on: connection.descriptor!, early: Span(), with: &kernel, in: &workspace)
            switch step {
            case .done(let facts):
                connection.isOpening = false
                if facts.isSecure { core.tally.note(facts) }
                core.open(&connection.state, facts: facts, isEarly: false)
                if Stream.holdsBytes { expectInput(&connection, reference) }
                watch(&connection, reference, for: connection.state.wanted)
                return connection.descriptor != nil
            case .earlyInput(let facts):
                core.open(&connection.state, facts: facts, isEarly: true)
                expectInput(&connection, reference)
                return true
            case .wants(let interest):
                watch(&connection, reference, for: interest)
                return false
            }
        } catch {
            if case .secure = error { core.tally.failedHandshakes &+= 1 }
            close(&connection)
            return false
        }
    }

    /// Lists a connection for a receive that no event will ask for.
    private mutating func expectInput(
        _ connection: inout Peer, _ reference: ConnectionReference
    ) {
        connection.hasUnreceived = true
        connection.isInterrupted = true
        core.list(&connection.state, reference)
    }

    /// Ends a connection at once. Its slot is marked free; the reader takes it back.
    mutating func close(_ connection: inout Peer) {
        if let descriptor = connection.descriptor.take() {
            connection.stream?.end(on: descriptor, with: &kernel, in: &workspace)
            kernel.close(descriptor)
        }
        port.value.load.wrappingSubtract(1, ordering: .relaxed)
        core.forget(&connection.state)
    }

    /// Takes a connection over that another thread has served before.
    @inline(always)
    mutating func takeOver(_ connection: inout Peer) {
        connection.stream?.move(to: &workspace)
    }

    // MARK: events

    /// Hot: once an event, in a symbol of its own, so that what the optimiser made of it can be
    /// checked.
    @inline(never)
    mutating func handle(
        _ event: Event, _ connection: inout Peer, _ reference: ConnectionReference,
        _ buffer: inout ByteQueue
    ) {
        if connection.isOpening, !open(&connection, reference) { return }
        if event.isWritable, connection.interest.contains(.writable) {
            resume(&connection, reference)
            if connection.descriptor == nil { return }
        }
        guard event.isReadable else { return }
        if connection.interest.contains(.readable) {
            receive(&connection, reference, &buffer, isInterrupted: event.isInterrupted)
        } else if event.isBroken {
            // An error or a hang-up is reported even when nothing may be read now.
            close(&connection)
        }
    }

    /// Receives once and does what the bytes ask for.
    ///
    /// Readiness is reported by edges, which spares the kernel a second look at every connection it
    /// has reported. Where the stream says that this was all, what comes later is a new edge.
    /// Otherwise the connection is listed for another receive.
    /// - Parameter isInterrupted: something may wait behind what this receive brings, even if it is
    ///   all.
    @inline(always)
    private mutating func receive(
        _ connection: inout Peer, _ reference: ConnectionReference, _ buffer: inout ByteQueue,
        isInterrupted: Bool
    ) {
        connection.hasUnreceived = false
        buffer.removeAll()
        var received = StreamInput.nothing
        do throws(StreamError) {
            if transmission.acknowledgesAtOnce { try set(.quickAck, true, on: connection) }
            // SAFETY: the room is used only by the call, which fills a part of it.
            _ = try unsafe buffer.withFreeSpace(minimum: Limit.receiveBytes) {
                (room: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int in
                received = try unsafe connection.stream!.receive(
                    from: connection.descriptor!, into: room, with: &kernel, in: &workspace)
                guard case .bytes(let count, let isAll) = received else { return 0 }
                connection.hasUnreceived = isInterrupted || !isAll
                return count
            }
        } catch {
            close(&connection)
            return
        }
        if K.blocks { core.note(.current) }
        let isLingering = connection.state.phase == .lingering
        switch received {
        case .nothing:
            core.noteEmptied(&connection.state)
            // At the mark of urgent data a receive says this too when a signal is pending
            // (tcp_recvmsg), whatever waits behind; so the poller is to look afresh.
            if isInterrupted { change(&connection, reference, to: connection.interest) }
            return
        // A peer that ends without its last word may still wait for what it is owed.
        case .closed, .cutOff:
            if core.noteEnd(&connection.state) {
                close(&connection)
                return
            }
        case .bytes(let count, _):
            if isLingering, !connection.state.lingering.drop(count) {
                close(&connection)
                return
            }
            if connection.hasUnreceived {
                connection.isInterrupted = isInterrupted
                core.list(&connection.state, reference)
            }
            if isLingering { return }
            core.take(buffer.bytes, &connection.state, reference)
        }
        settle(&connection, reference)
    }

    /// Goes on with a connection that was listed.
    mutating func goOn(
        _ connection: inout Peer, _ reference: ConnectionReference, _ buffer: inout ByteQueue
    ) {
        connection.state.isListed = false
        if connection.isOpening, connection.hasUnreceived, !open(&connection, reference) { return }
        if connection.state.phase != .lingering { resume(&connection, reference) }
        // Where reading has to wait, the poller looks afresh when it is told to watch again.
        if connection.descriptor != nil, connection.hasUnreceived,
            connection.interest.contains(.readable)
        {
            receive(
                &connection, reference, &buffer, isInterrupted: connection.isInterrupted)
        }
    }

    /// Goes on with a connection whose replies were in the way: sends, then parses what waits.
    mutating func resume(_ connection: inout Peer, _ reference: ConnectionReference) {
        guard flush(&connection) else { return }
        core.goOn(&connection.state, reference)
        settle(&connection, reference)
    }

    /// A worker has returned an item of this connection.
    mutating func takeBack(
        _ index: UInt32, _ connection: inout Peer, _ reference: ConnectionReference
    ) {
        core.takeBack(index, &connection.state, reference)
        resume(&connection, reference)
    }

    /// What the sweep does with a connection whose time is over.
    mutating func expire(_ connection: inout Peer, _ reference: ConnectionReference) {
        switch connection.state.phase {
        case .free, .reserved: return
        case .lingering:
            let count = kernel.unacknowledged(on: connection.descriptor!)
            if !core.mayLinger(&connection.state, unacknowledged: count) { close(&connection) }
        default:
            if core.mayEndInOrder(expiring: &connection.state) {
                settle(&connection, reference)
            } else {
                close(&connection)
            }
        }
    }

    // MARK: at a stop

    mutating func noteStop(_ connection: inout Peer, _ reference: ConnectionReference) {
        let unread =
            connection.state.hasPeerFinished ? 0 : kernel.unread(on: connection.descriptor!)
        core.noteStop(&connection.state, unread: unread)
        if !core.output.isEmpty || connection.state.session.mayProduce {
            settle(&connection, reference)
        }
    }

    /// What a drain does with an idle connection.
    mutating func drain(_ connection: inout Peer, _ reference: ConnectionReference) {
        if core.drain(&connection.state, reference) {
            connection.hasUnreceived = true
            connection.isInterrupted = true
        } else {
            settle(&connection, reference)
        }
    }

    // MARK: output

    /// Sends what can be sent. False when the connection broke and is closed.
    @inline(always)
    private mutating func flush(_ connection: inout Peer) -> Bool {
        if isShaped { return flushShaped(&connection) }
        do throws(StreamError) {
            while core.hasOutput(&connection.state) {
                let sent = try connection.stream!.send(
                    core.outgoing(connection.state), to: connection.descriptor!, with: &kernel,
                    in: &workspace)
                if connection.accepted != .distantFuture {
                    noteFirstByte(sent.count, &connection)
                }
                if !core.sent(sent.count, of: &connection.state) { return true }
            }
            return true
        } catch {
            close(&connection)
            return false
        }
    }

    /// The same in the pieces that were asked for, and corked where that was.
    @inline(never)
    private mutating func flushShaped(_ connection: inout Peer) -> Bool {
        if !core.hasOutput(&connection.state) { return true }
        do throws(StreamError) {
            if transmission.corks { try set(.cork, true, on: connection) }
            while core.hasOutput(&connection.state), try sendPieces(&connection) {}
            if transmission.corks { try set(.cork, false, on: connection) }
            return true
        } catch {
            close(&connection)
            return false
        }
    }

    /// Sends what is there, a piece with each write. Says whether all has gone.
    private mutating func sendPieces(_ connection: inout Peer) throws(StreamError) -> Bool {
        let framing = connection.state.session.framing
        var taken = 0
        while true {
            let waiting = core.outgoing(connection.state).extracting(droppingFirst: taken)
            if waiting.isEmpty { break }
            let size = connection.pieces.next(of: waiting, transmission.shape, framing)
            let count = try connection.stream!.send(
                waiting.extracting(first: size), to: connection.descriptor!, with: &kernel,
                in: &workspace
            ).count
            connection.pieces.took(count)
            taken += count
            if count < size { break }
        }
        if connection.accepted != .distantFuture { noteFirstByte(taken, &connection) }
        return core.sent(taken, of: &connection.state)
    }

    /// Takes the time when an answer first begins to leave: once a connection.
    @inline(never)
    private mutating func noteFirstByte(_ count: Int, _ connection: inout Peer) {
        guard count > 0, connection.state.hasAnswered else { return }
        let span = MonotonicClock.now.since(connection.accepted)
        core.tally.noteFirstByte(after: span)
        board.value.firstBytes.note(span)
        connection.accepted = .distantFuture
    }

    @inline(never)
    private mutating func set(
        _ option: TransferOption, _ isOn: Bool, on connection: borrowing Peer
    ) throws(StreamError) {
        try StreamError.from { () throws(SystemError) in
            try kernel.set(option, isOn, on: connection.descriptor!)
        }
    }

    /// Brings a connection to rest after whatever happened to it.
    ///
    /// Hot: once an event.
    @inline(always)
    private mutating func settle(_ connection: inout Peer, _ reference: ConnectionReference) {
        guard flush(&connection) else { return }
        switch core.rest(&connection.state, reference) {
        case .wait(let wanted): watch(&connection, reference, for: wanted)
        case .close: close(&connection)
        case .finishSending:
            if connection.state.phase != .lingering {
                connection.stream!.finishSending(
                    on: connection.descriptor!, with: &kernel, in: &workspace)
                core.beginToLinger(&connection.state)
            }
            watch(&connection, reference, for: connection.state.wanted)
        }
    }

    /// Has the poller tell of this from now on, if it does not yet.
    @inline(always)
    private mutating func watch(
        _ connection: inout Peer, _ reference: ConnectionReference, for wanted: Interest
    ) {
        if wanted != connection.interest { change(&connection, reference, to: wanted) }
    }

    @inline(never)
    private mutating func change(
        _ connection: inout Peer, _ reference: ConnectionReference, to wanted: Interest
    ) {
        connection.interest = wanted
        do {
            try kernel.control(
                port.value.poller, .modify, connection.descriptor!, interest: wanted.ofConnection,
                token: reference.token)
        } catch {
            close(&connection)
        }
    }
}

extension Interest {
    /// What the poller is told of a connection that waits for this: to report edges, and with them
    /// the peer's end as long as anything is read.
    var ofConnection: Interest {
        contains(.readable) ? union([.edge, .interruption]) : union(.edge)
    }

    /// What a connection is watched for when it begins.
    static let newConnection = Interest.readable.ofConnection
}
