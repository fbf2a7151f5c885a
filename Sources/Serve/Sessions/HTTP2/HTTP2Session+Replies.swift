// Hot path
import Basis
import Wire

/// Replies: a field block, then payload as far as the windows go, each stream in its turn.
extension HTTP2Session {
    // MARK: payloads of requests

    mutating func begin(_ message: Message, key: Span<UInt8>) {
        if message.limit != .none { beginCall(message) }
    }

    func keepsPayload(of stream: UInt32) -> Bool {
        guard let slot = streams.find(stream) else { return false }
        return streams[slot].message?.route.wantsBody == true || streams[slot].call == .bidi
    }

    mutating func keep(_ payload: Span<UInt8>, of stream: UInt32) {
        guard let slot = streams.find(stream) else { return }
        switch streams[slot].call {
        case .clientStream: keepCount(of: payload, slot)
        case .bidi: echo(payload, slot)
        default:
            if streams[slot].body.storageBytes == 0 { swap(&streams[slot].body, &spare) }
            streams[slot].body.append(payload)
            holding += payload.count
        }
    }

    mutating func oweContinue(_ stream: UInt32, isClear: Bool, output: inout ByteQueue) {
        replies.writeContinue(stream, to: &output)
    }

    mutating func take(_ stream: UInt32, body: inout ByteQueue) -> Message {
        guard let slot = streams.find(stream), let message = streams[slot].message.take() else {
            preconditionFailure("a request ended that did not begin")
        }
        receiving -= 1
        holding -= streams[slot].body.count
        swap(&body, &streams[slot].body)
        streams[slot].state = .asked
        return whole(message, slot)
    }

    mutating func putBack(_ body: inout ByteQueue) {
        body.keepLittle()
        swap(&body, &spare)
    }

    // MARK: replies of this thread

    mutating func reply(
        _ content: Content, to message: Message, body: Span<UInt8>, writer: inout ReplyWriter,
        output: inout ByteQueue
    ) {
        made.removeAll()
        let head = writer.writePayload(content, answering: message, body: body, to: &made)
        answer(head, message, writer.date, &output)
    }

    /// Sends a reply, the payload of which is in `made` as far as that is made.
    @inline(always)
    private mutating func answer(
        _ head: ReplyHead, _ message: Message, _ date: borrowing HTTPDate,
        _ output: inout ByteQueue
    ) {
        if let status = head.call {
            answerCall(head, status, message, &output)
        } else {
            writeHead(head, message, date, &output)
            start(head, message.stream, &output)
        }
    }

    private mutating func writeHead(
        _ head: ReplyHead, _ message: Message, _ date: borrowing HTTPDate,
        _ output: inout ByteQueue
    ) {
        let ends = message.shape.contains(.headOnly) || head.length == 0
        replies.write(
            head.status, contentType: head.contentType, allowed: head.allowed,
            length: head.status.isBodyless ? nil : UInt64(head.length), date: date,
            stream: message.stream, endStream: ends, to: &output)
    }

    /// Sends what can be sent of the payload in `made` and behind it, and keeps the rest.
    mutating func start(
        _ head: ReplyHead, _ id: UInt32, _ output: inout ByteQueue
    ) {
        var slot = id == fresh ? nil : streams.find(id)
        fresh = 0
        let window = slot.map { streams[$0].sendWindow } ?? HTTP2.Window(peer.initialWindowSize)
        let room = min(window.bytes, sendWindow.bytes, Int(peer.maxFrameSize))
        if head.source.isEmpty, made.isEmpty || made.count <= room {
            if !made.isEmpty {
                HTTP2.FrameWriter.data(
                    stream: id, made.bytes, endStream: head.call == nil, to: &output)
                sendWindow.spend(made.count)
                budget.count(payload: made.count)
                hasSentPayload = true
            }
            if let slot, head.call != nil {
                endCall(slot, &output)
            } else {
                end(id, slot, &output)
            }
            return
        }
        let place = slot ?? streams.add(id, sendWindow: window)
        slot = place
        swap(&made, &streams[place].data)
        made.keepLittle()
        holding += streams[place].data.count
        streams[place].source = head.source
        streams[place].state = .replying
        replying += 1
        emit(place, &output)
    }

    /// A reply is out whole.
    mutating func end(_ id: UInt32, _ slot: Int?, _ output: inout ByteQueue) {
        budget.served()
        guard let slot else {
            closed.note(id, .ended)
            return
        }
        let awaitsEnd = streams[slot].awaitsEnd
        // §8.1: the rest of the request is not needed.
        if awaitsEnd { HTTP2.FrameWriter.resetStream(id, .none, to: &output) }
        drop(slot, awaitsEnd ? .resetByUs : .ended)
    }

    /// One frame of a reply's payload, as large as the windows let it be.
    mutating func emit(_ slot: Int, _ output: inout ByteQueue) {
        let id = streams[slot].id
        let room = min(
            streams[slot].sendWindow.bytes, sendWindow.bytes, Int(peer.maxFrameSize),
            Limit.http2FrameBytes)
        let inHand = streams[slot].data.count
        let left = inHand > 0 ? inHand : Int(streams[slot].source.left)
        let count = min(room, left)
        if count <= 0 { return }
        let isAll = count == left && (inHand == 0 || streams[slot].source.isEmpty)
        let isLast = isAll && streams[slot].call == nil && streams[slot].isMade
        if inHand > 0 {
            HTTP2.FrameWriter.data(
                stream: id, streams[slot].data.bytes.extracting(first: count), endStream: isLast,
                to: &output)
            streams[slot].data.consume(count)
            holding -= count
        } else {
            HTTP2.FrameWriter.header(
                length: count, .data, isLast ? .endStream : .none, stream: id, to: &output)
            streams[slot].source.make(into: &output, atMost: count)
        }
        streams[slot].sendWindow.spend(count)
        sendWindow.spend(count)
        budget.count(payload: count)
        hasSentPayload = true
        if streams[slot].call != nil {
            sentMessages(slot, count, isAll: isAll, &output)
        } else if isAll, !isLast {
            pause(slot)
        } else if isLast {
            replying -= 1
            streams[slot].state = .asked
            end(id, slot, &output)
        }
    }

    // MARK: replies of workers

    mutating func passedOn(_ message: Message) {
        guard let slot = place(of: message.stream) else { return }
        streams[slot].state = .withWorker
    }

    /// The slot of a stream that is under way, be it a new one.
    private mutating func place(of id: UInt32) -> Int? {
        if id != fresh { return streams.find(id) }
        fresh = 0
        return streams.add(id, sendWindow: HTTP2.Window(peer.initialWindowSize))
    }

    mutating func returned(_ message: Message, isYoungest: Bool) {}

    mutating func reply(
        _ item: inout WorkItem, isLastOfAll: Bool, writer: inout ReplyWriter,
        output: inout ByteQueue
    ) {
        guard let message = item.message, let slot = streams.find(message.stream),
            !dropIfAbandoned(slot)
        else { return }
        streams[slot].state = .asked
        made.removeAll()
        swap(&made, &item.output)
        answer(item.head, message, writer.date, &output)
        swap(&made, &item.output)
    }

    mutating func hold(_ message: Message, until due: Instant) {
        guard let slot = place(of: message.stream), !dropIfAbandoned(slot) else { return }
        streams[slot].message = message
        streams[slot].state = .held(until: due)
        holdingBack += 1
    }

    /// Forgets a stream that was reset while a worker had its message.
    private mutating func dropIfAbandoned(_ slot: Int) -> Bool {
        guard case .abandoned = streams[slot].state else { return false }
        drop(slot, .ended)
        return true
    }

    // MARK: output without input

    /// Whether payload of a reply can go.
    var canProduce: Bool { replying > 0 && sendWindow.bytes > 0 && hasOpenWindow }

    private var hasOpenWindow: Bool {
        for slot in streams.indices {
            if case .replying = streams[slot].state, streams[slot].sendWindow.bytes > 0 {
                return true
            }
        }
        return false
    }

    @inline(always)
    var mayProduce: Bool {
        if replying == 0, holdingBack == 0, refusing == 0, ending != .due {
            return nextDue != .distantFuture
        }
        return holdingBack > 0 || refusing > 0 || ending == .due || canProduce
            || nextDue != .distantFuture
    }

    @inline(never)
    mutating func produce(
        at now: Instant, isClear: Bool, writer: inout ReplyWriter, output: inout ByteQueue
    ) {
        if ending == .due { sayGoodbye(&output) }
        if failure != nil { return }
        if nextDue <= now || writer.feed.isWatching {
            answerTimely(at: now, feed: &writer.feed, output: &output)
        }
        if holdingBack > 0 || refusing > 0 { answerDue(at: now, writer: &writer, output: &output) }
        // A round of frames, one a stream, until there is a good piece to send.
        let count = streams.indices.count
        var idle = 0
        while replying > 0, idle < count, output.count < Limit.fillerPieceBytes {
            let slot = nextToProduce % count
            nextToProduce = slot + 1
            let before = output.count
            if case .replying = streams[slot].state {
                if streams[slot].events != nil {
                    emitEvents(slot, at: now, &writer, &output)
                } else if !takeUp(slot, at: now, &output) {
                    emit(slot, &output)
                }
            }
            idle = output.count == before ? idle + 1 : 0
        }
    }

    private mutating func answerDue(
        at now: Instant, writer: inout ReplyWriter, output: inout ByteQueue
    ) {
        for slot in streams.indices {
            switch streams[slot].state {
            case .held(let due) where due <= now:
                guard let message = streams[slot].message.take() else { continue }
                holdingBack -= 1
                streams[slot].state = .asked
                if beginsEvents(message, slot, at: now, &writer, &output) { continue }
                reply(
                    message.limit.isOver(at: now) ? Responder.overdue : Responder.late(message),
                    to: message, body: Span(), writer: &writer, output: &output)
            case .refused(let status):
                refusing -= 1
                streams[slot].state = .asked
                replies.write(
                    status, contentType: nil, allowed: nil, length: 0, date: writer.date,
                    stream: streams[slot].id, endStream: true, to: &output)
                end(streams[slot].id, slot, &output)
            case .failed(let fault):
                refusing -= 1
                streams[slot].state = .asked
                replies.writeCallFailure(
                    fault.status, fault.reason.span, accepts: fault == .unknownEncoding,
                    stream: streams[slot].id, to: &output)
                end(streams[slot].id, slot, &output)
            default: continue
            }
        }
    }
}
