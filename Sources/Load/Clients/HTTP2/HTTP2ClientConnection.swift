// Hot path
import Basis
import Wire

/// The client's end of one HTTP/2 connection.
struct HTTP2ClientConnection<Exchange: HTTP2Exchange>: ~Copyable {
    /// One request under way.
    struct Stream: BitwiseCopyable {
        /// 0 where none is.
        var id: UInt32 = 0
        var status: UInt16 = 0
        /// When the first head of the answer came, an interim one, too.
        var began = Instant.distantFuture
        /// What `content-length` said, and what has come.
        var promised: UInt64?
        var received: UInt64 = 0
        /// How much of our payload is written.
        var sent: UInt32 = 0
        var sendWindow = HTTP2.Window(0)
        /// What we let the server send.
        var receiveWindow = HTTP2.ReceiveWindow(Limit.http2Window)

        /// Payload of the request is still to be written.
        var isSending = false
        /// Which of several kinds the request is.
        var kind: UInt8 = 0
        var exchange = Exchange()
    }

    /// Payload of an answer that has parts left to tell. The frame is read again for each of them
    /// but the last.
    private struct Unread: BitwiseCopyable {
        let slot: Int
        /// Where the frame begins and ends, and where its payload goes on and ends.
        let start: Int
        let next: Int
        var at: Int
        let end: Int
        let endStream: Bool
    }

    var output = ByteQueue()
    private var frames = HTTP2.FrameReader(role: .client)
    private var decoder = HPACKDecoder()
    var heads = HTTP2RequestEncoder()
    var peer = HTTP2.Settings()
    var sendWindow = HTTP2.Window()
    private var receiveWindow = HTTP2.ReceiveWindow()
    var streams: [Stream]
    let capacity: Int
    /// One less than the power of two that `capacity` fits in.
    private let slotMask: Int
    var underWay = 0
    /// The server has sent a frame.
    private var hasHeard = false
    var nextID: UInt32
    /// Streams whose payload waits for a window.
    var blocked = 0

    /// Payloads of their own that wait for a window, by the slots of their streams.
    var ownBodies: [Int: [UInt8]] = [:]

    /// A field block that came in several frames.
    private var pieces = ByteQueue()
    private var piecesEndStream = false
    private var known = HTTP2KnownBlocks()
    private var unread: Unread?

    /// What the server's GOAWAY said.
    var farewell: (last: UInt32, code: HTTP2.ErrorCode)?
    private var hasToldFarewell = false

    /// - Parameters:
    ///   - capacity: requests under way at most.
    ///   - firstID: the number of the first stream.
    init(capacity: Int, firstID: UInt32 = 1) {
        self.capacity = capacity
        nextID = firstID
        var mask = 0
        while mask + 1 < capacity { mask = 2 * mask + 1 }
        slotMask = mask
        streams = Array(repeating: Stream(), count: capacity)
        HTTP2.FrameWriter.clientPreface(to: &output)
        let settings: [2 of HTTP2.Setting] = [
            HTTP2.Setting(.enablePush, 0), HTTP2.Setting(.initialWindowSize, Limit.http2Window),
        ]
        HTTP2.FrameWriter.settings(settings.span, to: &output)
        let more = Limit.http2Window - HTTP2.Limit.initialWindow
        HTTP2.FrameWriter.windowUpdate(stream: 0, increment: more, to: &output)
        receiveWindow.shift(by: Int64(more))
    }

    // MARK: answers

    mutating func receive(
        _ input: Span<UInt8>, from start: Int, _ requests: some HTTP2Requests,
        _ facts: inout HTTP2AnswerFacts
    ) -> ClientEvent {
        var offset = start
        if Exchange.hasParts, let rest = unread {
            do throws(HTTP2.Failure) {
                if let event = try readOn(input) { return event }
            } catch {
                return .violation(Violation(.frames(error), at: offset))
            }
            offset = rest.next
        }
        while true {
            if hasNoMoreNumbers { return sayLast(end: offset) }
            switch frames.next(input, from: offset) {
            case .needMore: return .needMore(keepFrom: offset)
            case .frame(let frame, let next):
                hasHeard = true
                do throws(HTTP2.Failure) {
                    if let event = try take(frame, input, offset, next, requests, &facts) {
                        return event
                    }
                } catch {
                    return .violation(Violation(.frames(error), at: offset))
                }
                offset = next
            case .skipped(let next), .preface(let next): offset = next
            case .streamFault(let failure, _, _):
                return .violation(Violation(.frames(failure), at: offset))
            case .failure(let failure):
                let isOther = !hasHeard && input[offset] == UInt8(ascii: "H")
                return .violation(
                    Violation(isOther ? .otherProtocol : .frames(failure), at: offset))
            }
        }
    }

    @inline(always)
    private mutating func take(
        _ frame: HTTP2.Frame, _ input: Span<UInt8>, _ offset: Int, _ next: Int,
        _ requests: some HTTP2Requests, _ facts: inout HTTP2AnswerFacts
    ) throws(HTTP2.Failure) -> ClientEvent? {
        switch frame {
        case .headers(let stream, let fragment, let endStream, true):
            return try takeBlock(
                stream, fragment.bytes(of: input), endStream, next, requests, &facts)
        case .data(let stream, let payload, let flowBytes, let endStream):
            return try takeData(stream, input, payload.range, flowBytes, endStream, offset, next)
        case .headers(_, let fragment, let endStream, false):
            pieces.append(fragment.bytes(of: input))
            piecesEndStream = endStream
        case .continuation(let stream, let fragment, let endHeaders):
            pieces.append(fragment.bytes(of: input))
            if endHeaders { return try takePieces(stream, next, requests, &facts) }
        case .resetStream(let stream, let code): return takeReset(stream, code, next)
        case .settings(let parameters): try takeSettings(parameters.bytes(of: input), requests)
        case .ping(let opaque):
            guard output.count < Limit.http2Output else {
                throw HTTP2.Failure(
                    .enhanceYourCalm, .connection, "more pings than it reads answers to")
            }
            HTTP2.FrameWriter.ping(opaque, isAck: true, to: &output)
        case .goAway(let last, let code, _):
            farewell = (min(last, farewell?.last ?? last), code)
            return takeFarewell(from: offset, next: next)
        case .windowUpdate(let stream, let increment):
            try takeWindowUpdate(stream, increment)
            refill(requests)
        case .settingsAck, .pingAck, .ignored: break
        }
        return nil
    }

    /// Where a stream is, unless older ones are in the way: identifiers rise by two.
    @inline(always)
    func usualSlot(_ id: UInt32) -> Int {
        let place = Int(id >> 1) & slotMask
        return place < capacity ? place : place &- capacity
    }

    @inline(always)
    func following(_ slot: Int) -> Int { slot &+ 1 == capacity ? 0 : slot &+ 1 }

    @inline(always)
    private func find(_ id: UInt32) -> Int? {
        var slot = usualSlot(id)
        for _ in 0..<capacity {
            if streams[slot].id == id { return slot }
            slot = following(slot)
        }
        return nil
    }

    /// The slot of a stream that a frame names; nil where it has ended, which a peer may not know.
    private func known(_ id: UInt32) throws(HTTP2.Failure) -> Int? {
        guard id & 1 == 1, id < nextID else {
            throw HTTP2.Failure(
                .protocol, .connection, "a frame of a stream that was never begun (RFC 9113 5.1)")
        }
        return find(id)
    }

    /// The last piece of a field block has come.
    @inline(never)
    private mutating func takePieces(
        _ id: UInt32, _ next: Int, _ requests: some HTTP2Requests, _ facts: inout HTTP2AnswerFacts
    ) throws(HTTP2.Failure) -> ClientEvent? {
        var whole = ByteQueue()
        swap(&whole, &pieces)
        return try takeBlock(id, whole.bytes, piecesEndStream, next, requests, &facts)
    }

    @inline(always)
    private mutating func takeBlock(
        _ id: UInt32, _ block: Span<UInt8>, _ endStream: Bool, _ next: Int,
        _ requests: some HTTP2Requests, _ facts: inout HTTP2AnswerFacts
    ) throws(HTTP2.Failure) -> ClientEvent? {
        let slot = try known(id)
        if let slot, streams[slot].status != 0 {
            let last = try decode(.trailers, block, id, endStream, &facts)
            return last == nil ? nil : try finish(slot, next, last ?? HTTP2BlockFacts())
        }
        if let slot { streams[slot].began = min(streams[slot].began, facts.now) }
        guard let head = try decode(.head, block, id, endStream, &facts), let slot else {
            return nil
        }
        streams[slot].status = head.status
        let hasPayload = !requests.answersHead && head.status != 204 && head.status != 304
        streams[slot].promised = hasPayload ? head.length : nil
        return endStream ? try finish(slot, next, head) : nil
    }

    /// What a field block says; nil for an interim head, which says nothing.
    @inline(always)
    private mutating func decode(
        _ section: HTTP2.Section, _ block: Span<UInt8>, _ id: UInt32, _ endStream: Bool,
        _ facts: inout HTTP2AnswerFacts
    ) throws(HTTP2.Failure) -> HTTP2BlockFacts? {
        if let known = known.find(section, block), section == .head || endStream { return known }
        facts.fields.begin(section)
        let summary = try decoder.decode(block, into: &facts.fields)
        let kind = try facts.fields.conclude(stream: id, endStream: endStream)
        if summary.changedTable { known.forget() }
        if kind == .interim { return nil }
        facts.noteLocation()
        let said = HTTP2BlockFacts(
            status: facts.fields.status.code, length: facts.fields.contentLength,
            grpcStatus: facts.fields.grpcStatus)
        // A text is looked at where the block was read.
        if !summary.changedTable, facts.fields.grpcMessage.isEmpty {
            known.note(section, block, said)
        }
        return said
    }

    @inline(always)
    private mutating func takeData(
        _ id: UInt32, _ input: Span<UInt8>, _ payload: Range<Int>, _ flowBytes: UInt32,
        _ endStream: Bool, _ start: Int, _ next: Int
    ) throws(HTTP2.Failure) -> ClientEvent? {
        // §6.9.1: padding counts, and so does what comes for streams that are no more.
        try receiveWindow.take(flowBytes, .connection)
        receiveWindow.giveBack(flowBytes)
        if let increment = receiveWindow.update() {
            HTTP2.FrameWriter.windowUpdate(stream: 0, increment: increment, to: &output)
        }
        guard let slot = try known(id) else { return nil }
        guard streams[slot].status != 0 else {
            throw HTTP2.Failure(.protocol, .stream(id), "payload without a head (RFC 9113 8.1)")
        }
        streams[slot].received &+= UInt64(payload.count)
        if !endStream { try giveBack(slot, flowBytes) }
        if Exchange.hasParts {
            unread = Unread(
                slot: slot, start: start, next: next, at: payload.lowerBound,
                end: payload.upperBound, endStream: endStream)
            return try readOn(input)
        }
        _ = try streams[slot].exchange.take(input.extracting(payload), from: 0, stream: id)
        return endStream ? try finish(slot, next, HTTP2BlockFacts()) : nil
    }

    /// Tells the next part of what is unread, if there is one.
    private mutating func readOn(_ input: Span<UInt8>) throws(HTTP2.Failure) -> ClientEvent? {
        guard var rest = unread.take() else { return nil }
        let slot = rest.slot
        let part = try streams[slot].exchange.take(
            input.extracting(first: rest.end), from: rest.at, stream: streams[slot].id)
        if let part {
            rest.at = part.end
            let isAll = part.end == rest.end && !rest.endStream
            if !isAll { unread = rest }
            return .part(
                slot: slot, bytes: part.bytes, due: part.due, end: isAll ? rest.next : rest.start)
        }
        return rest.endStream ? try finish(slot, rest.next, HTTP2BlockFacts()) : nil
    }

    @inline(always)
    private mutating func giveBack(_ slot: Int, _ flowBytes: UInt32) throws(HTTP2.Failure) {
        let id = streams[slot].id
        // Copied out and back: in place it is a coroutine, which is called through a pointer.
        var window = streams[slot].receiveWindow
        try window.take(flowBytes, .stream(id))
        window.giveBack(flowBytes)
        if let increment = window.update() {
            HTTP2.FrameWriter.windowUpdate(stream: id, increment: increment, to: &output)
        }
        streams[slot].receiveWindow = window
    }

    /// The answer on a stream is whole.
    @inline(always)
    private mutating func finish(
        _ slot: Int, _ next: Int, _ last: HTTP2BlockFacts
    ) throws(HTTP2.Failure) -> ClientEvent {
        let stream = streams[slot]
        if let promised = stream.promised, promised != stream.received {
            throw HTTP2.Failure(
                .protocol, .stream(stream.id),
                "not as much payload as its content-length says (RFC 9113 8.1.1)")
        }
        release(slot)
        return .answer(
            Answer(
                slot: slot, outcome: stream.exchange.outcome(status: stream.status, last: last),
                bodyBytes: stream.exchange.bodyBytes(received: stream.received), end: next,
                keepsOpen: true, began: stream.began))
    }

    /// Frees a slot. A server may answer before it has all of the payload, which is not sent on.
    @inline(always)
    private mutating func release(_ slot: Int) {
        if streams[slot].isSending { cancel(slot) }
        streams[slot].id = 0
        underWay &-= 1
    }

    @inline(never)
    private mutating func cancel(_ slot: Int) {
        blocked -= 1
        HTTP2.FrameWriter.resetStream(streams[slot].id, .cancel, to: &output)
    }

    private mutating func takeReset(
        _ id: UInt32, _ code: HTTP2.ErrorCode, _ next: Int
    ) -> ClientEvent? {
        guard let slot = find(id) else { return nil }
        if streams[slot].isSending { blocked -= 1 }
        streams[slot].id = 0
        underWay -= 1
        if code != .refusedStream, let outcome = Exchange.outcome(reset: code) {
            return .answer(
                Answer(slot: slot, outcome: outcome, bodyBytes: 0, end: next, keepsOpen: true))
        }
        // §8.7: a stream that was refused has not been processed.
        return .lost(slot: slot, mayRetry: code == .refusedStream, end: next)
    }

    private mutating func takeSettings(
        _ parameters: Span<UInt8>, _ requests: some HTTP2Requests
    ) throws(HTTP2.Failure) {
        let change = try peer.apply(parameters)
        if let smallest = change.smallestTableSize {
            heads.peerAllows(tableBytes: smallest)
            heads.peerAllows(tableBytes: peer.headerTableSize)
        }
        if change.windowDelta != 0 {
            for slot in streams.indices where streams[slot].id != 0 {
                try streams[slot].sendWindow.shift(by: change.windowDelta)
            }
        }
        HTTP2.FrameWriter.settingsAck(to: &output)
        refill(requests)
    }

    private mutating func takeWindowUpdate(
        _ id: UInt32, _ increment: UInt32
    ) throws(HTTP2.Failure) {
        if id == 0 {
            try sendWindow.widen(by: increment, .connection)
        } else if let slot = try known(id) {
            try streams[slot].sendWindow.widen(by: increment, .stream(id))
        }
    }

    // MARK: the end

    /// What a GOAWAY means, one event at a time: requests that the server will not answer may be
    /// sent again (§6.8), and no further one goes here. It is read again for each of them.
    private mutating func takeFarewell(from start: Int, next: Int) -> ClientEvent? {
        guard let farewell else { return nil }
        for slot in streams.indices where streams[slot].id > farewell.last {
            if streams[slot].isSending { blocked -= 1 }
            streams[slot].id = 0
            underWay -= 1
            return .lost(slot: slot, mayRetry: true, end: start)
        }
        return hasToldFarewell ? nil : sayLast(end: next)
    }

    /// §5.1.1: there are no more numbers, and so no more requests here.
    @inline(always)
    private var hasNoMoreNumbers: Bool { nextID > HTTP2.Limit.streamID && !hasToldFarewell }

    @inline(never)
    private mutating func sayLast(end: Int) -> ClientEvent {
        hasToldFarewell = true
        return .lastRequests(end: end)
    }

    /// What a connection that ends now was waiting for.
    var missing: String {
        if let farewell, farewell.code != .none {
            return "after GOAWAY with \(farewell.code.text)"
        }
        if !hasHeard { return "before its SETTINGS" }
        return underWay > 0 ? "before an answer" : "between answers"
    }
}

/// What answers say, gathered anew for each, and what one says for all.
struct HTTP2AnswerFacts: ~Copyable {
    var fields = HTTP2.ResponseFields()
    /// When the bytes came that are being read.
    var now = Instant(raw: 0)
    /// Where the first redirection leads.
    private(set) var location: [UInt8] = []

    @inline(never)
    mutating func noteLocation() {
        guard fields.status.code / 100 == 3, location.isEmpty else { return }
        let found = Array(copying: fields.location)
        location = found
    }
}
