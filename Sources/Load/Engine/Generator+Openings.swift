import Basis
import Measure
import Platform
import Report
import Secure
import Wire

/// How connections are made, and made again.
extension Generator where Stream: ~Copyable, Client: ~Copyable {
    /// Gives a closed connection a new socket and begins to connect it.
    @inline(never)
    mutating func open(_ index: Int) {
        precondition(table[index].state == .closed, "a connection is opened once")
        table[index].remaining = UInt32(clamping: plan.requestsPerConnection ?? .max)
        table[index].hasAnswered = false
        // SAFETY: the table checks the number and outlives the call.
        unsafe table.rest(index).pointee.since = now
        unsafe table.rest(index).pointee.connected = now
        unsafe table.rest(index).pointee.pieces = FlushPieces()
        let source = plan.sources.isEmpty ? nil : plan.sources[upkeep.nextSource]
        do {
            upkeep.nextSource += 1
            if upkeep.nextSource >= plan.sources.count { upkeep.nextSource = 0 }
            let descriptor = try Socket.client(
                for: destination(of: index), from: source, sendsAtOnce: plan.sendsAtOnce,
                resetsOnClose: plan.resets, opensFast: plan.opensFast)
            let isConnected = try kernel.connect(descriptor, to: destination(of: index))
            try kernel.control(
                poller, .add, descriptor, interest: isConnected ? .readable : .writable,
                token: token(index))
            table.attach(
                Link(descriptor: descriptor, stream: Stream(context, in: &workspace)), to: index,
                as: isConnected ? .opening : .connecting)
            upkeep.opening += 1
            if plan.opensFast { note(isConnected ? .deferred : .asksForCookie, index) }
            if isConnected {
                if !plan.opensFast { noteConnected(index) }
                beginOpening(index)
            }
        } catch {
            openingFailed(index, error, from: source)
        }
    }

    func destination(of index: Int) -> SocketAddress {
        plan.destinations[index % plan.destinations.count]
    }

    /// Something happened to a connection that is not open yet.
    @inline(never)
    mutating func goOnOpening(_ index: Int) {
        switch table[index].state {
        case .closed, .open: return
        case .opening:
            if fastOpening(index) == .sent {
                guard hear(index) else { return }
                handshake(index)
                // With its last word on the SYN a peer has mostly answered already.
                if !Stream.opensWithBytes, table[index].isOpen { receive(index) }
            } else {
                handshake(index)
            }
        case .connecting:
            do {
                // SAFETY: `link` checks that the connection has one.
                try unsafe kernel.connectOutcome(of: table.link(index).pointee.descriptor)
                noteConnected(index)
                table[index].state = .opening
                if fastOpening(index) == .asksForCookie {
                    note(.settled, index)
                    noteFastOpen(carriedData: false)
                }
                beginOpening(index)
            } catch {
                endOpening(index)
                openingFailed(index, error)
            }
        }
    }

    /// The socket is connected, or will be by its first bytes. Where the opening carries the first
    /// requests, their time includes it.
    private mutating func beginOpening(_ index: Int) {
        if hasEarlyRoom(index) { now = time.now }
        while hasEarlyRoom(index), !unprocessed.isEmpty {
            place(unprocessed.removeFirst(), on: index)
        }
        if pacing.opensConnections {
            let times = timesOfNext(index)
            while isDue(index), hasEarlyRoom(index) { carry(times, on: index) }
        } else if pacing.isOpenLoop {
            while !isSkewed, pacing.next <= now, pacing.next < sendsUntil, hasEarlyRoom(index) {
                beginDue(index)
            }
        } else {
            while now < sendsUntil, requestsLeft > 0, hasEarlyRoom(index) {
                begin(index, intended: now)
            }
        }
        handshake(index)
    }

    /// Whether the opening carries another request: one that the stream takes early, or any that go
    /// with the SYN.
    private func hasEarlyRoom(_ index: Int) -> Bool {
        // SAFETY: `link` checks that the connection has one.
        let taken = unsafe table.link(index).pointee.stream.earlyRoom
        let room = opensWithRequests(index) ? Int.max : taken
        return room > 0 && tooEarly.isEmpty && mayBegin(index) && isTrusted(index)
            && Self.unsent(client, table[index].session) < room
    }

    private static func unsent(
        _ client: borrowing Client, _ session: borrowing Client.Session
    ) -> Int {
        client.output(of: session).count
    }

    private mutating func handshake(_ index: Int) {
        // SAFETY: the table checks that the connection is there and has a link, and outlives the
        // call.
        let connection = unsafe table.pointer(to: index)
        let link = unsafe table.link(index)
        do throws(StreamError) {
            if Stream.holdsBytes, plan.transmission.acknowledgesAtOnce {
                try set(.quickAck, true, on: index)
            }
            switch try unsafe Self.open(
                &link.pointee, offering: client, connection.pointee.session, with: &kernel,
                in: &workspace)
            {
            case .wants(let interest):
                if fastOpening(index) == .deferred { note(.sent, index) }
                try watchOpening(index, interest)
            // No protocol here lets a server speak before the client's last word of the opening.
            case .earlyInput: try watchOpening(index, .readable)
            case .done where opensWithRequests(index): openWithRequests(index)
            case .done(let facts):
                // The peer may have answered the stream's first bytes before they were waited for.
                if fastOpening(index) == .deferred, !hear(index) { return }
                try watchOpening(index, .readable)
                if facts.earlyBytes > 0 {
                    bytesWritten += UInt64(facts.earlyBytes)
                    unsafe client.wrote(facts.earlyBytes, on: &connection.pointee.session)
                    unsafe table.rest(index).pointee.early = connection.pointee.inFlight
                }
                upkeep.handshakes.note(facts, asked: plan.handshake, isInWindow: isRecording)
                opened(index, facts)
            }
        } catch {
            if isUnheard(index), case .system(let refusal) = error, !refusal.isReset {
                failUnheard(index, error)
                return
            }
            endOpening(index)
            if countsOpening(index) {
                tally.errors.handshake += 1
                noteFailure(
                    .connect, FailureText(reason: "\(destination(of: index)): \(error.reason)"))
            }
            retryLater(index, .refused(error))
        }
    }

    mutating func watchOpening(
        _ index: Int, _ interest: Interest
    ) throws(StreamError) {
        try StreamError.from { () throws(SystemError) in try watch(index, interest) }
    }

    private static func open(
        _ link: inout Link<Stream>, offering client: borrowing Client,
        _ session: borrowing Client.Session, with kernel: inout K,
        in workspace: inout Stream.Workspace
    ) throws(StreamError) -> OpeningStep {
        try link.open(offering: client.output(of: session), with: &kernel, in: &workspace)
    }

    /// An opening failed. What it carried was never answered, and goes early only where it may be
    /// sent twice (RFC 8446 §8): it is begun again, unless it belongs to this connection alone.
    mutating func endOpening(_ index: Int) {
        if pacing.opensConnections { _ = drop(index) } else { keepUnprocessed(index) }
        close(index)
        upkeep.opening -= 1
    }

    private mutating func opened(_ index: Int, _ facts: OpeningFacts) {
        upkeep.opening -= 1
        table[index].state = .open
        if !Client.opensItself { noteMade(index) }
        upkeep.openings += 1
        if pacing.opensConnections, isOfWindow(index) { tally.connections += 1 }
        upkeep.fullSince = nil
        // What the opening received beyond its own bytes, no readiness announces.
        if Stream.holdsBytes { noteUnread(index) }
        now = time.now
        // SAFETY: the table checks the number and outlives the call.
        let connected = unsafe table.rest(index).pointee.connected
        if facts.isSecure { openingTimes.handshake.record(now.since(connected)) }
        use(index)
    }

    /// The kernel says that the socket is connected.
    private mutating func noteConnected(_ index: Int) {
        let moment = time.now
        // SAFETY: the table checks the number and outlives the call.
        let rest = unsafe table.rest(index)
        unsafe openingTimes.connect.record(moment.since(rest.pointee.since))
        unsafe rest.pointee.connected = moment
    }

    /// A connection stands, with all that its protocol needs.
    private mutating func noteMade(_ index: Int) {
        if !table[index].wasOpened { upkeep.opened += 1 }
        table[index].wasOpened = true
    }

    /// Looks whether a session's own opening is done.
    @inline(never)
    mutating func noteSession(_ index: Int) {
        if client.isOpen(table[index].session) { noteMade(index) }
    }

    /// A session's own opening failed.
    @inline(never)
    mutating func sessionRefused(_ index: Int, _ text: FailureText?) {
        if countsOpening(index) {
            tally.errors.handshake += 1
            noteFailure(.connect, text)
        }
        if pacing.opensConnections { _ = drop(index) }
        close(index)
        retryLater(index, text.map { .declined($0.reason) })
    }

    mutating func openingFailed(
        _ index: Int, _ error: SystemError, from source: SocketAddress? = nil
    ) {
        if plan.destination.isUnix, error.wouldBlock, upkeep.mayWaitForListener(plan, now) {
            retryLater(index, nil)
            return
        }
        if countsOpening(index) {
            tally.errors.connect += 1
            let reason =
                error.isOutOfPorts
                ? "no source port is free; give more --source-ips, or --close reset" : error.reason
            noteFailure(.connect, FailureText(reason: "\(destination(of: index)): \(reason)"))
        }
        upkeep.lastRefusal = .system(error)
        if let source, error.isAboutSource {
            retryLater(index, .sourceRefused(source, error))
        } else {
            retryLater(index, .refused(.system(error)))
        }
    }

    /// Before the start a failure ends the run with its reason; afterwards it is counted and tried
    /// again.
    mutating func retryLater(_ index: Int, _ refusal: OpeningRefusal?) {
        if let refusal, control.start == nil { control.report(refusal, at: destination(of: index)) }
        if pacing.opensConnections, isDue(index) { return spare.push(index) }
        // SAFETY: the table checks the number and outlives the call.
        unsafe table.rest(index).pointee.since = now + Limit.retryDelay
        waiting.push(index)
        nextTick = min(nextTick, now + Limit.retryDelay)
    }

    /// The peer did not finish the opening within the time limit.
    mutating func openingTimedOut(_ index: Int) {
        let isHandshake = table[index].state == .opening && !isUnheard(index)
        endOpening(index)
        if countsOpening(index) {
            if isHandshake { tally.errors.handshake += 1 } else { tally.errors.connect += 1 }
            if pacing.opensConnections { noteOverdue(index) }
            noteFailure(
                .connect,
                FailureText(
                    reason: "\(destination(of: index)): no answer within \(plan.timeout.display)"))
        }
        retryLater(index, .tookTooLong)
    }
}
