// Hot path
import Basis
import Measure
import Platform
import Secure

extension Generator where Stream: ~Copyable, Client: ~Copyable {
    /// One round of the loop: send what is due, wait, handle what became ready. Everything that
    /// happens for every request is compiled into this one function.
    @inline(never)
    mutating func turn() {
        // The last answer's time is recent enough for a closed loop, which only compares it with
        // ticks.
        if pacing.isOpenLoop || !isClockFresh {
            let before = now
            now = time.now
            if pacing.isOpenLoop { upkeep.noteIdleSpin(from: before, to: now) }
        }
        if now >= nextTick { tick() }
        if Client.hasTimer, now >= nextWake { wakeSessions() }
        if pacing.isOpenLoop { sendDue() }
        wait()
        for position in events.indices {
            handle(events[position])
            if pacing.isOpenLoop, pacing.next <= now { sendDue() }
        }
        if Stream.holdsBytes { receiveUnread() }
    }

    @inline(always)
    private mutating func wait() {
        if Client.preparesAhead {
            client.prepare()
            if pacing.isOpenLoop { now = time.now }
        }
        var until = min(nextTick, phaseEnd)
        if Client.hasTimer { until = min(until, nextWake) }
        var isSpin = false
        if pacing.isOpenLoop, !isBacklogged, pacing.next < sendsUntil {
            let wakeUp = pacing.next - (plan.spins ? Limit.spin : Limit.shortestSleep)
            isSpin = wakeUp <= now
            until = min(until, isSpin ? now : pacing.next - (plan.spins ? Limit.spin : .zero))
        }
        if Stream.holdsBytes, !unread.isEmpty { (until, isSpin) = (now, false) }
        isClockFresh = false
        let timeout = Nanoseconds(raw: max(0, until.raw &- now.raw))
        do {
            try kernel.wait(on: poller, for: &events, timeout: timeout)
        } catch {
            waitWasRefused(consume error)
        }
        if pacing.isOpenLoop { upkeep.isIdleSpin = isSpin && events.count == 0 }
    }

    /// Sends every due request for which a connection is free.
    @inline(always)
    mutating func sendDue() {
        if pacing.opensConnections { return openDue() }
        if isSkewed { return sendDueToTheirs() }
        if Client.speaksUnasked, !unprocessed.isEmpty { sendAgain() }
        while pacing.next <= now {
            if pacing.next >= sendsUntil { break }
            guard let index = takeIdle() else {
                isBacklogged = true
                return
            }
            beginDue(index)
            flush(index)
            listIfIdle(index)
            now = time.now
        }
        isBacklogged = false
    }

    /// Begins the request that is due.
    @inline(always)
    mutating func beginDue(_ index: Int) {
        let intended = pacing.next
        pacing.advance()
        if isBacklogged, intended >= recordsFrom { tally.starved &+= 1 }
        begin(index, intended: intended)
    }

    @inline(always)
    mutating func takeIdle() -> Int? {
        while let index = idle.pop() {
            table[index].isListed = false
            if hasRoom(index) { return index }
        }
        return nil
    }

    @inline(always)
    func hasRoom(_ index: Int) -> Bool { table[index].isOpen && mayBegin(index) }

    /// Whether the session takes one more request, be it open or not.
    @inline(always)
    func mayBegin(_ index: Int) -> Bool {
        Int(table[index].inFlight) < client.room(on: table[index].session)
            && table[index].remaining > 0
    }

    @inline(always)
    mutating func listIfIdle(_ index: Int) {
        if !table[index].isListed, hasRoom(index) {
            table[index].isListed = true
            idle.push(index)
        }
    }

    /// Gives an open connection its next requests, or notes that it is free for one.
    @inline(always)
    mutating func makeAvailable(_ index: Int) {
        if Client.speaksUnasked, !unprocessed.isEmpty { beginAgain(index) }
        if (isRetrying || Client.follows) && !unprocessed.isEmpty
            || Stream.holdsBytes && !tooEarly.isEmpty
        {
            beginAgain(index)
            flushRest(index)
        }
        if pacing.opensConnections {
            goOn(index)
        } else if pacing.isOpenLoop {
            if isSkewed { sendWaiting(index) } else { listIfIdle(index) }
        } else if now < sendsUntil, requestsLeft > 0, hasRoom(index) {
            repeat { begin(index, intended: now) } while requestsLeft > 0 && hasRoom(index)
            flush(index)
        }
        // What the peer waits for must not wait for the next request.
        if Client.speaksUnasked { flushRest(index) }
    }

    @inline(always)
    mutating func begin(_ index: Int, intended asked: Instant) {
        let intended = isNaming ? unique(asked) : asked
        place(RequestTimes(intended: intended, sent: now), on: index)
        inFlight &+= 1
        if intended >= recordsFrom {
            requestsLeft &-= 1
            if requestsLeft == 0 { pacing.end() }
            if pacing.isOpenLoop { noteBegun(intended) }
        }
    }

    /// What was due in the window begins.
    @inline(always)
    mutating func noteBegun(_ intended: Instant) {
        let lateness = now.since(intended)
        tally.lateness.record(lateness)
        if lateness > Limit.lateSend { tally.lateSends &+= 1 }
        upkeep.lastSend = now
        if upkeep.firstLateness == nil { upkeep.firstLateness = lateness }
    }

    /// Puts a request with its times on a connection that has room.
    @inline(always)
    mutating func place(_ times: RequestTimes, on index: Int) {
        // SAFETY: the table checks the numbers and outlives the call.
        let connection = unsafe table.pointer(to: index)
        let slot = unsafe client.begin(on: &connection.pointee.session, due: times.intended)
        unsafe table.times(of: index, slot).pointee = times
        if Client.hasKinds {
            unsafe table.kind(of: index, slot).pointee = UInt8(truncatingIfNeeded: client.lastKind)
        }
        if Client.hasParts { unsafe table.lastPart(of: index, slot).pointee = .distantFuture }
        if Client.hasEvents { unsafe table.spread(of: index, slot).pointee = EventSpread() }
        unsafe connection.pointee.inFlight &+= 1
        unsafe connection.pointee.remaining &-= 1
    }

    /// Sends what lies in the connection's output; watches for room when the kernel takes only a
    /// part.
    @inline(always)
    mutating func flush(_ index: Int) {
        defer { if Client.hasTimer { noteDeadline(index) } }
        if isShaped {
            flushShaped(index)
            return
        }
        do {
            if try !sendOutput(index) { watchForRoom(index) }
        } catch {
            lose(index, because: .write, consume error)
        }
    }

    /// Sends what lies in the connection's output; says whether all has gone.
    @inline(always)
    mutating func sendOutput(_ index: Int) throws(StreamError) -> Bool {
        // SAFETY: the table checks that the connection is there and has a link, and outlives the
        // call.
        let connection = unsafe table.pointer(to: index)
        let link = unsafe table.link(index)
        while let sent = try unsafe Self.send(
            from: client, connection.pointee.session, over: &link.pointee, with: &kernel,
            in: &workspace)
        {
            guard case .bytes(let count) = sent else { return false }
            bytesWritten &+= UInt64(truncatingIfNeeded: count)
            unsafe client.wrote(count, on: &connection.pointee.session)
        }
        return true
    }

    /// One write of what lies in the output; nil when there is nothing.
    @inline(always)
    private static func send(
        from client: borrowing Client, _ session: borrowing Client.Session,
        over link: inout Link<Stream>, with kernel: inout K,
        in workspace: inout Stream.Workspace
    ) throws(StreamError) -> Sent? {
        let output = client.output(of: session)
        if output.isEmpty { return nil }
        return try link.send(output, with: &kernel, in: &workspace)
    }

    @inline(always)
    private mutating func handle(_ event: Event) {
        let index = Int(truncatingIfNeeded: event.token & 0xFFFF_FFFF)
        // An event for a socket that was closed earlier in this round (epoll(7), "Possible
        // pitfalls").
        guard UInt64(table[index].generation) == event.token &>> 32 else { return }
        if table[index].isOpen {
            if event.isReadable { receive(index) }
            if event.isWritable, table[index].waitsToWrite { roomToWrite(index) }
        } else {
            goOnOpening(index)
        }
    }

    @inline(always)
    mutating func receive(_ index: Int) {
        let held = table[index].holdsBytes ? restoreHeld(index) : 0
        let outcome: StreamInput
        do {
            if plan.transmission.acknowledgesAtOnce { try set(.quickAck, true, on: index) }
            // SAFETY: `room` is memory of the buffer; `link` checks that the connection has one.
            let link = unsafe table.link(index)
            outcome = try unsafe link.pointee.receive(
                into: buffer.room(after: held), with: &kernel, in: &workspace)
        } catch {
            now = time.now
            cutOff(index, held: held, consume error)
            return
        }
        now = time.now
        if Client.hasTimer || Client.tellsBeginnings { client.arrive(at: now) }
        isClockFresh = true
        switch outcome {
        case .bytes(let count, let isAll):
            if Stream.holdsBytes, !isAll { noteUnread(index) }
            bytesRead &+= UInt64(truncatingIfNeeded: count)
            read(index, held &+ count)
        case .nothing:
            if held > 0 { holdAgain(index, held) }
            if Stream.holdsBytes { noteTicket(index) }
        case .closed: ended(index, held: held)
        case .cutOff: wasCutOff(index, held: held)
        }
    }

    /// Takes the answers out of the first `count` bytes of the buffer.
    @inline(always)
    private mutating func read(_ index: Int, _ count: Int) {
        // SAFETY: nothing receives into the buffer before this function returns.
        let bytes = unsafe Span(_unsafeElements: buffer.received(count))
        // SAFETY: the table checks the number and outlives the call.
        let connection = unsafe table.pointer(to: index)
        unsafe connection.pointee.holdsBytes = false
        var offset = 0
        while offset < count {
            switch unsafe client.receive(bytes, from: offset, on: &connection.pointee.session) {
            case .answer(let answer):
                finish(index, answer, from: offset, to: count)
                offset = answer.end
                if !answer.keepsOpen {
                    replace(index)
                    return
                }
            case .part(let slot, let bytes, let due, let end):
                if Client.hasParts { notePart(index, slot, bytes, due) }
                offset = end
            case .delivered(let delivery):
                if Client.delivers { noteDelivery(index, delivery) }
                offset = delivery.end
            case .lost(let slot, let mayRetry, let end):
                loseOne(index, slot, mayRetry: mayRetry)
                offset = end
            case .lastRequests(let end):
                table[index].remaining = 0
                offset = end
            case .needMore(let keepFrom):
                offset = count
                if keepFrom < count, !hold(index, bytes.extracting(keepFrom..<count)) {
                    broke(index, Violation(.endless, at: keepFrom), bytes, from: keepFrom)
                    return
                }
            case .violation(let violation):
                broke(index, violation, bytes, from: offset)
                return
            }
        }
        if Client.opensItself, !table[index].wasOpened { noteSession(index) }
        if isSpent(index) {
            if Client.speaksUnasked, !sendLast(index) { return }
            if Stream.holdsBytes, awaitsTicket(index) { return }
            if Client.delivers, client.expects(table[index].session) {
                loseSubscription(index)
            } else {
                replace(index)
            }
        } else {
            makeAvailable(index)
        }
    }

    /// Ends the request that `answer` belongs to. What the last receive brought of the answer lies
    /// in the buffer from `start` to `end` at most.
    @inline(always)
    mutating func finish(_ index: Int, _ answer: Answer, from start: Int, to end: Int) {
        let times = takeOff(index, answer.slot)
        table[index].hasAnswered = true
        if Stream.holdsBytes, answer.outcome.code == Outcome.tooEarly, isTooEarly(index) {
            askAgain(times, index)
            return
        }
        if Client.follows {
            if answer.outcome.kind == .redirection, isFollowed(index, answer.outcome, times) {
                return
            }
            client.forget(due: times.intended)
        }
        if isRetrying, isPutOff(answer.outcome, times) { return }
        inFlight &-= 1
        if times.intended >= recordsFrom {
            record(index, answer, times, from: start, to: end)
        } else {
            tally.warmUpAnswers &+= 1
            if !pacing.isOpenLoop, now > recordsFrom { entersWindow(answer, times) }
        }
    }

    /// A part of an answer came: the first, or one behind another.
    @inline(always)
    private mutating func notePart(
        _ index: Int, _ slot: Int, _ bytes: UInt64, _ due: PartDue
    ) {
        // SAFETY: `times` and `lastPart` check both numbers.
        let times = unsafe table.times(of: index, slot).pointee
        let last = unsafe table.lastPart(of: index, slot)
        precondition(!times.isFree, "a part of an answer to a request that was never sent")
        defer { unsafe last.pointee = now }
        if times.intended < recordsFrom { return }
        tally.bodyBytes &+= bytes
        noteDue(index, slot, due, intended: times.intended)
        if unsafe last.pointee == .distantFuture {
            tally.firstPart.record(now.since(times.intended))
        } else {
            tally.partGap.record(unsafe now.since(last.pointee))
        }
    }

    /// Takes a request off its connection.
    @inline(always)
    mutating func takeOff(_ index: Int, _ slot: Int) -> RequestTimes {
        // SAFETY: `times` checks both numbers.
        let place = unsafe table.times(of: index, slot)
        let times = unsafe place.pointee
        unsafe place.pointee = .free
        precondition(!times.isFree, "an event of a request that was never sent")
        table[index].inFlight &-= 1
        return times
    }

    @inline(always)
    private mutating func record(
        _ index: Int, _ answer: Answer, _ times: RequestTimes, from start: Int, to end: Int
    ) {
        let outcome = answer.outcome
        tally.statuses[Int(outcome.kind.rawValue)] &+= 1
        tally.codes.note(outcome.code)
        table[index].served &+= 1
        if !outcome.kind.isError {
            tally.bodyBytes &+= answer.bodyBytes
            tally.response.record(now.since(times.intended))
            if pacing.isOpenLoop { tally.service.record(now.since(times.sent)) }
            if Client.tellsBeginnings {
                tally.firstByte.record(min(answer.began, now).since(times.intended))
            }
            if !pacing.isOpenLoop, now > sendsUntil { leavesWindow(times) }
            if Client.hasEvents { noteEvents(index, answer.slot, of: times) }
            if Client.hasKinds { noteAnswer(index, answer.slot, after: now.since(times.intended)) }
        } else {
            if Client.hasKinds { noteFailed(index, answer.slot) }
            tally.errors.status &+= 1
            tally.refused.record(now.since(times.intended))
            noteStatus(outcome, from: start, to: end)
        }
    }
}
