extension HTTP1 {
    /// What the next bytes of a connection are. Offsets count from the first byte of the parsed span.
    package enum RequestEvent: BitwiseCopyable {
        /// Nothing whole yet. Keep everything from the offset of this call on, and call again with those
        /// bytes and more.
        case needMore
        /// A head; what follows it begins at `end`. Without a payload (`framing == .none`) that is the next
        /// request, otherwise events of the payload follow.
        case head(RequestHead, end: Int)
        /// A piece of payload, never empty, in `start..<end`; go on at `next`.
        case body(start: Int, end: Int, next: Int)
        /// The payload and its trailers are over; the next request begins at `next`.
        case endOfBody(next: Int)
        /// Answer with this and close; ask no more.
        case refuse(Refusal)
    }

    /// The server's side of one connection: reads requests out of contiguous bytes.
    ///
    /// Every call is given *all* bytes not consumed so far. A verdict is a function of the bytes alone, not
    /// of how they were cut: a line counts when its line feed is there. The work is linear in the bytes
    /// received, even when they come one by one: an unfinished head is parsed line by line as it grows and
    /// once more when it is whole.
    package struct RequestParser: BitwiseCopyable, Sendable {
        private enum State: BitwiseCopyable {
            case head(HeadProgress)
            case length(UInt64)
            case chunked(ChunkDecoder)
        }

        private var state = State.head(HeadProgress())

        package init() {}

        /// Whether a request has begun and is not over: a peer that is silent now is late (408), otherwise
        /// merely idle.
        package var isMidMessage: Bool {
            switch state {
            case .head(let progress): progress.facts != nil || progress.scanned > progress.line
            case .length, .chunked: true
            }
        }

        /// The next event of `input[offset...]`.
        ///
        /// Hot: once a request without payload.
        /// - Parameter bodyLimit: bytes of payload taken for one request, the same for all its calls.
        package mutating func next(
            _ input: Span<UInt8>, from offset: Int, bodyLimit: UInt64 = Limit.bodyBytes
        ) -> RequestEvent {
            switch state {
            case .head(let progress):
                return head(input, from: offset, after: progress, bodyLimit: bodyLimit)
            case .length(let remaining):
                return body(input, from: offset, remaining: remaining)
            case .chunked(let decoder):
                return chunk(input, from: offset, decoder: decoder, bodyLimit: bodyLimit)
            }
        }

        @inline(always)
        private mutating func head(
            _ input: Span<UInt8>, from offset: Int, after progress: HeadProgress, bodyLimit: UInt64
        ) -> RequestEvent {
            // Beyond this window no head can end, so nothing looks there.
            let window = input.extracting(first: min(input.count, offset &+ Limit.headBytes))
            if progress.scanned > 0, let verdict = resume(window, from: offset, after: progress) {
                return verdict
            }
            var head = RequestHead()
            var facts = FieldFacts()
            var line = offset
            var inFields = false
            do throws(Refusal) {
                if line < window.count, window[line] == .carriageReturn {
                    line = try window.behindEmptyLines(from: offset)
                }
                if let next = try head.noteRequestLine(at: line, in: window) {
                    if next &- line > Limit.requestLineBytes { throw .targetTooLong }
                    line = next
                    inFields = true
                    if let end = try head.noteFields(line: &line, in: window, facts: &facts) {
                        try head.conclude(facts, bodyLimit: bodyLimit)
                        begin(head.framing)
                        return .head(head, end: end)
                    }
                }
                return pause(window, from: offset, line: line, facts: inFields ? facts : nil)
            } catch {
                return judge(
                    error, window, from: offset, line: line, facts: inFields ? facts : nil)
            }
        }

        @inline(always)
        private mutating func begin(_ framing: RequestFraming) {
            switch framing {
            case .none: state = .head(HeadProgress())
            case .length(let length): state = .length(length)
            case .chunked: state = .chunked(ChunkDecoder())
            }
        }

        /// Goes on with an unfinished head. Returns nil when all of it is there: then it is parsed from its
        /// beginning, since the runs of the first attempts are gone.
        @inline(never)
        private mutating func resume(
            _ window: Span<UInt8>, from offset: Int, after progress: HeadProgress
        ) -> RequestEvent? {
            var line = offset &+ Int(progress.line)
            if progress.scanned > progress.line,
                window.lineFeed(from: offset &+ Int(progress.scanned)) == window.count
            {
                return pause(window, from: offset, line: line, facts: progress.facts)
            }
            guard var facts = progress.facts else { return nil }
            var scratch = RequestHead()
            do throws(Refusal) {
                let end = try scratch.noteFields(line: &line, in: window, facts: &facts)
                if end != nil { return nil }
                return pause(window, from: offset, line: line, facts: facts)
            } catch {
                return judge(error, window, from: offset, line: line, facts: facts)
            }
        }

        /// Decides about a fault in the line at `line`: it counts if the line is whole.
        @inline(never)
        private mutating func judge(
            _ fault: Refusal, _ window: Span<UInt8>, from offset: Int, line: Int,
            facts: FieldFacts?
        ) -> RequestEvent {
            let lineFeed = window.lineFeed(from: line)
            if lineFeed < window.count {
                let isTooLong = facts == nil && lineFeed &- line >= Limit.requestLineBytes
                return .refuse(isTooLong ? .targetTooLong : fault)
            }
            // What can't begin a request at all (a TLS handshake, say) need not go on to be refused.
            if facts == nil, window[line] != .carriageReturn,
                !ASCIISet.token.contains(window[line])
            {
                return .refuse(fault)
            }
            return pause(window, from: offset, line: line, facts: facts)
        }

        /// Remembers how far an unfinished head was looked at. `facts` is nil before the field lines.
        @inline(never)
        private mutating func pause(
            _ window: Span<UInt8>, from offset: Int, line: Int, facts: FieldFacts?
        ) -> RequestEvent {
            if facts == nil, window.count &- line >= Limit.requestLineBytes {
                return .refuse(.targetTooLong)
            }
            if window.count &- offset >= Limit.headBytes { return .refuse(.headTooLarge) }
            state = .head(
                HeadProgress(
                    facts: facts, line: UInt16(truncatingIfNeeded: line &- offset),
                    scanned: UInt16(truncatingIfNeeded: window.count &- offset)))
            return .needMore
        }

        @inline(never)
        private mutating func body(
            _ input: Span<UInt8>, from offset: Int, remaining: UInt64
        ) -> RequestEvent {
            if remaining == 0 {
                state = .head(HeadProgress())
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
                    state = .head(HeadProgress())
                    return .endOfBody(next: next)
                }
            } catch {
                return .refuse(error)
            }
        }
    }

    /// How far an unfinished head was read, in bytes from its first.
    struct HeadProgress: BitwiseCopyable {
        /// What the field lines before `line` said; nil while the request line is unfinished.
        var facts: FieldFacts?
        /// Where the unfinished line begins.
        var line: UInt16 = 0
        /// Where the bytes not looked at begin; zero when no byte has come.
        var scanned: UInt16 = 0
    }
}

extension HTTP1.RequestHead {
    /// Reads field lines up to the empty one and returns what is behind it; nil, with `line` at the
    /// unfinished line, when that has not come.
    @inline(never)
    mutating func noteFields(
        line: inout Int, in head: Span<UInt8>, facts: inout HTTP1.FieldFacts
    ) throws(HTTP1.Refusal) -> Int? {
        while true {
            switch try head.fieldLine(at: line) {
            case .field(let name, let value, let next):
                try facts.countLine()
                try note(name: name, value: value, in: head, facts: &facts)
                line = next
            case .end(let next):
                return next
            case .unfinished:
                return nil
            }
        }
    }
}

extension Span where Element == UInt8 {
    /// Skips the empty lines some clients send before a request line, RFC 9112 §2.2.
    @inline(never)
    func behindEmptyLines(from start: Int) throws(HTTP1.Refusal) -> Int {
        var at = start
        while at < count, self[at] == .carriageReturn {
            guard at &+ 1 < count else { return at }
            guard self[at &+ 1] == .lineFeed else { throw .bareCarriageReturn }
            at &+= 2
            if at &- start > 2 * HTTP1.Limit.leadingEmptyLines { throw .tooManyEmptyLines }
        }
        return at
    }
}
