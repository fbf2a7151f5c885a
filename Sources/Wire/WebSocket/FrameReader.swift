extension WebSocket {
    /// What stands next in the bytes of a connection. Offsets count from the first byte of the
    /// parsed span.
    package enum FrameEvent: BitwiseCopyable, Equatable, Sendable {
        /// Nothing whole. What is before `keepFrom` may be dropped; call again with the bytes from
        /// there on, and more.
        case needMore(keepFrom: Int)
        case part(MessagePart, next: Int)
        /// A control frame, whole; `opcode` is close, ping or pong.
        case control(Opcode, Payload, next: Int)
        /// Say so to the peer, close, and ask no more.
        case failure(Failure)
    }

    /// Consecutive payload of one data message. Its borders are those of frames and of receives,
    /// and mean nothing (RFC 6455 §5.4): a message is what stands between first and last.
    package struct MessagePart: BitwiseCopyable, Equatable, Sendable {
        package let kind: MessageKind
        package let isFirst: Bool
        package let isLast: Bool
        /// Empty only in an empty frame.
        package let payload: Payload
    }

    /// Reads the frames of one direction, RFC 6455 §5, and holds them to the rules that concern
    /// frames alone; `Receiver` adds what concerns their content.
    ///
    /// It is given *all* bytes not consumed so far. A verdict is a function of the bytes alone, not
    /// of how they were cut, and comes with the first byte that decides it. Payload of a data
    /// message is passed on as it comes; that of a control frame when it is whole.
    package struct FrameReader: BitwiseCopyable, Sendable {
        private let messageLimit: UInt32
        /// Payload of the data frame under way that has not been passed on.
        private var left: UInt32 = 0
        /// Payload that the frames of the message under way have announced.
        private var announced: UInt32 = 0
        /// That of the next byte of the frame under way.
        private var mask = Mask.none
        private let sender: Role
        /// The message under way.
        private var message: MessageKind?
        private var isInFrame = false
        /// Whether the frame under way is the message's last.
        private var isFinal = false
        /// Whether nothing of the message has been passed on.
        private var isFresh = false

        /// - Parameters:
        ///   - role: who reads.
        ///   - messageLimit: payload taken in one message, however it is fragmented.
        package init(role: Role, messageLimit: UInt32 = Limit.messageBytes) {
            sender = role == .server ? .client : .server
            self.messageLimit = messageLimit
        }

        /// Whether a message has begun and is not over.
        package var isMidMessage: Bool { message != nil }

        /// The next event of `input[offset...]`.
        ///
        /// Hot: once a message.
        package mutating func next(_ input: Span<UInt8>, from offset: Int) -> FrameEvent {
            if isInFrame { return part(input, from: offset) }
            guard offset < input.count else { return .needMore(keepFrom: offset) }
            do throws(Failure) {
                let opcode = try opcode(input[offset])
                guard
                    let header = try FrameHeader.read(
                        input, at: offset, opcode: opcode, sentBy: sender,
                        lengthMax: messageLimit &- announced)
                else { return .needMore(keepFrom: offset) }
                if opcode.isControl { return control(header, input, from: offset) }
                begin(header)
                return part(input, from: header.end)
            } catch {
                return .failure(error)
            }
        }

        /// The opcode in a frame's first byte, if it may stand here (RFC 6455 §5.4).
        @inline(always)
        private func opcode(_ first: UInt8) throws(Failure) -> Opcode {
            let opcode = try FrameHeader.opcode(first)
            if opcode == .continuation {
                if message == nil { throw .strayContinuation }
            } else if !opcode.isControl, message != nil {
                throw .interruptedMessage
            }
            return opcode
        }

        @inline(always)
        private func control(
            _ header: FrameHeader, _ input: Span<UInt8>, from offset: Int
        ) -> FrameEvent {
            let count = Int(header.payloadBytes)
            guard input.count &- header.end >= count else { return .needMore(keepFrom: offset) }
            return .control(
                header.opcode, Payload(start: header.end, count: count, mask: header.mask),
                next: header.end &+ count)
        }

        @inline(always)
        private mutating func begin(_ header: FrameHeader) {
            if header.opcode != .continuation {
                message = header.opcode == .text ? .text : .binary
                isFresh = true
            }
            left = UInt32(truncatingIfNeeded: header.payloadBytes)
            announced &+= left
            mask = header.mask
            isFinal = header.isFinal
            isInFrame = true
        }

        /// What has come of the frame under way.
        @inline(always)
        private mutating func part(_ input: Span<UInt8>, from start: Int) -> FrameEvent {
            let count = min(Int(left), input.count &- start)
            guard let kind = message, count > 0 || left == 0 else {
                return .needMore(keepFrom: start)
            }
            left &-= UInt32(truncatingIfNeeded: count)
            isInFrame = left > 0
            let part = MessagePart(
                kind: kind, isFirst: isFresh, isLast: isFinal && !isInFrame,
                payload: Payload(start: start, count: count, mask: mask))
            mask = mask.advanced(by: count)
            isFresh = false
            if part.isLast {
                message = nil
                announced = 0
            }
            return .part(part, next: start &+ count)
        }
    }
}
