// Hot path
import Basis
import Platform
import Secure
import Wire

extension ReaderCore where Stream: ~Copyable, Desk: ~Copyable {
    /// Whether the parser must wait: a reply of before is not out yet, or workers have as many
    /// messages of the connection as they may. Each of them lets it go on when it comes back.
    @inline(always)
    func mustHoldInput(of connection: borrowing Connection<Stream>) -> Bool {
        connection.mustHoldInput
            || Desk.isDeferred && connection.inFlight > 0
                && connection.inFlight >= desk.messagesPerConnection
    }

    /// Finds the messages in `input` and takes each to the desk. Returns how many bytes are done
    /// with.
    @inline(always)
    mutating func parse(
        _ input: Span<UInt8>, of connection: inout Connection<Stream>,
        _ reference: ConnectionReference
    ) -> Int {
        var offset = 0
        var budget = Limit.requestsPerTurn
        connection.hasMore = true
        // With a body under way there may be an end to find where no byte is left.
        while offset < input.count || connection.message != nil {
            if mustHoldInput(of: connection) {
                if connection.refusal == nil { return offset }
                // Behind what is refused nothing is parsed, so nothing is kept either.
                connection.hasMore = false
                return input.count
            }
            if !desk.hasRoom {
                starve(&connection, reference)
                return offset
            }
            // Replies are sent before there are too many of them, and others have a turn.
            if budget == 0 || output.count > Limit.unsentBytes {
                list(&connection, reference)
                return offset
            }
            switch connection.parser.next(input, from: offset, into: &head, bodyLimit: bodyLimit) {
            case .needMore:
                connection.hasMore = false
                return offset
            case .head(let end):
                offset = end
                budget -= 1
                // Work that holds the thread is a turn's worth: behind it others go on, and a stop
                // is noticed.
                if begin(input, upTo: end, of: &connection, reference) {
                    budget = 0
                }
            case .body(let start, let end, let next):
                offset = next
                // Each byte of a body buys it time; a drip does not buy enough, and a burst buys no
                // silence. While a reply is owed, the time is the one that the peer has for taking
                // it.
                if connection.phase == .receiving {
                    let bought = Limit.bodyTimePerByte * Int64(end - start)
                    connection.deadline = min(connection.deadline + bought, now + bodyTime)
                }
                if connection.message?.route.wantsBody == true {
                    guard hasRoom(for: end - start, on: connection) else {
                        connection.message = nil
                        connection.body.releaseStorage()
                        connection.owesContinue = false
                        connection.hasMore = false
                        connection.refusal = .noRoomForBody
                        return input.count
                    }
                    connection.body.append(input.extracting(start..<end))
                }
            case .endOfBody(let next):
                offset = next
                let isLast =
                    isDraining && isLastArrived(input, endingAt: next, of: connection)
                if finishMessage(of: &connection, reference, isLast: isLast) {
                    budget = 0
                }
            case .refuse(let refusal):
                connection.hasMore = false
                connection.refusesHead = connection.refusesHead(input, from: offset)
                connection.refusal = refusal
                return input.count
            }
        }
        connection.hasMore = false
        return offset
    }

    /// Takes up the message whose head was just found in `input`, up to `end`; says whether work
    /// for it has held the thread.
    ///
    /// Hot: once a request.
    @inline(always)
    private mutating func begin(
        _ input: Span<UInt8>, upTo end: Int, of connection: inout Connection<Stream>,
        _ reference: ConnectionReference
    ) -> Bool {
        let route = Route(head, in: input)
        let key =
            route.wantsKey ? head.idempotencyKey.bytes(of: input) : input.extracting(first: 0)
        let message = Message(
            route: route, keyCount: key.count, framing: HTTP1.ReplyEncoder(answering: head))
        if head.framing == .none {
            endReceiving(&connection)
            let isLast = isDraining && isLastArrived(input, endingAt: end, of: connection)
            return submit(message, body: key, of: &connection, reference, isLast: isLast)
        }
        if route.wantsBody, !hasRoom(for: head.framing.knownLength, on: connection) {
            connection.refusal = .noRoomForBody
            return false
        }
        connection.message = message
        connection.body.append(key)
        if connection.phase != .replying {
            connection.phase = .receiving
            connection.deadline = now + bodyTime
        }
        if head.expectsContinue {
            // Interim replies have an order like all others (RFC 9110 §15.2).
            if connection.inFlight == 0 {
                HTTP1.ReplyEncoder.writeContinue(to: &output)
            } else {
                connection.owesContinue = true
            }
        }
        return false
    }

    /// A message has arrived whole: the time of the next one is its own.
    @inline(always)
    private func endReceiving(_ connection: inout Connection<Stream>) {
        if connection.phase == .receiving { connection.phase = .idle }
    }

    private mutating func finishMessage(
        of connection: inout Connection<Stream>, _ reference: ConnectionReference,
        isLast: Bool
    ) -> Bool {
        guard let message = connection.message.take() else {
            preconditionFailure("a body ended that no head began")
        }
        endReceiving(&connection)
        var body = ByteQueue()
        swap(&body, &connection.body)
        let hasHeldThread = submit(
            message, body: body.bytes, of: &connection, reference, isLast: isLast)
        body.keepLittle()
        swap(&body, &connection.body)
        connection.owesContinue = false
        return hasHeldThread
    }

    /// Takes a message to the desk; says whether work for it has held the thread.
    ///
    /// - Parameter isLast: whether a stop ends the connection behind this message.
    @inline(always)
    private mutating func submit(
        _ message: Message, body: Span<UInt8>, of connection: inout Connection<Stream>,
        _ reference: ConnectionReference, isLast: Bool
    ) -> Bool {
        var message = message
        if isLast { message.framing.endConnection() }
        switch desk.submit(
            message, body: body, from: reference, with: &kernel, tally: &tally)
        {
        case .reply(.now(let content)), .reply(.after(.zero, let content)):
            answer(content, message, body: body, on: &connection)
        case .reply(.afterWork(let content)):
            noteTime()
            answer(content, message, body: body, on: &connection)
            return true
        case .reply(.after(let delay, let content)):
            hold(content, for: delay, message, on: &connection, reference)
        case .passedOn(let index):
            if connection.lastInFlight == WorkItem.none {
                connection.firstInFlight = index
            } else {
                desk.chain(index, behind: connection.lastInFlight)
            }
            connection.lastInFlight = index
            connection.inFlight += 1
            let weight = message.weight(body: body.count)
            connection.bytesInFlight += weight
            held += weight
            connection.awaitsDelay = message.route.mayDelay
            // Behind a last message nothing is parsed, even while its reply is still being made.
            if !message.framing.keepAlive { connection.isLast = true }
        }
        return false
    }

    @inline(always)
    private mutating func answer(
        _ content: Content, _ message: Message, body: Span<UInt8>,
        on connection: inout Connection<Stream>
    ) {
        var message = message
        connection.fillerLeft = writer.write(
            content, answering: &message, body: body, to: &output)
        if !message.framing.keepAlive { connection.isLast = true }
    }

    /// Notes that a connection must be gone on with when workers have returned something.
    @inline(never)
    private mutating func starve(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) {
        if connection.isListed { return }
        connection.isListed = true
        starved.append(reference)
    }

    /// Notes that a connection must be gone on with although no event will say so.
    @inline(never)
    mutating func list(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) {
        if connection.isListed { return }
        connection.isListed = true
        listed.append(reference)
    }

    // MARK: what payloads take

    /// Whether so many bytes of payload more may be held for a connection.
    @inline(never)
    private func hasRoom(for more: Int, on connection: borrowing Connection<Stream>) -> Bool {
        held - connection.held + connection.holding + more <= bodiesLimit
    }

    /// Brings the account up to date with what a connection holds.
    @inline(always)
    mutating func account(_ connection: inout Connection<Stream>) {
        let holding = connection.holding
        if holding == connection.held { return }
        held += holding - connection.held
        connection.held = holding
    }

    /// Gives an item back to the desk that is with no worker any more.
    mutating func release(_ index: UInt32) {
        held -= desk.withItem(index) { $0.message?.weight(body: $0.body.count) ?? 0 }
        desk.release(index)
    }

    // MARK: replies that come later

    /// Holds a reply back. It lives with its connection, which has no other meanwhile.
    private mutating func hold(
        _ content: Content, for delay: Nanoseconds, _ message: Message,
        on connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) {
        connection.timed = content
        connection.message = message
        timers.insert(reference, due: now + delay)
    }

    /// The time of a held-back reply has come. Those before it may still be with workers, or on
    /// their way.
    mutating func sendTimed(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) {
        guard connection.timed != nil else { return }
        connection.isTimedDue = true
        if !Desk.isDeferred { joinTimed(&connection) }
        resume(&connection, reference)
    }

    /// Adds the held-back reply to the output of this event, if it is due and its turn has come.
    private mutating func joinTimed(_ connection: inout Connection<Stream>) {
        guard connection.isTimedDue, connection.inFlight == 0, connection.fillerLeft == 0,
            let content = connection.timed.take(), let message = connection.message.take()
        else { return }
        connection.isTimedDue = false
        let nothing = ByteQueue()
        answer(content, message, body: nothing.bytes, on: &connection)
    }

    /// A worker has returned an item of this connection.
    mutating func take(
        _ index: UInt32, _ connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) {
        let (delayed, message, weight) = desk.withItem(index) { item in
            (item.delayed, item.message, item.message?.weight(body: item.body.count) ?? 0)
        }
        guard let delayed, var message else {
            // A message that might have been delayed was the last one taken up.
            if index == connection.lastInFlight { connection.awaitsDelay = false }
            finish(index, &connection, reference)
            return
        }
        unchainLast(index, &connection)
        connection.bytesInFlight -= weight
        connection.awaitsDelay = false
        release(index)
        if connection.tellsEnd { message.framing.endConnection() }
        hold(delayed.content, for: delayed.delay, message, on: &connection, reference)
    }

    /// Takes the youngest item out of the list of its connection.
    private mutating func unchainLast(_ index: UInt32, _ connection: inout Connection<Stream>) {
        precondition(index == connection.lastInFlight, "nothing is taken up behind a delay")
        connection.inFlight -= 1
        connection.lastInFlight = WorkItem.none
        if index == connection.firstInFlight {
            connection.firstInFlight = WorkItem.none
            return
        }
        var before = connection.firstInFlight
        while desk.link(before).next != index { before = desk.link(before).next }
        desk.chain(WorkItem.none, behind: before)
        connection.lastInFlight = before
    }

    /// An item is ready to send: sends it, and those behind it that were ready before their turn.
    mutating func finish(
        _ index: UInt32, _ connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) {
        desk.mark(index, .done)
        _ = joinDone(&connection)
        resume(&connection, reference)
    }

    /// Adds the replies that are ready, in the order of their requests, to the output of this
    /// event, up to the first that has filler to follow. Says whether there is any output now.
    mutating func joinDone(_ connection: inout Connection<Stream>) -> Bool {
        while connection.firstInFlight != WorkItem.none, connection.fillerLeft == 0 {
            let first = connection.firstInFlight
            let link = desk.link(first)
            guard link.state == .done else { break }
            let tellsEnd =
                connection.tellsEnd && link.next == WorkItem.none && connection.timed == nil
            // One borrow of the item: its reply joins the output, its length of filler and its
            // weight come back.
            var joined = ByteQueue()
            swap(&joined, &output)
            let (filler, weight) = desk.withItem(first) { item in
                if tellsEnd, let framing = item.message?.framing {
                    framing.append(item.output.bytes, endingConnectionIn: &joined)
                } else {
                    joined.append(item.output.bytes)
                }
                let weight = item.message?.weight(body: item.body.count) ?? 0
                return (item.fillerLeft, weight)
            }
            swap(&joined, &output)
            connection.fillerLeft = filler
            connection.firstInFlight = link.next
            if link.next == WorkItem.none { connection.lastInFlight = WorkItem.none }
            connection.inFlight -= 1
            connection.bytesInFlight -= weight
            release(first)
        }
        joinTimed(&connection)
        if connection.owesContinue, connection.inFlight == 0, connection.fillerLeft == 0 {
            connection.owesContinue = false
            HTTP1.ReplyEncoder.writeContinue(to: &output)
        }
        return !output.isEmpty
    }
}
