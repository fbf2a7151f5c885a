import Basis
import Platform
import Secure

/// What becomes of connections that stand, and of requests that they leave.
extension Generator where Stream: ~Copyable, Client: ~Copyable {
    func token(_ index: Int) -> UInt64 {
        UInt64(index) | UInt64(table[index].generation) << 32
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

    /// Sends what a session has to say before its connection ends. False when that has ended it.
    @inline(never)
    mutating func sendLast(_ index: Int) -> Bool {
        let generation = table[index].generation
        flushRest(index)
        return table[index].generation == generation
    }

    /// Begins requests again that an earlier connection did not process, with the times that they
    /// have.
    @inline(never)
    mutating func beginAgain(_ index: Int) {
        while !tooEarly.isEmpty, hasRoom(index) { place(tooEarly.removeFirst(), on: index) }
        while !unprocessed.isEmpty, hasRoom(index) {
            place(unprocessed.removeFirst(), on: index)
        }
    }

    /// The same on whichever connection is free. Only in an open loop are there any.
    @inline(never)
    mutating func sendAgain() {
        while !unprocessed.isEmpty || !tooEarly.isEmpty, let index = takeIdle() {
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
            if pacing.isOpenLoop, pacing.next <= now { sendDue() }
        }
    }

    mutating func watch(_ index: Int, _ interest: Interest) throws(SystemError) {
        // SAFETY: `link` checks that the connection has one.
        try unsafe kernel.control(
            poller, .modify, table.link(index).pointee.descriptor, interest: interest,
            token: token(index))
    }

    /// Whether what happens now belongs to the measured window.
    var isRecording: Bool { now >= recordsFrom && now < sendsUntil }

    /// Closes the socket and forgets what lay on it. Its session ends here.
    mutating func close(_ index: Int) {
        var link = table.detach(index)
        link.end(with: &kernel, in: &workspace)
        kernel.close(link.descriptor)
        client.restart(&table[index].session)
        table[index].waitsToWrite = false
        table[index].holdsBytes = false
        // SAFETY: the table checks the number and outlives the call.
        unsafe table.rest(index).pointee.early = 0
        unsafe table.rest(index).pointee.held.removeAll()
    }

    /// The connection has done its work: a new one takes its place. Requests that were pipelined
    /// behind the last answer were not processed (RFC 9112 §9.6), so they are begun again there.
    @inline(never)
    mutating func replace(_ index: Int) {
        if pacing.opensConnections { loseUnderWay(index) } else { keepUnprocessed(index) }
        reopen(index, atOnce: table[index].hasAnswered)
    }

    /// Closes the connection and gives it a new socket, if that could still carry a request. A
    /// server that answers nothing on fresh connections must not make this loop spin.
    mutating func reopen(_ index: Int, atOnce: Bool) {
        close(index)
        if pacing.opensConnections, isDue(index) { return spare.push(index) }
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

    func isUnderWay(_ index: Int, _ slot: Int) -> Bool {
        // SAFETY: `times` checks both numbers.
        unsafe !table.times(of: index, slot).pointee.isFree
    }

    /// Whether a connection that is opened now could still carry a request, or bring an event.
    var hasWorkAhead: Bool {
        !upkeep.isDraining || pacing.next < sendsUntil || !unprocessed.isEmpty
            || !tooEarly.isEmpty || !deferred.isEmpty || awaitsEvents || queues.count > 0
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

    /// A receive has brought nothing: what was put at the front of the buffer is held as before.
    @inline(never)
    mutating func holdAgain(_ index: Int, _ count: Int) {
        // SAFETY: nothing receives into the buffer before this function returns.
        let bytes = unsafe Span<UInt8>(_unsafeElements: buffer.received(count))
        precondition(hold(index, bytes), "what was held before can be held again")
    }

    /// The kernel's send buffer is full: goes on when the poller reports room.
    @inline(never)
    mutating func watchForRoom(_ index: Int) {
        if table[index].waitsToWrite { return }
        table[index].waitsToWrite = true
        do {
            try watch(index, [.readable, .writable])
        } catch {
            lose(index, because: .write, .system(consume error))
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
            lose(index, because: .write, .system(consume error))
        }
    }
}
