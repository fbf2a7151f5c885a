// Hot path
import Basis
import Wire

/// Calls of gRPC: requests whose payload is messages and whose status comes last.
extension HTTP2Session {
    // MARK: requests

    mutating func takeCall(
        _ id: UInt32, _ fields: borrowing HTTP2.RequestFields, isWhole: Bool, next: Int
    ) -> Step {
        let slot = streams.add(id, sendWindow: HTTP2.Window(peer.initialWindowSize))
        streams[slot].awaitsEnd = !isWhole
        guard let method = GRPC.Method(path: fields.path) else {
            return fail(slot, .unknownMethod, next: next)
        }
        if fields.mayCompress { return fail(slot, .unknownEncoding, next: next) }
        if fields.grpcTimeout == .malformed { return fail(slot, .badTimeout, next: next) }
        streams[slot].call = method
        var message = Message(route: .call(Call(method)), stream: id, shape: .framedBySession)
        if case .within(let span) = fields.grpcTimeout { message.limit = .within(span) }
        if isWhole || method == .bidi {
            streams[slot].state = .asked
            return .message(message, beside: 0..<0, next: next)
        }
        streams[slot].message = message
        streams[slot].promised = fields.contentLength
        streams[slot].state = .receiving
        receiving += 1
        return .begins(
            message, beside: 0..<0, length: Int(clamping: fields.contentLength ?? 0),
            awaitsContinue: fields.expectsContinue, next: next)
    }

    private mutating func fail(_ slot: Int, _ fault: GRPC.Fault, next: Int) -> Step {
        streams[slot].state = .failed(fault)
        refusing += 1
        return .handled(next: next)
    }

    /// How much payload a request may have: a call of one message not much more than that, one of
    /// many whatever it likes.
    func payloadLimit(_ slot: Int, _ bodyLimit: UInt64) -> UInt64 {
        switch streams[slot].call {
        case nil: bodyLimit
        case .clientStream, .bidi: .max
        case .unary, .serverStream, .healthCheck:
            min(bodyLimit, UInt64(GRPC.Limit.messageBytes + GRPC.Limit.prefixBytes))
        }
    }

    /// Payload of a request while it is being answered, or has been but for its end.
    mutating func takeBesideReply(
        _ slot: Int, _ payload: Range<Int>, _ flowBytes: UInt32, endStream: Bool, next: Int,
        output: inout ByteQueue
    ) throws(HTTP2.Failure) -> Step {
        let id = streams[slot].id
        try streams[slot].receiveWindow.take(flowBytes, .stream(id))
        let echoes = streams[slot].echoes
        // What goes back is given back when it has gone, which bounds what waits here.
        giveBack(slot, flowBytes - (echoes ? UInt32(payload.count) : 0), &output)
        if endStream { streams[slot].awaitsEnd = false }
        if !echoes { return .handled(next: next) }
        if endStream, payload.isEmpty { concludeEcho(slot, &output) }
        return payload.isEmpty ? .handled(next: next) : .payload(payload, stream: id, next: next)
    }

    private mutating func giveBack(_ slot: Int, _ bytes: UInt32, _ output: inout ByteQueue) {
        if bytes == 0 { return }
        streams[slot].receiveWindow.giveBack(bytes)
        if let increment = streams[slot].receiveWindow.update() {
            HTTP2.FrameWriter.windowUpdate(
                stream: streams[slot].id, increment: increment, to: &output)
        }
    }

    /// Counts messages instead of keeping them.
    mutating func keepCount(of payload: Span<UInt8>, _ slot: Int) {
        count(payload, slot)
        if let fault = streams[slot].fault { refuse(slot, .badRequest, fault) }
    }

    private mutating func count(_ payload: Span<UInt8>, _ slot: Int) {
        var at = 0
        while true {
            switch streams[slot].reader.next(payload, from: at) {
            case .needMore: return
            case .piece(let range, let endsMessage):
                at = range.upperBound
                streams[slot].counts.bytes &+= UInt64(range.count)
                if endsMessage { streams[slot].counts.messages &+= 1 }
            case .fault(let fault):
                streams[slot].fault = fault
                return
            }
        }
    }

    /// What is asked of the desk, once the request is whole.
    func whole(_ message: Message, _ slot: Int) -> Message {
        var message = message
        if case .call(.clientStream) = message.route {
            message.route = .call(
                streams[slot].reader.isMidMessage
                    ? .faulty(.cutOff) : .clientStream(streams[slot].counts))
        }
        return message
    }

    // MARK: replies

    /// Sends the beginning of a call's answer: its head and what is made of it in `made`.
    mutating func answerCall(
        _ head: ReplyHead, _ status: GRPC.Status, _ message: Message, _ output: inout ByteQueue
    ) {
        guard let slot = streams.find(message.stream) else { return }
        if status != .ok {
            var text = ByteQueue()
            swap(&text, &made)
            replies.writeCallFailure(
                status, text.bytes, accepts: false, stream: message.stream, to: &output)
            text.removeAll()
            swap(&text, &made)
            end(message.stream, slot, &output)
            return
        }
        defer { if streams[slot].id == message.stream { noteDeadline(message.limit.end, slot) } }
        replies.writeCallHead(message.stream, to: &output)
        streams[slot].messages = head.messages
        if streams[slot].call == .bidi {
            // What has come meanwhile lies here.
            streams[slot].state = .replying
            replying += 1
            if streams[slot].data.isEmpty { rest(slot, &output) }
            return
        }
        if !head.messages.isEmpty {
            streams[slot].state = .replying
            replying += 1
            if !head.messages.isTimed { refill(slot, at: Instant(raw: 0)) }
            emit(slot, &output)
            return
        }
        start(head, message.stream, &output)
    }

    private mutating func noteDeadline(_ deadline: Instant, _ slot: Int) {
        streams[slot].deadline = deadline
        nextDue = min(nextDue, deadline)
    }

    /// A call has begun whose messages are to come.
    mutating func beginCall(_ message: Message) {
        guard let slot = streams.find(message.stream) else { return }
        streams[slot].message = message
        noteDeadline(message.limit.end, slot)
    }

    /// Ends a call behind its last message.
    mutating func endCall(_ slot: Int, _ output: inout ByteQueue) {
        let id = streams[slot].id
        let fault =
            streams[slot].fault ?? (streams[slot].reader.isMidMessage ? .cutOff : nil)
        if let fault {
            replies.writeCallTrailers(fault.status, fault.reason.span, stream: id, to: &output)
        } else {
            replies.writeCallTrailers(.ok, Span(), stream: id, to: &output)
        }
        end(id, slot, &output)
    }

    /// Makes messages that are due, as many as one frame takes.
    private mutating func refill(_ slot: Int, at now: Instant) {
        let before = streams[slot].data.count
        streams[slot].makeMessages(at: now)
        holding += streams[slot].data.count - before
    }

    /// So many bytes of a call's messages have gone; `isAll` if no more are in hand.
    mutating func sentMessages(
        _ slot: Int, _ count: Int, isAll: Bool, _ output: inout ByteQueue
    ) {
        if streams[slot].echoes { giveBack(slot, UInt32(count), &output) }
        if !isAll || !streams[slot].messages.isEmpty && !streams[slot].messages.isTimed { return }
        rest(slot, &output)
    }

    /// A call's turn has come; says whether it has nothing to send in it.
    mutating func takeUp(_ slot: Int, at now: Instant, _ output: inout ByteQueue) -> Bool {
        if streams[slot].call == nil { return false }
        refill(slot, at: now)
        if !streams[slot].data.isEmpty || !streams[slot].source.isEmpty { return false }
        rest(slot, &output)
        return true
    }

    /// A stream that is being answered has nothing in hand.
    private mutating func rest(_ slot: Int, _ output: inout ByteQueue) {
        replying -= 1
        if !streams[slot].messages.isEmpty {
            streams[slot].state = .pausing
            nextDue = min(nextDue, streams[slot].messages.due)
        } else if streams[slot].echoes {
            streams[slot].state = .listening
        } else {
            streams[slot].state = .asked
            endCall(slot, &output)
        }
    }

    /// The peer has sent the last of what is to go back.
    mutating func concludeEcho(_ slot: Int, _ output: inout ByteQueue) {
        guard case .listening = streams[slot].state else { return }
        streams[slot].state = .asked
        endCall(slot, &output)
    }

    /// Keeps messages that are to go back.
    mutating func echo(_ payload: Span<UInt8>, _ slot: Int) {
        count(payload, slot)
        if streams[slot].fault == nil {
            streams[slot].data.append(payload)
            holding += payload.count
        }
        wake(slot)
    }

    /// Takes no more of a stream whose messages go back.
    mutating func breakOff(_ slot: Int, _ fault: GRPC.Fault) {
        streams[slot].fault = fault
        wake(slot)
    }

    /// A stream that waited for its peer has something to say.
    private mutating func wake(_ slot: Int) {
        guard case .listening = streams[slot].state else { return }
        streams[slot].state = .replying
        replying += 1
    }

    // MARK: time

    /// Ends the calls that are over, and goes on with the replies whose next piece is due.
    mutating func answerTimely(
        at now: Instant, feed: inout EventFeed, output: inout ByteQueue
    ) {
        nextDue = .distantFuture
        for slot in streams.indices {
            switch streams[slot].state {
            case .receiving, .replying, .pausing, .listening: break
            default: continue
            }
            if streams[slot].deadline <= now {
                expire(slot, &output)
                continue
            }
            nextDue = min(nextDue, streams[slot].deadline)
            guard case .pausing = streams[slot].state else { continue }
            if streams[slot].due <= now || hasNews(slot, at: now, &feed) {
                streams[slot].state = .replying
                replying += 1
            } else {
                nextDue = min(nextDue, streams[slot].due)
            }
        }
    }

    /// The deadline of a call has passed: what is not sent yet is of no use.
    private mutating func expire(_ slot: Int, _ output: inout ByteQueue) {
        if case .receiving = streams[slot].state {
            refuse(slot, .requestTimeout, .overdue)
            return
        }
        if case .replying = streams[slot].state { replying -= 1 }
        streams[slot].state = .asked
        streams[slot].fault = .overdue
        endCall(slot, &output)
    }
}

extension HTTP2.RequestFields {
    /// Whether it is a call of gRPC (the protocol, "Requests").
    var isCall: Bool { isGRPC && method == .post }
}
