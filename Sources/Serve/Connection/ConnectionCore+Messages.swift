// Hot path
import Basis
import Platform
import Wire

extension ConnectionCore where Desk: ~Copyable, S: ~Copyable {
    /// Whether the parser must wait: a reply of before is not out yet, or workers have as many
    /// messages of the connection as they may. Each of them lets it go on when it comes back.
    @inline(always)
    func mustHoldInput(of connection: borrowing State) -> Bool {
        !connection.session.mayParse(
            unsent: connection.output.count, withWorkers: connection.bytesInFlight)
            || Desk.isDeferred && connection.inFlight > 0
                && Int(connection.inFlight) >= items.messagesPerConnection
    }

    /// Finds the messages in `input` and takes each to the desk. Returns how many bytes are done
    /// with.
    @inline(always)
    mutating func parse(
        _ input: Span<UInt8>, of connection: inout State, _ reference: ConnectionReference
    ) -> Int {
        var offset = 0
        var budget = Limit.requestsPerTurn
        connection.hasMore = true
        // With a body under way there may be an end to find where no byte is left.
        while offset < input.count || connection.session.isReceiving {
            if mustHoldInput(of: connection) {
                if !connection.session.dropsInput { return offset }
                // Behind what is refused nothing is parsed, so nothing is kept either.
                connection.hasMore = false
                return input.count
            }
            if !hasRoom {
                starve(&connection, reference)
                return offset
            }
            // Replies are sent before there are too many of them, and others have a turn.
            if budget == 0 || output.count > Limit.unsentBytes {
                list(&connection, reference)
                return offset
            }
            let step = connection.session.next(
                input, from: offset, bodyLimit: bodyLimit, scratch: &scratch, output: &output)
            switch step {
            case .needMore:
                connection.hasMore = false
                return offset
            case .message(let message, let beside, let next):
                offset = next
                budget -= 1
                endReceiving(&connection)
                // Work that holds the thread is a turn's worth: behind it others go on, and a stop
                // is noticed.
                if submit(
                    message, body: input.extracting(beside), of: &connection, reference,
                    isLast: isDraining && isLastArrived(input, endingAt: next, of: connection))
                {
                    budget = 0
                }
            case .begins(let message, let beside, let length, let awaitsContinue, let next):
                offset = next
                budget -= 1
                begin(
                    message, key: input.extracting(beside), length: length,
                    awaitsContinue: awaitsContinue, of: &connection)
            case .payload(let range, let stream, let next):
                offset = next
                if !keep(input.extracting(range), stream, of: &connection) {
                    connection.hasMore = false
                    return input.count
                }
            case .ends(let stream, let next):
                offset = next
                let isLast =
                    isDraining && isLastArrived(input, endingAt: next, of: connection)
                if finish(stream, of: &connection, reference, isLast: isLast) { budget = 0 }
            case .handled(let next):
                offset = next
                budget -= 1
            case .refused:
                connection.hasMore = false
                return input.count
            }
        }
        connection.hasMore = false
        return offset
    }

    /// Takes up a message whose payload is to come.
    @inline(never)
    private mutating func begin(
        _ message: Message, key: Span<UInt8>, length: Int, awaitsContinue: Bool,
        of connection: inout State
    ) {
        if message.route.wantsBody, !hasRoom(for: length, on: connection) {
            connection.session.reject(.noRoomForBody, stream: message.stream, input: key)
            return
        }
        var message = message
        message.limit.start(at: now)
        connection.session.begin(message, key: key)
        if connection.phase != .replying {
            connection.phase = .receiving
            connection.deadline = now + bodyTime
        }
        if awaitsContinue {
            connection.session.oweContinue(
                message.stream, isClear: connection.inFlight == 0, output: &output)
        }
    }

    /// Takes note of payload. False where there is no room for it, and no more is taken.
    @inline(never)
    private mutating func keep(
        _ payload: Span<UInt8>, _ stream: UInt32, of connection: inout State
    ) -> Bool {
        // Each byte of a body buys it time; a drip does not buy enough, and a burst buys no
        // silence. While a reply is owed, the time is the one that the peer has for taking it.
        if connection.phase == .receiving {
            let bought = Limit.bodyTimePerByte * Int64(payload.count)
            connection.deadline = min(connection.deadline + bought, now + bodyTime)
        }
        guard connection.session.keepsPayload(of: stream) else { return true }
        guard hasRoom(for: payload.count, on: connection) else {
            connection.session.reject(.noRoomForBody, stream: stream, input: payload)
            return !connection.session.dropsInput
        }
        connection.session.keep(payload, of: stream)
        return true
    }

    /// A message has arrived whole: the time of the next one is its own.
    @inline(always)
    private func endReceiving(_ connection: inout State) {
        if connection.phase == .receiving { connection.phase = .idle }
    }

    @inline(never)
    private mutating func finish(
        _ stream: UInt32, of connection: inout State, _ reference: ConnectionReference,
        isLast: Bool
    ) -> Bool {
        endReceiving(&connection)
        var body = ByteQueue()
        let message = connection.session.take(stream, body: &body)
        let hasHeldThread = submit(
            message, body: body.bytes, of: &connection, reference, isLast: isLast)
        connection.session.putBack(&body)
        return hasHeldThread
    }

    /// Takes a message to the desk; says whether work for it has held the thread.
    ///
    /// - Parameter isLast: whether a stop ends the connection behind this message.
    @inline(always)
    private mutating func submit(
        _ message: Message, body: Span<UInt8>, of connection: inout State,
        _ reference: ConnectionReference, isLast: Bool
    ) -> Bool {
        var message = message
        if isLast { message.shape.insert(.last) }
        if connection.isEarly { message.shape.insert(.early) }
        message.limit.start(at: now)
        let owner = Exchange(connection: reference, stream: message.stream)
        if plansFaults, plan(&message) {
            return submitFaulty(message, body: body, of: &connection, owner)
        }
        switch desk.submit(
            message, body: body, from: owner, mustFollow: mustFollow(on: connection),
            items: &items, tally: &tally)
        {
        case .reply(let content):
            answer(content, message, body: body, on: &connection)
        case .worked(let content, let until):
            note(until)
            answer(content, message, body: body, on: &connection)
            return true
        case .later(let delay, let route):
            message.route = route
            if delay == .zero {
                answer(Responder.late(message), message, body: body, on: &connection)
            } else {
                hold(message, for: delay, on: &connection, reference)
            }
        case .passedOn(let index):
            passedOn(index, message, body.count, of: &connection)
        case .inTime(let route):
            message.route = route
            connection.session.hold(message, until: now)
        case .published(let content, let topic):
            answer(content, message, body: body, on: &connection)
            writer.feed.notePublished(topic)
        }
        return false
    }

    /// Whether the next reply may leave only behind those that workers still make.
    @inline(always)
    func mustFollow(on connection: borrowing State) -> Bool {
        Desk.isDeferred && connection.inFlight > 0 && connection.session.isOrdered
    }

    @inline(always)
    mutating func answer(
        _ content: Content, _ message: Message, body: Span<UInt8>, on connection: inout State
    ) {
        connection.hasAnswered = true
        connection.session.reply(
            message.limit.isOver(at: now) ? Responder.overdue : content, to: message, body: body,
            writer: &writer, output: &output)
    }

    /// Holds a reply back: it is made when it is due, or when nobody waits for it any more.
    private mutating func hold(
        _ message: Message, for delay: Nanoseconds, on connection: inout State,
        _ reference: ConnectionReference
    ) {
        let due = min(now + delay, message.limit.end)
        connection.session.hold(message, until: due)
        timers.insert(reference, due: due)
    }

    /// Makes output that needs no further input.
    @inline(never)
    mutating func produce(_ connection: inout State) {
        if connection.isCut { return }
        let before = output.count
        connection.session.produce(
            at: now, isClear: connection.inFlight == 0, writer: &writer, output: &output)
        if output.count > before { connection.hasAnswered = true }
        // What begins behind a stop does not go on for ever either.
        if isDraining { connection.session.endEvents() }
        tally.note(&writer.feed)
    }

    // MARK: messages with workers

    mutating func passedOn(
        _ index: UInt32, _ message: Message, _ bodyBytes: Int, of connection: inout State
    ) {
        if connection.lastInFlight == WorkItem.none {
            connection.firstInFlight = index
        } else {
            items[connection.lastInFlight].next = index
        }
        connection.lastInFlight = index
        connection.inFlight += 1
        connection.bytesInFlight += message.weight(body: bodyBytes)
        held += bodyBytes
        connection.session.passedOn(message)
    }

    /// A worker has returned an item of this connection.
    mutating func takeBack(
        _ index: UInt32, _ connection: inout State, _ reference: ConnectionReference
    ) {
        let (message, delay) = items.withItem(index) { ($0.message, $0.delay) }
        guard let message else { preconditionFailure("an item without a message") }
        connection.session.returned(message, isYoungest: index == connection.lastInFlight)
        if message.fault.endsBehindWork { return breakOff(index, message, &connection) }
        if case .published(let topic) = message.route { writer.feed.notePublished(topic) }
        if let delay {
            drop(index, of: &connection)
            hold(message, for: delay, on: &connection, reference)
        } else if message.limit.isOver(at: now) {
            items.withItem(index) { $0.replaceOverdue(with: &writer) }
            join(index, isLastOfAll: false, of: &connection)
        } else if connection.session.isOrdered {
            items[index].state = .done
        } else {
            join(index, isLastOfAll: false, of: &connection)
        }
        if connection.session.isOrdered { joinDone(&connection) }
    }

    /// Adds the replies that are ready, in the order of their requests, to the output of this
    /// event, up to the first of which more is to follow.
    mutating func joinDone(_ connection: inout State) {
        if connection.isCut { return }
        while connection.firstInFlight != WorkItem.none, connection.session.isOrdered {
            let first = connection.firstInFlight
            let link = items[first]
            guard link.state == .done, !connection.session.isMidReply else { break }
            join(first, isLastOfAll: link.next == WorkItem.none, of: &connection)
        }
        if connection.session.mayProduce, !connection.session.isMidReply { produce(&connection) }
    }

    /// Adds a worker's reply to the output and gives its item back.
    mutating func join(
        _ index: UInt32, isLastOfAll: Bool, of connection: inout State
    ) {
        connection.hasAnswered = true
        var joined = ByteQueue()
        swap(&joined, &output)
        items.withItem(index) { item in
            connection.session.reply(
                &item, isLastOfAll: isLastOfAll, writer: &writer, output: &joined)
        }
        swap(&joined, &output)
        drop(index, of: &connection)
    }

    /// Takes an item out of the list of its connection and gives it back.
    mutating func drop(_ index: UInt32, of connection: inout State) {
        let next = items[index].next
        if index == connection.firstInFlight {
            connection.firstInFlight = next
            if next == WorkItem.none { connection.lastInFlight = WorkItem.none }
        } else {
            var before = connection.firstInFlight
            while items[before].next != index { before = items[before].next }
            items[before].next = next
            if next == WorkItem.none { connection.lastInFlight = before }
        }
        connection.inFlight -= 1
        connection.bytesInFlight -= items.withItem(index) { $0.weight }
        release(index)
    }
}
