// Hot path
import Basis
import Measure
import Platform
import Secure

/// Connections that are due by a schedule (`Pacing.opensConnections`): each is begun when it is
/// due, carries so many requests and ends. Its requests belong to the window if it was due there.
extension Generator where Stream: ~Copyable, Client: ~Copyable {
    /// Begins every connection that is due and for which a place is free.
    @inline(never)
    mutating func openDue() {
        while pacing.next <= now, pacing.next < sendsUntil {
            guard let index = spare.pop() else {
                isBacklogged = true
                return
            }
            let due = pacing.next
            pacing.advance()
            if due >= recordsFrom {
                if isBacklogged { tally.starved &+= 1 }
                noteBegun(due)
            }
            // SAFETY: the table checks the number and outlives the call.
            unsafe table.rest(index).pointee.due = due
            open(index)
            now = time.now
        }
        isBacklogged = false
    }

    /// Gives a connection as many of its requests as it takes.
    @inline(always)
    mutating func goOn(_ index: Int) {
        guard hasRoom(index), isDue(index) else { return }
        let times = timesOfNext(index)
        repeat { carry(times, on: index) } while hasRoom(index)
        flush(index)
    }

    /// The times of the requests that a connection carries next: the first were due when it was and
    /// under way since it was begun, so that theirs include all that it took to open it. The others
    /// follow answers.
    @inline(always)
    func timesOfNext(_ index: Int) -> RequestTimes {
        let isFirst = Int(table[index].remaining) == plan.requestsPerConnection
        // SAFETY: the table checks the number and outlives the call.
        let due = unsafe table.rest(index).pointee.due
        // SAFETY: as above.
        let since = unsafe table.rest(index).pointee.since
        if isFirst { return RequestTimes(intended: due, sent: since) }
        return RequestTimes(intended: due < recordsFrom ? due : now, sent: now)
    }

    @inline(always)
    mutating func carry(_ times: RequestTimes, on index: Int) {
        place(times, on: index)
        inFlight &+= 1
    }

    private func due(_ index: Int) -> Instant {
        // SAFETY: the table checks the number and outlives the call.
        unsafe table.rest(index).pointee.due
    }

    /// Whether a connection is one of the schedule, and not the one that shows that they can be
    /// made.
    func isDue(_ index: Int) -> Bool { due(index) != .distantFuture }

    func isOfWindow(_ index: Int) -> Bool { isDue(index) && due(index) >= recordsFrom }

    /// Whether it counts when a connection can't be made: by when it was due, or else by when that
    /// happens.
    func countsOpening(_ index: Int) -> Bool {
        pacing.opensConnections ? isOfWindow(index) : isRecording
    }

    /// A connection that the schedule made due could not be made in time: the age that it has
    /// reached is a part of the tail.
    mutating func noteOverdue(_ index: Int) { tally.response.record(now.since(due(index))) }

    /// The connections of the schedule begin; the one that showed that they can be made has done
    /// its work.
    @inline(never)
    mutating func awaitDueConnections() {
        closeFirst()
        for index in 0..<table.count { spare.push(index) }
    }

    /// Whether connections of the schedule are still there.
    var carriesConnections: Bool { pacing.opensConnections && spare.count < table.count }

    /// Connections end with what is under way on them, but for those that have not begun yet and
    /// have a time limit of their own.
    @inline(never)
    mutating func carryNoMore() {
        for index in 0..<table.count
        where table[index].state != .closed
            && Int(table[index].remaining) != plan.requestsPerConnection
        {
            table[index].remaining = 0
        }
    }

    /// Whether an open connection without a request under way will not have one any more, for lack
    /// of room or of requests.
    func isStale(_ index: Int) -> Bool {
        table[index].remaining == 0 || now.since(retryTime(index)) > plan.timeout
    }

    @inline(never)
    mutating func endStale(_ index: Int) {
        if table[index].remaining > 0, isOfWindow(index) {
            noteOverdue(index)
            count(1, .timeout, timeoutText(index))
        }
        reopen(index, atOnce: false)
    }

    /// Takes the requests under way off a connection, and says how many of them belong to the
    /// window.
    mutating func drop(_ index: Int) -> UInt64 {
        if table[index].inFlight == 0 { return 0 }
        var lost: UInt64 = 0
        for slot in 0..<table.capacity where isUnderWay(index, slot) {
            let times = takeOff(index, slot)
            if Client.hasKinds { noteLost(index, slot, times, because: .read) }
            lost += giveUp(times, because: .read)
        }
        return lost
    }

    /// The peer ends a connection in order, with requests under way behind its last answer. No
    /// other connection takes them over.
    @inline(never)
    mutating func loseUnderWay(_ index: Int) {
        let lost = drop(index)
        if lost == 0 { return }
        count(
            lost, .read, FailureText(reason: "the server ended the connection before it answered"))
    }

    /// Counts every connection that is still there as lost, at the age it has reached.
    @inline(never)
    mutating func abandonConnections() {
        for index in 0..<table.count where table[index].state != .closed {
            if table[index].isOpen, table[index].inFlight > 0 {
                lose(index, because: .timeout, timeoutText(index))
                continue
            }
            if isOfWindow(index) {
                noteOverdue(index)
                count(1, .timeout, FailureText(reason: "the interrupt ended its opening"))
            }
            if table[index].isOpen { close(index) } else { endOpening(index) }
            spare.push(index)
        }
        // Requests that were refused for being early, and whose connection has gone.
        loseUnprocessed(after: .zero)
    }
}
