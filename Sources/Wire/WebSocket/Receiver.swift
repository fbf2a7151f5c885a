extension WebSocket {
    /// What the peer says next. Offsets count from the first byte of the parsed span.
    package enum Event: BitwiseCopyable, Equatable, Sendable {
        /// Nothing whole. What is before `keepFrom` may be dropped; call again with the bytes from
        /// there on, and more.
        case needMore(keepFrom: Int)
        /// A part of a message, or all of it; that of a text is valid as far as it goes.
        case part(MessagePart, next: Int)
        /// To be answered with a pong of the same payload; where several came, the newest will do
        /// (RFC 6455 §5.5.3).
        case ping(Payload, next: Int)
        /// Perhaps to no ping at all, RFC 6455 §5.5.3.
        case pong(Payload, next: Int)
        /// The peer sends no more. To be answered with the same code, unless it is the answer
        /// (RFC 6455 §5.5.1). Without a code the peer gave none (that is 1005, §7.1.5); the reason
        /// is valid UTF-8.
        case close(CloseCode?, reason: Payload)
        /// Say so to the peer, and close.
        case failure(Failure)
    }

    /// One direction of a connection, to whoever receives: frames become messages, and their
    /// content is held to RFC 6455 §5.5.1, §5.6 and §8.1.
    ///
    /// It is given *all* bytes not consumed so far. What it makes of them does not depend on how
    /// they were cut, and a fault is told at the first byte that decides it, in a text too. Behind
    /// a close or a failure everything is dropped (RFC 6455 §1.4, §7.1.7).
    package struct Receiver: BitwiseCopyable, Sendable {
        private var frames: FrameReader
        /// The text under way.
        private var text = UTF8Validator()
        /// Whether the peer's last word has come.
        package private(set) var isOver = false

        /// - Parameters:
        ///   - role: who receives.
        ///   - messageLimit: payload taken in one message, however it is fragmented.
        package init(role: Role, messageLimit: UInt32 = Limit.messageBytes) {
            frames = FrameReader(role: role, messageLimit: messageLimit)
        }

        /// Whether a message has begun and is not over.
        package var isMidMessage: Bool { frames.isMidMessage && !isOver }

        /// The next event of `input[offset...]`.
        ///
        /// Hot: once a message.
        package mutating func next(_ input: Span<UInt8>, from offset: Int) -> Event {
            if isOver { return .needMore(keepFrom: input.count) }
            switch frames.next(input, from: offset) {
            case .needMore(let keepFrom):
                return .needMore(keepFrom: keepFrom)
            case .part(let part, let next):
                if part.kind == .text, !isText(part, in: input) { return fail(.invalidText) }
                return .part(part, next: next)
            case .control(.ping, let payload, let next):
                return .ping(payload, next: next)
            case .control(.pong, let payload, let next):
                return .pong(payload, next: next)
            case .control(_, let payload, _):
                return close(payload, in: input)
            case .failure(let failure):
                return fail(failure)
            }
        }

        /// Whether the text under way is UTF-8 so far, and as a whole where it ends.
        @inline(always)
        private mutating func isText(_ part: MessagePart, in input: Span<UInt8>) -> Bool {
            let payload = part.payload
            if text.consume(payload.masked(in: input), mask: payload.mask) != nil { return false }
            return !part.isLast || text.isAtBoundary
        }

        @inline(never)
        private mutating func close(_ payload: Payload, in input: Span<UInt8>) -> Event {
            if payload.count == 0 {
                isOver = true
                return .close(nil, reason: payload)
            }
            if payload.count == 1 { return fail(.badCloseLength) }
            let code = CloseCode(
                UInt16(payload.byte(0, in: input)) &<< 8 | UInt16(payload.byte(1, in: input)))
            guard code.isForWire else { return fail(.badCloseCode) }
            let reason = payload.dropping(first: 2)
            var validator = UTF8Validator()
            guard validator.consume(reason.masked(in: input), mask: reason.mask) == nil,
                validator.isAtBoundary
            else { return fail(.invalidText) }
            isOver = true
            return .close(code, reason: reason)
        }

        @inline(never)
        private mutating func fail(_ failure: Failure) -> Event {
            isOver = true
            return .failure(failure)
        }
    }
}
