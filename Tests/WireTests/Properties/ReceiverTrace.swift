import Basis
import Wire

/// What a receiver makes of a connection's bytes, whatever pieces they came in.
struct ReceiverTrace: Equatable, CustomStringConvertible {
    enum Step: Equatable {
        case message(WebSocket.MessageKind, [UInt8])
        case ping([UInt8])
        case pong([UInt8])
        case close(UInt16?, [UInt8])
        case failure(WebSocket.Failure)
    }

    private(set) var steps: [Step] = []
    /// The message that was not finished, unless the receiver failed in it: how much of it was
    /// passed on by then depends on the cuts.
    private(set) var rest: [UInt8]?
    /// What was broken on the way, other than the rules of the protocol.
    private(set) var fault: String?

    /// - Parameter cuts: where a piece ends and the next one begins, in any order.
    init(
        _ bytes: [UInt8], role: WebSocket.Role, cuts: [Int] = [],
        messageLimit: UInt32 = WebSocket.Limit.messageBytes
    ) {
        var receiver = WebSocket.Receiver(role: role, messageLimit: messageLimit)
        var pending: [UInt8] = []
        var start = 0
        for cut in cuts.sorted() + [bytes.count] {
            pending += bytes[start..<cut]
            start = cut
            let kept = take(pending, with: &receiver, messageLimit: messageLimit)
            pending.removeFirst(kept)
            if pending.count >= WebSocket.Limit.headerBytes + WebSocket.Limit.controlBytes {
                fault = "\(pending.count) bytes were left"
            }
        }
    }

    /// Takes what is whole of `pending`, and returns how much may be dropped.
    private mutating func take(
        _ pending: [UInt8], with receiver: inout WebSocket.Receiver, messageLimit: UInt32
    ) -> Int {
        var at = 0
        while true {
            switch receiver.next(pending.span, from: at) {
            case .needMore(let keepFrom):
                return keepFrom
            case .part(let part, let next):
                add(part, in: pending, messageLimit: messageLimit)
                at = next
            case .ping(let payload, let next):
                steps.append(.ping(plain(payload, in: pending)))
                at = next
            case .pong(let payload, let next):
                steps.append(.pong(plain(payload, in: pending)))
                at = next
            case .close(let code, let reason):
                steps.append(.close(code?.code, plain(reason, in: pending)))
            case .failure(let failure):
                steps.append(.failure(failure))
                rest = nil
            }
        }
    }

    private mutating func add(
        _ part: WebSocket.MessagePart, in pending: [UInt8], messageLimit: UInt32
    ) {
        if part.isFirst != (rest == nil) { fault = "a message does not begin with its first part" }
        rest = (rest ?? []) + plain(part.payload, in: pending)
        if rest?.count ?? 0 > Int(messageLimit) { fault = "the limit was not kept" }
        if part.isLast {
            steps.append(.message(part.kind, rest ?? []))
            rest = nil
        }
    }

    private func plain(_ payload: WebSocket.Payload, in pending: [UInt8]) -> [UInt8] {
        var output = ByteQueue()
        payload.append(from: pending.span, to: &output)
        return output.array
    }

    /// The same conversation as a peer in the other role writes it, without fragments.
    func rewritten(to role: WebSocket.Role) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(steps.count))
        var output = ByteQueue()
        func mask() -> WebSocket.Mask? {
            role == .server ? WebSocket.Mask(using: &generator) : nil
        }
        for step in steps {
            switch step {
            case .message(let kind, let bytes):
                WebSocket.FrameWriter.write(kind.opcode, bytes.span, mask: mask(), to: &output)
            case .ping(let bytes):
                WebSocket.FrameWriter.write(.ping, bytes.span, mask: mask(), to: &output)
            case .pong(let bytes):
                WebSocket.FrameWriter.write(.pong, bytes.span, mask: mask(), to: &output)
            case .close(let code, let reason):
                WebSocket.FrameWriter.writeClose(
                    code.map { WebSocket.CloseCode($0) }, reason: reason.span, mask: mask(),
                    to: &output)
            case .failure:
                break
            }
        }
        return output.array
    }

    var description: String {
        steps.map { "\($0)" }.joined(separator: "; ") + (rest.map { "; \($0) and more" } ?? "")
    }
}
