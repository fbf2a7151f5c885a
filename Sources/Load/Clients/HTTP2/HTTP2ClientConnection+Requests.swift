// Hot path
import Basis
import Wire

/// What goes out on a connection.
extension HTTP2ClientConnection {
    @inline(always)
    var room: Int {
        if farewell != nil || nextID > HTTP2.Limit.streamID { return 0 }
        return min(capacity, Int(clamping: peer.maxConcurrentStreams))
    }

    /// Begins a stream and says its slot.
    @inline(always)
    mutating func begin(_ request: HTTP2Request) -> Int {
        let slot = open(kind: 0)
        heads.write(request, stream: streams[slot].id, to: &output)
        if !request.body.isEmpty { sendFirst(slot, request.body.span) }
        return slot
    }

    /// Begins a stream whose request is one of several kinds.
    ///
    /// - Parameters:
    ///   - filled: values of fields that are its own, as `HTTP2RequestEncoder` takes them.
    ///   - body: the payload.
    ///   - isOwnBody: whether others of its kind have another one. One of the kind may be kept back
    ///     by the windows for free.
    mutating func begin(
        _ kind: Int, of heads: borrowing HTTP2MixHeads, filled: Span<UInt8>, body: Span<UInt8>,
        isOwnBody: Bool
    ) -> Int {
        let slot = open(kind: UInt8(truncatingIfNeeded: kind))
        if !ownBodies.isEmpty { ownBodies[slot] = nil }
        self.heads.write(
            kind, of: heads, filled: filled, stream: streams[slot].id, endStream: body.isEmpty,
            to: &output)
        if !body.isEmpty { sendFirst(slot, body) }
        if isOwnBody, streams[slot].isSending { ownBodies[slot] = Array(copying: body) }
        return slot
    }

    /// Gives a new stream a slot.
    @inline(always)
    private mutating func open(kind: UInt8) -> Int {
        let id = nextID
        nextID &+= 2
        var slot = usualSlot(id)
        while streams[slot].id != 0 { slot = following(slot) }
        var stream = Stream()
        stream.id = id
        stream.kind = kind
        stream.sendWindow = HTTP2.Window(peer.initialWindowSize)
        streams[slot] = stream
        underWay += 1
        return slot
    }

    @inline(always)
    private mutating func sendFirst(_ slot: Int, _ body: Span<UInt8>) {
        streams[slot].isSending = true
        blocked += 1
        send(slot, body)
    }

    /// Writes payload of a request, as far as the windows and a reasonable output go.
    private mutating func send(_ slot: Int, _ body: Span<UInt8>) {
        while output.count < Limit.http2Output {
            let start = Int(streams[slot].sent)
            let left = body.count - start
            let count = min(
                left, streams[slot].sendWindow.bytes, sendWindow.bytes,
                Int(min(peer.maxFrameSize, Limit.http2FrameBytes)))
            if count == 0 { return }
            HTTP2.FrameWriter.data(
                stream: streams[slot].id, body.extracting(start..<(start + count)),
                endStream: count == left, to: &output)
            streams[slot].sendWindow.spend(count)
            sendWindow.spend(count)
            streams[slot].sent += UInt32(count)
            if count == left {
                streams[slot].isSending = false
                blocked -= 1
                return
            }
        }
    }

    /// Goes on with payloads that had to wait.
    @inline(always)
    mutating func refill(_ requests: some HTTP2Requests) {
        if blocked > 0 { refillSome(requests) }
    }

    @inline(never)
    private mutating func refillSome(_ requests: some HTTP2Requests) {
        for slot in streams.indices
        where streams[slot].id != 0 && streams[slot].isSending {
            if let body = ownBodies[slot] {
                send(slot, body.span)
                if !streams[slot].isSending { ownBodies[slot] = nil }
            } else {
                send(slot, requests.request(of: streams[slot].kind).body.span)
            }
        }
    }
}
