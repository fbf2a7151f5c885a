import Basis
import Wire

/// Requests: field blocks and payloads.
extension HTTP2Session {
    /// A whole field block has come: of a request, or trailers.
    mutating func takeBlock(
        _ id: UInt32, _ fragment: Span<UInt8>, endStream isWhole: Bool, next: Int,
        bodyLimit: UInt64, fields: inout HTTP2.RequestFields, output: inout ByteQueue
    ) throws(HTTP2.Failure) -> Step {
        let slot = id > lastID ? nil : streams.find(id)
        if slot == nil, isWhole, let message = known.message(of: fragment, stream: id) {
            budget.count(payload: fragment.count)
            guard try begin(id) else { return .handled(next: next) }
            fresh = id
            return .message(message, beside: 0..<0, next: next)
        }
        // §4.3: decoded whatever becomes of it, for the tables of both ends are one.
        fields.begin(slot == nil ? .head : .trailers)
        let summary = try decoder.decode(fragment, into: &fields)
        if summary.changedTable { known.forget() }
        budget.count(payload: fragment.count)
        if let slot {
            return try takeTrailers(
                slot, endStream: isWhole, next: next, fields: &fields, output: &output)
        }
        guard try begin(id) else { return .handled(next: next) }
        // What is too long was not read to its end, so there is nothing to say of the rest.
        if summary.isOversized {
            refuse(id, .requestHeaderFieldsTooLarge, isWhole: isWhole)
            return .handled(next: next)
        }
        try fields.conclude(stream: id)
        if let refusal = fields.refusal {
            refuse(id, refusal.status, isWhole: isWhole)
            return .handled(next: next)
        }
        if let length = fields.contentLength {
            if isWhole, length > 0 {
                throw HTTP2.Failure(.protocol, .stream(id), "no payload follows its content-length")
            }
            if length > bodyLimit, !fields.isCall {
                refuse(id, .contentTooLarge, isWhole: isWhole)
                return .handled(next: next)
            }
        }
        if fields.isCall { return takeCall(id, fields, isWhole: isWhole, next: next) }
        let step = take(id, fields, isWhole: isWhole, next: next)
        if !summary.changedTable, case .message(let message, _, _) = step {
            known.note(message, of: fragment)
        }
        return step
    }

    /// A stream of the peer begins; false where it is passed over.
    private mutating func begin(_ id: UInt32) throws(HTTP2.Failure) -> Bool {
        try checkNew(id)
        lastID = id
        // §6.8: begun behind the last GOAWAY.
        if ending == .said { return false }
        if streams.count >= Limit.http2Streams {
            throw HTTP2.Failure(.refusedStream, .stream(id), "more streams than were allowed")
        }
        return true
    }

    /// A further piece of a field block.
    @inline(never)
    mutating func takeContinuation(
        _ id: UInt32, _ fragment: Span<UInt8>, endHeaders: Bool, next: Int, bodyLimit: UInt64,
        fields: inout HTTP2.RequestFields, output: inout ByteQueue
    ) throws(HTTP2.Failure) -> Step {
        block.append(fragment)
        guard endHeaders else { return .handled(next: next) }
        var whole = ByteQueue()
        swap(&whole, &block)
        return try takeBlock(
            id, whole.bytes, endStream: blockEndsStream, next: next, bodyLimit: bodyLimit,
            fields: &fields, output: &output)
    }

    /// §5.1.1: identifiers of a client are odd and rise.
    private func checkNew(_ id: UInt32) throws(HTTP2.Failure) {
        if id & 1 == 0 {
            throw HTTP2.Failure(.protocol, .connection, "a client's streams have odd numbers")
        }
        if id > lastID { return }
        switch closed.kind(of: id) {
        case .resetByUs: throw HTTP2.Failure(.streamClosed, .stream(id), "the stream was reset")
        case .ended: throw HTTP2.Failure(.streamClosed, .connection, "the stream has ended")
        case nil:
            throw HTTP2.Failure(.protocol, .connection, "a stream's number is not above the last")
        }
    }

    private mutating func takeTrailers(
        _ slot: Int, endStream: Bool, next: Int, fields: inout HTTP2.RequestFields,
        output: inout ByteQueue
    ) throws(HTTP2.Failure) -> Step {
        let id = streams[slot].id
        guard streams[slot].awaitsEnd else {
            if case .abandoned = streams[slot].state { return .handled(next: next) }
            throw HTTP2.Failure(.streamClosed, .stream(id), "the request has ended already")
        }
        // §8.1.
        guard endStream else {
            throw HTTP2.Failure(.protocol, .stream(id), "a second head that ends nothing")
        }
        try fields.conclude(stream: id)
        return try endRequest(slot, next: next, output: &output)
    }

    private mutating func take(
        _ id: UInt32, _ fields: borrowing HTTP2.RequestFields, isWhole: Bool, next: Int
    ) -> Step {
        var route = Route(fields.method, path: fields.path, query: fields.query)
        var message = Message(route: route, stream: id, shape: .framedBySession)
        if fields.method == .head { message.shape.insert(.headOnly) }
        let key: Span<UInt8>
        switch route {
        case .subscribe(var subscription, let place):
            subscription.noteLastEventID(fields.lastEventID)
            route = .subscribe(subscription, place)
            message.route = route
            key = fields.query.extracting(place.range(behind: 0))
        case .publish(let place): key = fields.path.extracting(place.range(behind: 0))
        default: key = route.wantsKey ? fields.idempotencyKey : Span()
        }
        message.keyCount = UInt16(truncatingIfNeeded: key.count)
        if isWhole, key.isEmpty {
            fresh = id
            return .message(message, beside: 0..<0, next: next)
        }
        let slot = streams.add(id, sendWindow: HTTP2.Window(peer.initialWindowSize))
        streams[slot].state = .receiving
        streams[slot].awaitsEnd = !isWhole
        streams[slot].message = message
        streams[slot].promised = fields.contentLength
        streams[slot].body.append(key)
        holding += key.count
        receiving += 1
        if isWhole { return .ends(stream: id, next: next) }
        return .begins(
            message, beside: 0..<0, length: Int(clamping: fields.contentLength ?? 0),
            awaitsContinue: fields.expectsContinue, next: next)
    }

    mutating func takeData(
        _ id: UInt32, _ payload: Range<Int>, _ flowBytes: UInt32, endStream: Bool, next: Int,
        bodyLimit: UInt64, output: inout ByteQueue
    ) throws(HTTP2.Failure) -> Step {
        try takeFlow(flowBytes, output: &output)
        try budget.data(bytes: payload.count, endStream: endStream)
        budget.count(payload: payload.count)
        try budget.count(overhead: Int(flowBytes) - payload.count)
        guard let slot = streams.find(id) else {
            if try isLate(id, "DATA for a stream that was never begun (RFC 9113 5.1)") {
                return .handled(next: next)
            }
            throw HTTP2.Failure(.streamClosed, .stream(id), "the stream has ended")
        }
        switch streams[slot].state {
        case .abandoned: return .handled(next: next)
        case .refused, .failed:
            if endStream { streams[slot].awaitsEnd = false }
            return .handled(next: next)
        case .receiving: break
        case _ where streams[slot].awaitsEnd:
            return try takeBesideReply(
                slot, payload, flowBytes, endStream: endStream, next: next, output: &output)
        default:
            throw HTTP2.Failure(.streamClosed, .stream(id), "the request has ended already")
        }
        try streams[slot].receiveWindow.take(flowBytes, .stream(id))
        streams[slot].received += UInt64(payload.count)
        if let promised = streams[slot].promised, streams[slot].received > promised {
            throw HTTP2.Failure(.protocol, .stream(id), "more payload than its content-length")
        }
        if streams[slot].received > payloadLimit(slot, bodyLimit) {
            refuse(slot, .contentTooLarge, .tooLarge)
            return .handled(next: next)
        }
        if endStream {
            let step = try endRequest(slot, next: next, output: &output)
            if payload.isEmpty { return step }
            endsNext = id
        } else {
            streams[slot].receiveWindow.giveBack(flowBytes)
            if let increment = streams[slot].receiveWindow.update() {
                HTTP2.FrameWriter.windowUpdate(stream: id, increment: increment, to: &output)
            }
        }
        return payload.isEmpty
            ? .handled(next: next) : .payload(payload, stream: id, next: next)
    }

    /// The peer has ended its half of a stream.
    private mutating func endRequest(
        _ slot: Int, next: Int, output: inout ByteQueue
    ) throws(HTTP2.Failure) -> Step {
        let id = streams[slot].id
        streams[slot].awaitsEnd = false
        guard case .receiving = streams[slot].state else {
            concludeEcho(slot, &output)
            return .handled(next: next)
        }
        // §8.1.1.
        if let promised = streams[slot].promised, streams[slot].received != promised {
            throw HTTP2.Failure(.protocol, .stream(id), "less payload than its content-length")
        }
        return .ends(stream: id, next: next)
    }

    // MARK: refusals

    /// Answers a request with a status before it is whole, or without asking the core.
    private mutating func refuse(_ id: UInt32, _ status: HTTP.Status, isWhole: Bool) {
        let slot = streams.add(id, sendWindow: HTTP2.Window(peer.initialWindowSize))
        streams[slot].awaitsEnd = !isWhole
        streams[slot].state = .refused(status)
        refusing += 1
    }

    /// - Parameter fault: the same, if it is a call.
    mutating func refuse(_ slot: Int, _ status: HTTP.Status, _ fault: GRPC.Fault) {
        // What was told last may have been the end.
        if endsNext == streams[slot].id { endsNext = nil }
        receiving -= 1
        holding -= streams[slot].body.count
        streams[slot].body.releaseStorage()
        streams[slot].state = streams[slot].call == nil ? .refused(status) : .failed(fault)
        refusing += 1
    }
}
