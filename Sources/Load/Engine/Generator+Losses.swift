import Basis
import Measure
import Platform
import Secure

/// How connections and requests are lost.
extension Generator where Stream: ~Copyable, Client: ~Copyable {
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

    /// The socket ended without the stream's last word: an answer that only the end completes may
    /// lack something, and is none.
    @inline(never)
    mutating func wasCutOff(_ index: Int, held: Int) {
        lose(
            index, because: .read,
            cutOffText(
                index, held: held, "the server closed the connection without close_notify"))
    }

    /// A receive was refused. Taking the error over keeps reference counts out of the hot path.
    @inline(never)
    mutating func cutOff(_ index: Int, held: Int, _ error: consuming StreamError) {
        let text = cutOffText(index, held: held, "\(error)")
        upkeep.lastRefusal = consume error
        lose(index, because: .read, text)
    }

    /// Gives the connection up after a send was refused.
    @inline(never)
    mutating func lose(_ index: Int, because loss: Loss, _ error: consuming StreamError) {
        let text = wantsFailure ? FailureText(reason: "\(error)") : nil
        upkeep.lastRefusal = consume error
        lose(index, because: loss, text)
    }

    /// Gives the connection up, and every request on it. An idle connection that the peer closed
    /// lost nothing and is no error.
    @inline(never)
    mutating func lose(_ index: Int, because loss: Loss, _ text: FailureText? = nil) {
        if Client.opensItself, !client.isOpen(table[index].session) {
            sessionRefused(index, text)
            return
        }
        var lost: UInt64 = 0
        for slot in 0..<table.capacity where isUnderWay(index, slot) {
            let times = takeOff(index, slot)
            if loss != .violation, isSentAgain(times) { continue }
            if Client.hasKinds { noteLost(index, slot, times, because: loss) }
            lost += giveUp(times, because: loss)
        }
        if lost == 0, countsOpening(index), loss == .violation || isSubscribed(index) { lost = 1 }
        count(lost, loss, text)
        reopen(index, atOnce: table[index].hasAnswered && loss == .read)
    }

    /// Whether a connection is to bring events.
    private func isSubscribed(_ index: Int) -> Bool {
        Client.delivers && client.expects(table[index].session)
    }

    /// The peer gave up one request; the connection goes on.
    @inline(never)
    mutating func loseOne(_ index: Int, _ slot: Int, mayRetry: Bool) {
        let times = takeOff(index, slot)
        if mayRetry, !pacing.opensConnections {
            unprocessed.append(times)
        } else if !isSentAgain(times) {
            if Client.hasKinds { noteLost(index, slot, times, because: .read) }
            count(
                giveUp(times, because: .read), .read,
                FailureText(reason: "the server gave up a request"))
        }
    }

    /// Gives up the requests that were sent so long ago and still wait for another connection.
    mutating func loseUnprocessed(after limit: Nanoseconds) {
        var lost: UInt64 = 0
        for times in unprocessed + tooEarly where now.since(times.sent) >= limit {
            lost += giveUp(times, because: .timeout)
        }
        unprocessed.removeAll { now.since($0.sent) >= limit }
        tooEarly.removeAll { now.since($0.sent) >= limit }
        count(
            lost, .timeout,
            FailureText(reason: "\(plan.timeout.display) passed without a connection"))
    }

    mutating func count(_ lost: UInt64, _ loss: Loss, _ text: FailureText?) {
        switch loss {
        case .read: tally.errors.read += lost
        case .write: tally.errors.write += lost
        case .timeout: tally.errors.timeout += lost
        case .violation: tally.errors.protocolViolation += lost
        }
        if lost > 0 { noteFailure(loss.phase, text) }
    }

    /// Ends a request without an answer: one lost if it belongs to the window, else none.
    mutating func giveUp(_ times: RequestTimes, because loss: Loss) -> UInt64 {
        inFlight -= 1
        forgetTries(of: times)
        if Client.follows { client.forget(due: times.intended) }
        if times.intended < recordsFrom { return 0 }
        if loss == .timeout {
            tally.response.record(now.since(times.intended))
            if pacing.isOpenLoop { tally.service.record(now.since(times.sent)) }
            tally.timedOut += 1
            let start = pacing.isOpenLoop ? times.sent : times.intended
            tally.timedOutTime += UInt64(max(0, now.since(start).raw))
        }
        return 1
    }
}
