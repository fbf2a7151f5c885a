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
            if isConnected { handshake(index) }
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
                handshake(index)
            } catch {
                close(index)
                upkeep.opening -= 1
                openingFailed(index, error)
            }
        }
    }

    private mutating func handshake(_ index: Int) {
        do {
            // SAFETY: `link` checks that the connection has one.
            switch try unsafe table.link(index).pointee.open(with: &kernel) {
            case .wants(let interest): try watch(index, interest)
            case .earlyInput: try watch(index, .readable)
            case .done:
                try watch(index, .readable)
                opened(index)
            }
        } catch {
            close(index)
            upkeep.opening -= 1
            if isRecording {
                tally.errors.handshake += 1
                noteFailure(.connect, FailureText(reason: "\(plan.destination): \(error.reason)"))
            }
            retryLater(index, .refused(error))
        }
    }

    private mutating func opened(_ index: Int) {
        upkeep.opening -= 1
        if !table[index].wasOpened { upkeep.opened += 1 }
        table[index].wasOpened = true
        table[index].state = .open
        table[index].session = client.open()
        let unprocessed = Int(table[index].inFlight)
        table[index].remaining = UInt32(clamping: plan.requestsPerConnection ?? .max)
        table[index].hasAnswered = false
        upkeep.openings += 1
        upkeep.fullSince = nil
        now = time.now
        if unprocessed > 0 { beginAgain(index, unprocessed) }
        if isTrusted(index) { makeAvailable(index) }
    }

    /// Sends once more what an earlier socket of this connection did not process, with the times
    /// that it has. Its `count` requests lie in the first slots, in order, and count as under way.
    private mutating func beginAgain(_ index: Int, _ count: Int) {
        for position in 0..<count {
            // SAFETY: the table checks the number and outlives the call.
            let slot = unsafe client.begin(on: &table.pointer(to: index).pointee.session)
            precondition(slot == position, "a fresh session gives its slots in order")
        }
        table[index].remaining -= UInt32(count)
        flush(index)
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

    /// Closes the socket and forgets what lay on it.
    private mutating func close(_ index: Int) {
        let link = table.detach(index)
        kernel.close(link.descriptor)
        table[index].waitsToWrite = false
        table[index].holdsBytes = false
        // SAFETY: the table checks the number and outlives the call.
        unsafe table.rest(index).pointee.held.removeAll()
    }

    /// The connection has done its work: a new one takes its place. Requests that were pipelined
    /// behind the last answer were not processed (RFC 9112 §9.6), so they are begun again there.
    @inline(never)
    mutating func replace(_ index: Int) {
        if table[index].inFlight > 0 { keepUnprocessed(index) }
        close(index)
        if hasWorkAhead(index) { open(index) }
    }

    /// Moves the requests under way to the first slots, the oldest first.
    private mutating func keepUnprocessed(_ index: Int) {
        var kept: [RequestTimes] = []
        for slot in 0..<table.capacity {
            // SAFETY: `times` checks both numbers.
            let times = unsafe table.times(of: index, slot).pointee
            if !times.isFree { kept.append(times) }
            unsafe table.times(of: index, slot).pointee = .free
        }
        kept.sort { $0.intended < $1.intended }
        for (slot, times) in kept.enumerated() {
            // SAFETY: `times` checks both numbers.
            unsafe table.times(of: index, slot).pointee = times
        }
    }

    /// Whether this connection, opened now, could still carry a request.
    func hasWorkAhead(_ index: Int) -> Bool {
        !upkeep.isDraining || pacing.next < sendsUntil || table[index].inFlight > 0
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
        var lost = giveUp(index, because: loss)
        if lost == 0, loss == .violation, isRecording { lost = 1 }
        count(lost, loss)
        if lost > 0 { noteFailure(loss.phase, text) }
        let answered = table[index].hasAnswered
        close(index)
        guard hasWorkAhead(index) else { return }
        // A server that closes every fresh connection must not make this loop spin.
        if answered && loss == .read { open(index) } else { retryLater(index, nil) }
    }

    /// Gives up the requests that wait for a connection which can't be made in time.
    mutating func loseUnprocessed(_ index: Int) {
        let lost = giveUp(index, because: .timeout)
        count(lost, .timeout)
        if lost > 0, wantsFailure {
            noteFailure(
                .timeout,
                FailureText(reason: "\(plan.timeout.display) passed without a connection"))
        }
    }

    private mutating func count(_ lost: UInt64, _ loss: Loss) {
        switch loss {
        case .read: tally.errors.read += lost
        case .write: tally.errors.write += lost
        case .timeout: tally.errors.timeout += lost
        case .violation: tally.errors.protocolViolation += lost
        }
    }

    /// Ends every request of a connection, and says how many of them belong to the window.
    private mutating func giveUp(_ index: Int, because loss: Loss) -> UInt64 {
        var lost: UInt64 = 0
        for slot in 0..<table.capacity {
            // SAFETY: `times` checks both numbers.
            let times = unsafe table.times(of: index, slot).pointee
            if times.isFree { continue }
            unsafe table.times(of: index, slot).pointee = .free
            inFlight -= 1
            if times.intended < recordsFrom { continue }
            lost += 1
            if loss == .timeout { tally.response.record(now.since(times.intended)) }
            if loss == .timeout, Pace.isOpenLoop { tally.service.record(now.since(times.sent)) }
            if loss == .timeout {
                tally.timedOut += 1
                tally.timedOutTime += UInt64(max(0, now.since(times.sent).raw))
            }
        }
        table[index].inFlight = 0
        return lost
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
        close(index)
        upkeep.opening -= 1
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
