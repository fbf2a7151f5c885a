import Basis
import Glibc

/// What a ring's kernel knows: the ring, and a place for each descriptor.
struct RingState: ~Copyable {
    /// What a tag says besides the descriptor and its generation.
    private enum Purpose: UInt64 {
        /// Brings bytes, or connections.
        case bring
        case send
        case wake
        /// Nobody waits for its completion.
        case forgotten
    }

    let ring: CompletionRing
    private var hasBegun = false
    private var isWatchingPoller = false
    /// Whether the poller has said that it has something to report.
    private var wasWoken = false
    /// What the poller of the loop's port reports; it is there to be woken.
    private var woken = EventBuffer(capacity: 4)
    private(set) var places = RingPlaces()
    /// Those with news, and perhaps some that have ended since.
    private var listed: [CInt] = []
    private var listeners: [CInt] = []
    private var spares = SpareBuffers(
        capacity: Limit.ringSpares, bytesAtMost: Limit.ringSpareBytes)
    /// Connections that have a rest, and some that have none any more, or have ended.
    private var withRest: [CInt] = []
    /// When to look after them, and after what time again.
    private var restCheck = Instant(raw: 0)
    private var restPause = Nanoseconds.zero
    /// Calls besides those of the ring.
    private(set) var otherCalls: UInt64 = 0
    /// Descriptors that are to be closed once their output has gone.
    private var closing = 0
    /// The same, oldest first, and until when they may take; some have ended since.
    private var lastWords: [(descriptor: CInt, generation: UInt16, end: Instant)] = []

    init() throws(SystemError) {
        ring = try CompletionRing()
        listed.reserveCapacity(256)
    }

    /// Until then the kernel may read what places hold, which end behind this.
    deinit { ring.stop() }

    /// Whether the ring has the descriptor.
    @inline(always)
    func has(_ descriptor: CInt) -> Bool {
        places.contains(descriptor) && places[descriptor].kind != .none
    }

    /// The next connection of a listener that the kernel has accepted.
    mutating func takeAccepted(from listener: CInt) -> CInt? {
        guard places.contains(listener), !places[listener].accepted.isEmpty else { return nil }
        return places[listener].accepted.removeFirst()
    }

    // MARK: requests

    @inline(always)
    private func tag(_ purpose: Purpose, _ descriptor: CInt) -> UInt64 {
        purpose.rawValue << 56 | UInt64(places[descriptor].generation) << 32 | UInt64(descriptor)
    }

    /// Asks the kernel for something, after having taken completions where it takes nothing before.
    @inline(always)
    private mutating func ask(_ request: (borrowing CompletionRing) -> Bool) {
        for _ in 0..<Limit.ringPatience {
            if request(ring) { return }
            try? ring.enter(timeout: .zero)
            takeCompletions()
        }
        preconditionFailure("a ring that has been emptied takes no request")
    }

    mutating func watch(listener: CInt, token: UInt64) {
        places.grow(for: listener)
        if !listeners.contains(listener) { listeners.append(listener) }
        places[listener].kind = .listener
        places[listener].token = token
        places[listener].error = 0
        bringMore(listener)
    }

    mutating func unwatch(listener: CInt) {
        listeners.removeAll { $0 == listener }
        endBringing(listener)
        places[listener].kind = .none
        places[listener].news = []
    }

    mutating func watch(connection: CInt, interest: Interest, token: UInt64) {
        places.grow(for: connection)
        places[connection].kind = .connection
        places[connection].token = token
        places[connection].interest = interest
        bringMore(connection)
    }

    /// What is there already is told as well.
    mutating func change(_ connection: CInt, interest: Interest) {
        places[connection].interest = interest
        if interest.contains(.readable) {
            if !places[connection].input.isEmpty || places[connection].hasEnded
                || places[connection].error != 0
            {
                tell(connection, readability(of: connection))
            }
            bringMore(connection)
        } else {
            endBringing(connection)
        }
        if interest.contains(.writable) {
            places[connection].wantsRoom = true
            if !places[connection].isSending { tellRoom(connection) }
        }
    }

    /// Asks for bytes or connections, if that was not done and is to be.
    @inline(always)
    mutating func bringMore(_ descriptor: CInt) {
        if !places[descriptor].mustBring { return }
        let tag = tag(.bring, descriptor)
        let isListener = places[descriptor].kind == .listener
        places[descriptor].isBringing = true
        places[descriptor].isEnding = false
        ask { ring in
            isListener
                ? ring.accept(on: descriptor, tag: tag) : ring.receive(from: descriptor, tag: tag)
        }
    }

    private mutating func endBringing(_ descriptor: CInt) {
        guard places[descriptor].isBringing, !places[descriptor].isEnding else { return }
        places[descriptor].isEnding = true
        let other = tag(.bring, descriptor)
        let own = tag(.forgotten, descriptor)
        ask { $0.cancel(other, tag: own) }
    }

    /// Takes what has come, at most what `room` has room for.
    @inline(always)
    mutating func takeInput(
        from descriptor: CInt, into room: UnsafeMutableRawBufferPointer
    ) -> Int {
        let count = min(places[descriptor].input.count, room.count)
        if count == 0 { return 0 }
        // SAFETY: both have so many bytes, and are different memory.
        unsafe room.baseAddress!.copyMemory(
            from: places[descriptor].input.unsafeBytes.baseAddress!, byteCount: count)
        places[descriptor].input.consume(count)
        if places[descriptor].input.isEmpty {
            spares.take(from: &places[descriptor].input)
            bringMore(descriptor)
        }
        return count
    }

    /// Takes bytes to be sent; none while the socket has no room for those before them.
    @inline(always)
    mutating func send(_ bytes: Span<UInt8>, to descriptor: CInt) -> Int {
        if places[descriptor].isSending {
            // Those of this turn are not even with the kernel: mostly it takes them at once.
            settle()
            if places[descriptor].isSending {
                places[descriptor].wantsRoom = true
                return 0
            }
        }
        let count = min(bytes.count, Limit.ringOutputBytes)
        // Whoever has more waits for room, and may have said so before this send already.
        if count < bytes.count { places[descriptor].wantsRoom = true }
        spares.lend(to: &places[descriptor].output)
        places[descriptor].output.append(bytes.extracting(first: count))
        sendOutput(of: descriptor)
        return count
    }

    @inline(always)
    private mutating func sendOutput(of descriptor: CInt) {
        places[descriptor].isSending = true
        let tag = tag(.send, descriptor)
        // SAFETY: the queue isn't touched until the completion, so that its bytes stay.
        let bytes = unsafe places[descriptor].output.unsafeBytes
        ask { unsafe $0.send(bytes, to: descriptor, tag: tag) }
    }

    mutating func finishSending(on descriptor: CInt) {
        if places[descriptor].isSending {
            places[descriptor].finishesBehind = true
            return
        }
        let tag = tag(.forgotten, descriptor)
        ask { $0.finishSending(on: descriptor, tag: tag) }
    }

    /// Gives the descriptor up; it is closed once its output has gone, which is not waited for
    /// where more was to follow.
    mutating func close(_ descriptor: CInt) {
        endBringing(descriptor)
        places[descriptor].news = []
        places[descriptor].interest = []
        places[descriptor].input.releaseStorage()
        guard places[descriptor].isSending else { return closeNow(descriptor) }
        // Its bytes must stay as long as the kernel may read them.
        places[descriptor].closesBehind = true
        closing += 1
        if places[descriptor].wantsRoom {
            cancelSend(descriptor)
        } else {
            lastWords.append(
                (
                    descriptor, places[descriptor].generation,
                    MonotonicClock.now + Limit.lastWords
                ))
        }
    }

    private mutating func cancelSend(_ descriptor: CInt) {
        let other = tag(.send, descriptor)
        let own = tag(.forgotten, descriptor)
        ask { $0.cancel(other, tag: own) }
    }

    /// Ends what its peer does not take.
    private mutating func endLastWords() {
        let now = MonotonicClock.now
        let over = lastWords.prefix { $0.end <= now }.count
        for index in 0..<over {
            let last = lastWords[index]
            if places[last.descriptor].generation == last.generation { cancelSend(last.descriptor) }
        }
        lastWords.removeFirst(over)
    }

    private mutating func closeNow(_ descriptor: CInt) {
        let tag = tag(.forgotten, descriptor)
        places[descriptor].reset()
        ask { $0.close(descriptor, tag: tag) }
    }

    // MARK: completions

    /// Waits until something has come of what was asked for, or the poller reports something.
    mutating func wait(
        on poller: borrowing Poller, for events: inout EventBuffer, timeout: Nanoseconds?
    ) throws(SystemError) {
        try begin()
        if !isWatchingPoller {
            isWatchingPoller = true
            let tag = Purpose.wake.rawValue << 56
            ask { $0.watch(poller, tag: tag) }
        }
        for listener in listeners {
            if !places[listener].accepted.isEmpty { tell(listener, .readable) }
            bringMore(listener)
        }
        if !lastWords.isEmpty { endLastWords() }
        let limit = withRest.isEmpty ? timeout : askForRests(within: timeout)
        try ring.enter(timeout: listed.isEmpty ? limit : .zero)
        takeCompletions()
        if wasWoken {
            wasWoken = false
            // Its edges are told once; what there is must be taken for the next to be told.
            _ = woken.fill(from: poller, timeout: .zero)
        }
        deliver(to: &events)
    }

    /// Asks anew for what receives have left, and says how long to wait for it.
    ///
    /// A receive stops at the mark of urgent data, and the next one says that there is nothing when
    /// a signal is pending (tcp_recvmsg), whatever waits behind: no request hears of it again. That
    /// can happen to any number of them in a row, and as well to what comes long after the urgent
    /// data, so that the socket is looked at until all has been brought: often while it has
    /// something, ever more seldom while it has not.
    @inline(never)
    private mutating func askForRests(within timeout: Nanoseconds?) -> Nanoseconds? {
        let now = MonotonicClock.now
        if now < restCheck { return min(timeout ?? restPause, restCheck.since(now)) }
        // Completions that are taken meanwhile may add to the list.
        let known = withRest
        withRest = []
        restPause = min(restPause + restPause, Limit.ringRestPauseAtMost)
        for descriptor in known {
            places[descriptor].isAmongRests = places[descriptor].hasRest
            if !places[descriptor].hasRest { continue }
            withRest.append(descriptor)
            guard places[descriptor].wantsInput else { continue }
            otherCalls &+= 1
            if awaitInput(of: descriptor, until: now) {
                endBringing(descriptor)
                restPause = Limit.ringRestPause
            }
        }
        if withRest.isEmpty { return timeout }
        restCheck = now + restPause
        return min(timeout ?? restPause, restPause)
    }

    private mutating func noteRest(of descriptor: CInt) {
        if places[descriptor].hasRest { return }
        places[descriptor].hasRest = true
        restPause = Limit.ringRestPause
        restCheck = MonotonicClock.now + restPause
        if places[descriptor].isAmongRests { return }
        places[descriptor].isAmongRests = true
        withRest.append(descriptor)
    }

    private mutating func deliver(to events: inout EventBuffer) {
        events.removeAll()
        var count = 0
        while count < listed.count, !events.isFull {
            let descriptor = listed[count]
            count += 1
            places[descriptor].isListed = false
            let news = places[descriptor].news
            if news.isEmpty { continue }
            places[descriptor].news = []
            events.append(places[descriptor].token, news)
        }
        if count == listed.count {
            listed.removeAll(keepingCapacity: true)
        } else {
            listed.removeFirst(count)
        }
    }

    /// Lets the thread that calls have the ring.
    mutating func begin() throws(SystemError) {
        if hasBegun { return }
        hasBegun = true
        try ring.enable()
    }

    /// Brings up to date what has come and gone.
    mutating func settle() {
        try? ring.enter(timeout: .zero)
        takeCompletions()
    }

    private mutating func takeCompletions() {
        while let completion = ring.next() { take(completion) }
    }

    /// Hot: once a request, and once a reply.
    @inline(never)
    private mutating func take(_ completion: CompletionRing.Completion) {
        let purpose = Purpose(rawValue: completion.tag >> 56)
        let descriptor = CInt(truncatingIfNeeded: completion.tag & 0xFFFF_FFFF)
        if purpose == .wake {
            wasWoken = true
            isWatchingPoller = completion.hasMore
            return
        }
        let generation = UInt16(truncatingIfNeeded: completion.tag >> 32)
        guard purpose != .forgotten, places[descriptor].generation == generation else {
            if completion.buffer >= 0 { ring.giveBack(completion) }
            return
        }
        if purpose == .send { return takeSent(descriptor, completion.result) }
        if !completion.hasMore { places[descriptor].isBringing = false }
        if places[descriptor].kind == .connection {
            takeInput(descriptor, completion)
        } else {
            takeConnection(descriptor, completion.result)
        }
    }

    @inline(always)
    private mutating func takeInput(
        _ descriptor: CInt, _ completion: CompletionRing.Completion
    ) {
        if completion.result > 0 {
            spares.lend(to: &places[descriptor].input)
            ring.move(completion, to: &places[descriptor].input)
            if completion.hasRest {
                noteRest(of: descriptor)
            } else {
                places[descriptor].hasRest = false
            }
            if places[descriptor].input.count >= Limit.ringInputBytes { endBringing(descriptor) }
        } else if completion.result == 0 {
            if completion.buffer >= 0 { ring.giveBack(completion) }
            places[descriptor].hasEnded = true
            places[descriptor].hasRest = false
        } else if completion.result == -ENOBUFS || completion.result == -ECANCELED {
            // Asked for again where that is wanted: buffers have been given back by then.
            bringMore(descriptor)
            return
        } else if completion.result != -EAGAIN && completion.result != -EINTR {
            places[descriptor].error = -completion.result
        }
        if !completion.hasMore { bringMore(descriptor) }
        if places[descriptor].closesBehind { return }
        if places[descriptor].interest.contains(.readable) || places[descriptor].error != 0 {
            tell(descriptor, readability(of: descriptor))
        }
    }

    private mutating func takeConnection(_ listener: CInt, _ result: CInt) {
        if result >= 0 {
            places[listener].accepted.append(result)
        } else if result == -EINVAL {
            // The listener has been ended.
            places[listener].error = EINVAL
        }
        // What can't be had is for accept4(2) to say.
        if places[listener].kind == .listener { tell(listener, .readable) }
    }

    @inline(always)
    private mutating func takeSent(_ descriptor: CInt, _ result: CInt) {
        places[descriptor].isSending = false
        if result >= 0 {
            places[descriptor].output.consume(min(Int(result), places[descriptor].output.count))
            // Interrupted, or cut short by what the kernel had no memory for.
            if !places[descriptor].output.isEmpty, result > 0 { return sendOutput(of: descriptor) }
        } else if result == -EINTR || result == -EAGAIN {
            return sendOutput(of: descriptor)
        } else {
            places[descriptor].error = -result
        }
        spares.take(from: &places[descriptor].output)
        if places[descriptor].finishesBehind || places[descriptor].closesBehind {
            return goOnBehindOutput(descriptor)
        }
        if places[descriptor].error != 0 { tell(descriptor, .broken) }
        if places[descriptor].wantsRoom { tellRoom(descriptor) }
    }

    private mutating func goOnBehindOutput(_ descriptor: CInt) {
        if places[descriptor].closesBehind {
            closing -= 1
            closeNow(descriptor)
            return
        }
        places[descriptor].finishesBehind = false
        finishSending(on: descriptor)
        if places[descriptor].error != 0 { tell(descriptor, .broken) }
    }

    // MARK: news

    private func readability(of descriptor: CInt) -> Interest {
        if places[descriptor].error != 0 { return [.readable, .broken] }
        return places[descriptor].hasEnded ? [.readable, .interruption] : .readable
    }

    private mutating func tellRoom(_ descriptor: CInt) {
        guard places[descriptor].interest.contains(.writable) else { return }
        places[descriptor].wantsRoom = false
        tell(descriptor, .writable)
    }

    @inline(always)
    private mutating func tell(_ descriptor: CInt, _ news: Interest) {
        places[descriptor].news.formUnion(news)
        if places[descriptor].isListed { return }
        places[descriptor].isListed = true
        listed.append(descriptor)
    }

    // MARK: the end

    /// Sends what is to be sent, and closes what is to be closed.
    mutating func finish() {
        let end = MonotonicClock.now + Limit.farewell
        while hasBegun {
            settle()
            let left = end.since(MonotonicClock.now)
            if closing == 0 || left <= .zero { break }
            try? ring.enter(timeout: left)
        }
        // What closed behind the last of them.
        if hasBegun { settle() }
    }
}
