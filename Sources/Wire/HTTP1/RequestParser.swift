extension HTTP1 {
    /// What the next bytes of a connection are. Offsets count from the first byte of the parsed
    /// span.
    package enum RequestEvent: BitwiseCopyable {
        /// Nothing whole yet. Keep everything from the offset of this call on, and call again with
        /// those bytes and more.
        case needMore
        /// A head, which the caller's `RequestHead` holds now; what follows it begins at `end`.
        /// Without a payload (`framing == .none`) that is the next request, otherwise events of the
        /// payload follow.
        case head(end: Int)
        /// A piece of payload, never empty, in `start..<end`; go on at `next`.
        case body(start: Int, end: Int, next: Int)
        /// The payload and its trailers are over; the next request begins at `next`.
        case endOfBody(next: Int)
        /// Answer with this and close; ask no more.
        case refuse(Refusal)
    }

    /// The server's side of one connection: reads requests out of contiguous bytes.
    ///
    /// Every call is given *all* bytes not consumed so far. A verdict is a function of the bytes
    /// alone, not of how they were cut, and the work is linear in the bytes received, even when
    /// they come one by one.
    package struct RequestParser: BitwiseCopyable, Sendable {
        private enum State: BitwiseCopyable {
            case head(HeadReader)
            case length(UInt64)
            case chunked(ChunkDecoder)
        }

        private var state = State.head(HeadReader())

        package init() {}

        /// Whether a request has begun and is not over: a peer that is silent now is late (408),
        /// otherwise merely idle.
        package var isMidMessage: Bool {
            switch state {
            case .head(let reader): reader.hasBegun
            case .length, .chunked: true
            }
        }

        /// The next event of `input[offset...]`.
        ///
        /// Hot: once a request without payload.
        /// - Parameters:
        ///   - head: filled when the event is a head, and scratch otherwise. It is the caller's, as
        ///     a head that travels in the event is taken apart and put together again on its way.
        ///   - bodyLimit: bytes of payload taken for one request, the same for all its calls.
        package mutating func next(
            _ input: Span<UInt8>, from offset: Int, into head: inout RequestHead,
            bodyLimit: UInt64 = Limit.bodyBytes
        ) -> RequestEvent {
            switch state {
            case .head(let reader):
                return readHead(
                    input, from: offset, into: &head, reader: reader, bodyLimit: bodyLimit)
            case .length(let remaining):
                return body(input, from: offset, remaining: remaining)
            case .chunked(let decoder):
                return chunk(input, from: offset, decoder: decoder, bodyLimit: bodyLimit)
            }
        }

        @inline(always)
        private mutating func readHead(
            _ input: Span<UInt8>, from offset: Int, into head: inout RequestHead,
            reader: HeadReader, bodyLimit: UInt64
        ) -> RequestEvent {
            var reader = reader
            head = RequestHead()
            var facts = FieldFacts()
            switch reader.read(input, from: offset, into: &head, facts: &facts) {
            case .unfinished:
                state = .head(reader)
                return .needMore
            case .refused(let refusal):
                return .refuse(refusal)
            case .whole(let end):
                do throws(Refusal) {
                    try head.conclude(facts, bodyLimit: bodyLimit)
                } catch {
                    return .refuse(error)
                }
                switch head.framing {
                case .none: state = .head(HeadReader())
                case .length(let length): state = .length(length)
                case .chunked: state = .chunked(ChunkDecoder())
                }
                return .head(end: end)
            }
        }

        @inline(never)
        private mutating func body(
            _ input: Span<UInt8>, from offset: Int, remaining: UInt64
        ) -> RequestEvent {
            if remaining == 0 {
                state = .head(HeadReader())
                return .endOfBody(next: offset)
            }
            let available = input.count &- offset
            if available == 0 { return .needMore }
            let taken = Int(min(UInt64(available), remaining))
            state = .length(remaining &- UInt64(taken))
            return .body(start: offset, end: offset &+ taken, next: offset &+ taken)
        }

        @inline(never)
        private mutating func chunk(
            _ input: Span<UInt8>, from offset: Int, decoder: ChunkDecoder, bodyLimit: UInt64
        ) -> RequestEvent {
            var decoder = decoder
            do throws(Refusal) {
                let event = try decoder.next(input, from: offset, bodyLimit: bodyLimit)
                state = .chunked(decoder)
                switch event {
                case .needMore:
                    return .needMore
                case .data(let start, let end):
                    return .body(start: start, end: end, next: end)
                case .end(let next):
                    state = .head(HeadReader())
                    return .endOfBody(next: next)
                }
            } catch {
                return .refuse(error)
            }
        }
    }
}
