import Basis
import Measure
import Platform
import Report
import Secure

/// What happens every few milliseconds instead of for every request.
extension Generator where Stream: ~Copyable, Client: ~Copyable {
    @inline(never)
    mutating func tick() {
        if control.isStopAsked { upkeep.isStopped = true }
        if control.isEndAsked { upkeep.isCutShort = true }
        // Before a new attempt takes them along, for another time limit.
        if !unprocessed.isEmpty || !tooEarly.isEmpty { loseUnprocessed(after: plan.timeout) }
        retryWaiting()
        if isRetrying { resumeDeferred() }
        if pacing.isOpenLoop, !unprocessed.isEmpty || !tooEarly.isEmpty { sendAgain() }
        sweep()
        if plan.requests != nil, requestsLeft > 0 { endWithoutConnections() }
        if now >= upkeep.rates.nextEnd {
            upkeep.rates.note(at: now, counts)
        }
        if control.areCountsAsked { publish() }
        nextTick = min(now + upkeep.tick, upkeep.rates.nextEnd)
        if let index = waiting.first { nextTick = min(nextTick, retryTime(index)) }
        nextTick = min(nextTick, nextDeferred)
    }

    /// What was counted of the window so far. Due is what was sent and, where the schedule lags
    /// behind the clock, what it has in the mean for the time between.
    var counts: RateBins.Counts {
        var counts = RateBins.Counts()
        counts.succeeded = upkeep.published + tally.succeeded + upkeep.entered
        if pacing.isOpenLoop {
            let from = max(pacing.next, recordsFrom)
            let backlog = max(0, min(now, sendsUntil).since(from).inSeconds) * pacing.rate.raw
            counts.due = Double(upkeep.publishedSends + tally.lateness.totalCount) + backlog
            counts.due += Double(upkeep.waitingOfWindow)
        }
        return counts
    }

    /// An answer that came after the window began, to a request of the warm-up.
    @inline(never)
    mutating func entersWindow(_ answer: Answer, _ times: RequestTimes) {
        if answer.outcome.kind.isError { return }
        if now < sendsUntil { upkeep.entered += 1 }
        upkeep.borders.noteEntering(
            Window(start: recordsFrom, end: max(recordsFrom, sendsUntil)), sent: times.intended,
            answered: now)
    }

    /// A success that came after the window's end, to a request of it.
    @inline(never)
    mutating func leavesWindow(_ times: RequestTimes) {
        upkeep.borders.noteLeaving(
            Window(start: recordsFrom, end: sendsUntil), sent: times.intended, answered: now)
    }

    func retryTime(_ index: Int) -> Instant {
        // SAFETY: the table checks the number and outlives the call.
        unsafe table.rest(index).pointee.since
    }

    private mutating func retryWaiting() {
        while let index = waiting.first, retryTime(index) <= now {
            _ = waiting.pop()
            if table[index].state == .closed, hasWorkAhead { open(index) }
        }
    }

    /// Looks at a piece of the connections for requests and openings that take too long.
    private mutating func sweep() {
        let end = min(table.count, upkeep.sweepPosition + Limit.sweepPiece)
        for index in upkeep.sweepPosition..<end {
            switch table[index].state {
            case .closed: break
            case .open where Client.opensItself && !client.isOpen(table[index].session):
                if now.since(retryTime(index)) > plan.timeout {
                    sessionRefused(index, timeoutText(index))
                }
            case .open:
                upkeep.lastOpen = now
                if table[index].inFlight > 0, isOverdue(index) {
                    lose(index, because: .timeout, timeoutText(index))
                } else if Stream.holdsBytes, isSpent(index) {
                    // It has waited for a ticket only.
                    if now.since(retryTime(index)) > plan.timeout { replace(index) }
                } else if pacing.opensConnections, table[index].inFlight == 0, isStale(index) {
                    endStale(index)
                } else if upkeep.peerSpeaksFirst && !table[index].hasAnswered
                    || !unprocessed.isEmpty || !tooEarly.isEmpty
                {
                    use(index)
                }
            case .connecting, .opening:
                if now.since(retryTime(index)) > plan.timeout { openingTimedOut(index) }
            }
        }
        upkeep.sweepPosition = end == table.count ? 0 : end
    }

    /// Gives up the requests that are left where no connection could be made for as long as one
    /// may take: a server that is gone would be waited for until the run's time is over.
    private mutating func endWithoutConnections() {
        if control.phase != .measuring || now.since(upkeep.lastOpen) <= plan.timeout { return }
        tally.errors.timeout += UInt64(requestsLeft)
        tally.unsent += UInt64(requestsLeft)
        if wantsFailure {
            noteFailure(
                .timeout,
                FailureText(reason: "no connection could be made for \(plan.timeout.display)"))
        }
        requestsLeft = 0
        pacing.end()
    }

    /// Whether a request may be sent on an open connection: where the peer is known to speak first,
    /// only once it has been silent for a while.
    func isTrusted(_ index: Int) -> Bool {
        !upkeep.peerSpeaksFirst || table[index].hasAnswered
            || now.since(retryTime(index)) > Limit.silence
    }

    private func isOverdue(_ index: Int) -> Bool {
        for slot in 0..<table.capacity {
            // SAFETY: `times` checks both numbers. A free slot was "sent" in the distant future.
            if now.since(unsafe table.times(of: index, slot).pointee.sent) > plan.timeout {
                return true
            }
        }
        return false
    }

    /// Wakes the sessions whose deadlines have come.
    @inline(never)
    mutating func wakeSessions() {
        nextWake = .distantFuture
        for index in 0..<table.count where table[index].isOpen {
            if client.due(table[index].session) <= now {
                client.wake(&table[index].session, at: now)
                if Client.opensItself, !table[index].wasOpened { noteSession(index) }
                use(index)
            }
            noteDeadline(index)
        }
    }

    /// Lets the session of a connection be woken in time.
    @inline(always)
    mutating func noteDeadline(_ index: Int) {
        let due = client.due(table[index].session)
        nextWake = min(nextWake, max(due, now + Limit.timerStep))
    }

    /// epoll_wait(2) fails only for wrong arguments, which the kernel layer stops at.
    @inline(never)
    func waitWasRefused(_ error: consuming SystemError) -> Never {
        preconditionFailure("a wait was refused: \(error)")
    }

    /// Hands what was counted to the coordinator.
    private mutating func publish() {
        let (succeeded, sends) = (tally.succeeded, tally.lateness.totalCount)
        if control.offer(&tally, at: now) {
            upkeep.published += succeeded
            upkeep.publishedSends += sends
        }
    }
}
