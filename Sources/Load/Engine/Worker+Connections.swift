import Basis
import Measure
import Platform
import Report
import Secure

/// Why a connection was given up.
enum Loss: Equatable {
    case read, write, timeout, violation

    var phase: FirstFailure.Phase {
        switch self {
        case .read: .read
        case .write: .write
        case .timeout: .timeout
        case .violation: .protocol
        }
    }
}

extension Worker where Stream: ~Copyable, Client: ~Copyable {
    private func token(_ index: Int) -> UInt64 {
        UInt64(index) | UInt64(table[index].generation) << 32
    }

    /// Gives a closed connection a new socket and begins to connect it.
    @inline(never)
    mutating func open(_ index: Int) {
        precondition(table[index].state == .closed, "a connection is opened once")
        table[index].remaining = UInt32(clamping: plan.requestsPerConnection ?? .max)
        table[index].hasAnswered = false
        // SAFETY: the table checks the number and outlives the call.
        unsafe table.rest(index).pointee.since = now
        let source = plan.sources.isEmpty ? nil : plan.sources[upkeep.nextSource]
        do {
            upkeep.nextSource += 1
            if upkeep.nextSource >= plan.sources.count { upkeep.nextSource = 0 }
            let descriptor = try Socket.client(
                for: plan.destination, from: source, sendsAtOnce: plan.sendsAtOnce)
            let isConnected = try kernel.connect(descriptor, to: plan.destination)
            try kernel.control(
                poller, .add, descriptor, interest: isConnected ? .readable : .writable,
                token: token(index))
            table.attach(
                Link(descriptor: descriptor, stream: Stream(context)), to: index,
                as: isConnected ? .opening : .connecting)
            upkeep.opening += 1
            if isConnected { beginOpening(index) }
        } catch {
            openingFailed(index, error, from: source)
        }
    }

    /// Something happened to a connection that is not open yet.
    @inline(never)
    mutating func goOnOpening(_ index: Int) {
        switch table[index].state {
        case .closed, .open: return
        case .opening: handshake(index)
        case .connecting:
            do {
                // SAFETY: `link` checks that the connection has one.
                try unsafe kernel.connectOutcome(of: table.link(index).pointee.descriptor)
                table[index].state = .opening
                beginOpening(index)
            } catch {
                endOpening(index)
                openingFailed(index, error)
            }
        }
    }

    /// The socket is connected. Where the stream takes early bytes, its opening carries the first
    /// requests: their time includes it.
    private mutating func beginOpening(_ index: Int) {
        now = time.now
        while hasEarlyRoom(index), !unprocessed.isEmpty {
            place(unprocessed.removeFirst(), on: index)
        }
        if Pace.isOpenLoop {
            while pacing.next <= now, pacing.next < sendsUntil, hasEarlyRoom(index) {
                beginDue(index)
            }
        } else {
            while now < sendsUntil, hasEarlyRoom(index) { begin(index, intended: now) }
        }
        handshake(index)
    }

    private func hasEarlyRoom(_ index: Int) -> Bool {
        // SAFETY: `link` checks that the connection has one.
        let room = unsafe table.link(index).pointee.stream.earlyRoom
        return Self.unsent(client, table[index].session) < room && mayBegin(index)
            && isTrusted(index)
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
        do {
            switch try unsafe Self.open(
                &link.pointee, offering: client, connection.pointee.session, with: &kernel)
            {
            case .wants(let interest): try watch(index, interest)
            // No protocol here lets a server speak before the client's last word of the opening.
            case .earlyInput: try watch(index, .readable)
            case .done(let facts):
                try watch(index, .readable)
                if facts.earlyBytes > 0 {
                    bytesWritten += UInt64(facts.earlyBytes)
                    unsafe client.wrote(facts.earlyBytes, on: &connection.pointee.session)
                }
                opened(index)
            }
        } catch {
            endOpening(index)
            if isRecording {
                tally.errors.handshake += 1
                noteFailure(.connect, FailureText(reason: "\(plan.destination): \(error.reason)"))
            }
            retryLater(index, .refused(error))
        }
    }

    private static func open(
        _ link: inout Link<Stream>, offering client: borrowing Client,
        _ session: borrowing Client.Session, with kernel: inout K
    ) throws(SystemError) -> OpeningStep {
        try link.open(offering: client.output(of: session), with: &kernel)
    }

    /// An opening failed, and whatever it may have carried was not processed.
    private mutating func endOpening(_ index: Int) {
        keepUnprocessed(index)
        close(index)
        upkeep.opening -= 1
    }

    private mutating func opened(_ index: Int) {
        upkeep.opening -= 1
        if !table[index].wasOpened { upkeep.opened += 1 }
        table[index].wasOpened = true
        table[index].state = .open
        upkeep.openings += 1
        upkeep.fullSince = nil
        // What the opening received beyond its own bytes, no readiness announces.
        if Stream.holdsBytes { noteUnread(index) }
        now = time.now
        use(index)
    }

    /// Lets an open connection carry what it may, and send what its session has to say anyhow.
    mutating func use(_ index: Int) {
        if isTrusted(index) {
            beginAgain(index)
            makeAvailable(index)
        }
        flushRest(index)
    }

    /// Sends what may be left in the output, unless the connection is gone or room is awaited.
    @inline(always)
    mutating func flushRest(_ index: Int) {
        if table[index].isOpen, !table[index].waitsToWrite { flush(index) }
    }

    /// Begins requests again that an earlier connection did not process, with the times that they
    /// have.
    @inline(never)
    mutating func beginAgain(_ index: Int) {
        while !unprocessed.isEmpty, hasRoom(index) {
            place(unprocessed.removeFirst(), on: index)
        }
    }

    /// The same on whichever connection is free. Only in an open loop are there any.
    @inline(never)
    mutating func sendAgain() {
        while !unprocessed.isEmpty, let index = takeIdle() {
            beginAgain(index)
            flush(index)
            listIfIdle(index)
        }
    }

    /// The stream of a connection has bytes, or may have, that no readiness announces.
    @inline(always)
    mutating func noteUnread(_ index: Int) {
        if table[index].isUnread { return }
        table[index].isUnread = true
        unread.push(index)
    }

    /// Receives once more on every connection that is to be received on unannounced: in turn, so
    /// that none keeps the others waiting, nor what is due.
    @inline(never)
    mutating func receiveUnread() {
        for _ in 0..<unread.count {
            guard let index = unread.pop() else { return }
            table[index].isUnread = false
            if table[index].isOpen { receive(index) }
            if Pace.isOpenLoop, pacing.next <= now { sendDue() }
        }
    }

    private mutating func watch(_ index: Int, _ interest: Interest) throws(SystemError) {
        // SAFETY: `link` checks that the connection has one.
        try unsafe kernel.control(
            poller, .modify, table.link(index).pointee.descriptor, interest: interest,
            token: token(index))
    }

    /// Whether what happens now belongs to the measured window.
    var isRecording: Bool { now >= recordsFrom && now < sendsUntil }

    private mutating func openingFailed(
        _ index: Int, _ error: SystemError, from source: SocketAddress? = nil
    ) {
        if plan.destination.isUnix, error.wouldBlock, upkeep.mayWaitForListener(plan, now) {
            retryLater(index, nil)
            return
        }
        if isRecording {
            tally.errors.connect += 1
            noteFailure(.connect, FailureText(reason: "\(plan.destination): \(error.reason)"))
        }
        upkeep.lastRefusal = error
        if let source, error.isAboutSource {
            retryLater(index, .sourceRefused(source, error))
        } else {
            retryLater(index, .refused(error))
        }
    }

    /// Before the start a failure ends the run with its reason; afterwards it is counted and tried
    /// again.
    private mutating func retryLater(_ index: Int, _ refusal: OpeningRefusal?) {
        if let refusal, control.start == nil { control.report(refusal) }
        // SAFETY: the table checks the number and outlives the call.
        unsafe table.rest(index).pointee.since = now + Limit.retryDelay
        waiting.push(index)
        nextTick = min(nextTick, now + Limit.retryDelay)
    }

    /// Closes the socket and forgets what lay on it. Its session ends here.
    private mutating func close(_ index: Int) {
        let link = table.detach(index)
        kernel.close(link.descriptor)
        table[index].session = client.open()
        table[index].waitsToWrite = false
        table[index].holdsBytes = false
        // SAFETY: the table checks the number and outlives the call.
        unsafe table.rest(index).pointee.held.removeAll()
    }

    /// The connection has done its work: a new one takes its place. Requests that were pipelined
    /// behind the last answer were not processed (RFC 9112 §9.6), so they are begun again there.
    @inline(never)
    mutating func replace(_ index: Int) {
        keepUnprocessed(index)
        reopen(index, atOnce: table[index].hasAnswered)
    }

    /// Closes the connection and gives it a new socket, if that could still carry a request. A
    /// server that answers nothing on fresh connections must not make this loop spin.
    private mutating func reopen(_ index: Int, atOnce: Bool) {
        close(index)
        guard hasWorkAhead else { return }
        if atOnce { open(index) } else { retryLater(index, nil) }
    }

    /// Takes the requests under way off a connection, the oldest first, to be begun again.
    mutating func keepUnprocessed(_ index: Int) {
        if table[index].inFlight == 0 { return }
        let first = unprocessed.count
        for slot in 0..<table.capacity where isUnderWay(index, slot) {
            unprocessed.append(takeOff(index, slot))
        }
        unprocessed[first...].sort { $0.intended < $1.intended }
    }

    private func isUnderWay(_ index: Int, _ slot: Int) -> Bool {
        // SAFETY: `times` checks both numbers.
        unsafe !table.times(of: index, slot).pointee.isFree
    }

    /// Whether a connection that is opened now could still carry a request.
    var hasWorkAhead: Bool {
        !upkeep.isDraining || pacing.next < sendsUntil || !unprocessed.isEmpty
    }

    /// The peer ended its half of the connection.
    @inline(never)
    mutating func ended(_ index: Int, held: Int) {
        // SAFETY: the table checks the number and outlives the call.
        let connection = unsafe table.pointer(to: index)
        if let answer = unsafe client.end(of: &connection.pointee.session) {
            finish(index, answer, from: 0, to: 0)
            replace(index)
            return
        }
        lose(
            index, because: .read,
            cutOffText(index, held: held, "the server closed the connection"))
    }

    /// A receive was refused. Taking the error over keeps reference counts out of the hot path.
    @inline(never)
    mutating func cutOff(_ index: Int, held: Int, _ error: consuming SystemError) {
        let text = cutOffText(index, held: held, "\(error)")
        upkeep.lastRefusal = consume error
        lose(index, because: .read, text)
    }

    /// Gives the connection up after a send was refused.
    @inline(never)
    mutating func lose(_ index: Int, because loss: Loss, _ error: consuming SystemError) {
        let text = wantsFailure ? FailureText(reason: "\(error)") : nil
        upkeep.lastRefusal = consume error
        lose(index, because: loss, text)
    }

    /// Gives the connection up, and every request on it. An idle connection that the peer closed
    /// lost nothing and is no error.
    @inline(never)
    mutating func lose(_ index: Int, because loss: Loss, _ text: FailureText? = nil) {
        var lost: UInt64 = 0
        for slot in 0..<table.capacity where isUnderWay(index, slot) {
            lost += giveUp(takeOff(index, slot), because: loss)
        }
        if lost == 0, loss == .violation, isRecording { lost = 1 }
        count(lost, loss, text)
        reopen(index, atOnce: table[index].hasAnswered && loss == .read)
    }

    /// The peer gave up one request; the connection goes on.
    @inline(never)
    mutating func loseOne(_ index: Int, _ slot: Int, mayRetry: Bool) {
        let times = takeOff(index, slot)
        if mayRetry {
            unprocessed.append(times)
        } else {
            count(
                giveUp(times, because: .read), .read,
                FailureText(reason: "the server gave up a request"))
        }
    }

    /// Gives up the requests that were sent so long ago and still wait for another connection.
    mutating func loseUnprocessed(after limit: Nanoseconds) {
        var lost: UInt64 = 0
        for times in unprocessed where now.since(times.sent) >= limit {
            lost += giveUp(times, because: .timeout)
        }
        unprocessed.removeAll { now.since($0.sent) >= limit }
        count(
            lost, .timeout,
            FailureText(reason: "\(plan.timeout.display) passed without a connection"))
    }

    private mutating func count(_ lost: UInt64, _ loss: Loss, _ text: FailureText?) {
        switch loss {
        case .read: tally.errors.read += lost
        case .write: tally.errors.write += lost
        case .timeout: tally.errors.timeout += lost
        case .violation: tally.errors.protocolViolation += lost
        }
        if lost > 0 { noteFailure(loss.phase, text) }
    }

    /// Ends a request without an answer: one lost if it belongs to the window, else none.
    private mutating func giveUp(_ times: RequestTimes, because loss: Loss) -> UInt64 {
        inFlight -= 1
        if times.intended < recordsFrom { return 0 }
        if loss == .timeout {
            tally.response.record(now.since(times.intended))
            if Pace.isOpenLoop { tally.service.record(now.since(times.sent)) }
            tally.timedOut += 1
            tally.timedOutTime += UInt64(max(0, now.since(times.sent).raw))
        }
        return 1
    }

    /// Keeps the unfinished end of what was received for the next receive. Says whether that is
    /// bearable: an answer whose head does not end is none.
    @inline(never)
    mutating func hold(_ index: Int, _ rest: Span<UInt8>) -> Bool {
        if rest.count > Limit.heldBytes { return false }
        table[index].holdsBytes = true
        // SAFETY: the table checks the number and outlives the call.
        let held = unsafe table.rest(index)
        unsafe held.pointee.held.removeAll()
        unsafe held.pointee.held.append(rest)
        return true
    }

    /// Puts held bytes back at the front of the buffer and says how many they are.
    @inline(never)
    mutating func restoreHeld(_ index: Int) -> Int {
        let held = unsafe table.rest(index)
        // SAFETY: `rest` checks the number; the table outlives the call.
        unsafe buffer.restore(held.pointee.held.bytes)
        let count = unsafe held.pointee.held.count
        // A long head leaves no memory behind with a connection that may be idle for hours.
        if unsafe held.pointee.held.storageBytes > Limit.heldStorage {
            unsafe held.pointee.held.releaseStorage()
        }
        return count
    }

    /// The kernel's send buffer is full: goes on when the poller reports room.
    @inline(never)
    mutating func watchForRoom(_ index: Int) {
        if table[index].waitsToWrite { return }
        table[index].waitsToWrite = true
        do {
            try watch(index, [.readable, .writable])
        } catch {
            lose(index, because: .write, consume error)
        }
    }

    @inline(never)
    mutating func roomToWrite(_ index: Int) {
        table[index].waitsToWrite = false
        let generation = table[index].generation
        flush(index)
        guard table[index].generation == generation, !table[index].waitsToWrite else { return }
        do {
            try watch(index, .readable)
        } catch {
            lose(index, because: .write, consume error)
        }
    }

    /// The peer did not finish the opening within the time limit.
    mutating func openingTimedOut(_ index: Int) {
        let isHandshake = table[index].state == .opening
        endOpening(index)
        if isRecording, isHandshake { tally.errors.handshake += 1 }
        if isRecording, !isHandshake { tally.errors.connect += 1 }
        if isRecording {
            noteFailure(
                .connect,
                FailureText(
                    reason: "\(plan.destination): no answer within \(plan.timeout.display)"))
        }
        retryLater(index, .tookTooLong)
    }
}
