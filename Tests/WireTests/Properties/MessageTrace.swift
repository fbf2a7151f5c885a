import Basis
import Wire

/// What a reader of gRPC's messages makes of a stream's payload, whatever pieces it came in.
struct MessageTrace: Equatable, CustomStringConvertible {
    private(set) var messages: [[UInt8]] = []
    /// What has come of the message that is not whole.
    private(set) var rest: [UInt8] = []
    /// Whether the payload ends within a message, or in what stands before one.
    private(set) var isUnfinished = false
    /// Why nothing more is read.
    private(set) var refusal: GRPC.Fault?
    /// What was broken on the way, other than the rules of the protocol.
    private(set) var fault: String?

    /// - Parameter cuts: where a piece ends and the next one begins, in any order.
    init(_ bytes: [UInt8], cuts: [Int] = [], limit: Int = GRPC.Limit.messageBytes) {
        var reader = GRPC.MessageReader(limit: limit)
        var start = 0
        for cut in cuts.sorted() + [bytes.count] where refusal == nil {
            take(Array(bytes[start..<cut]), with: &reader, limit: limit)
            start = cut
        }
        isUnfinished = reader.isMidMessage && refusal == nil
    }

    private mutating func take(
        _ piece: [UInt8], with reader: inout GRPC.MessageReader, limit: Int
    ) {
        var at = 0
        while true {
            switch reader.next(piece.span, from: at) {
            case .needMore: return
            case .fault(let refusal):
                self.refusal = refusal
                return
            case .piece(let range, let endsMessage):
                if range.lowerBound < at || range.isEmpty && !endsMessage {
                    fault = "a piece at \(range) of what begins at \(at)"
                    return
                }
                rest += piece[range]
                at = range.upperBound
                if rest.count > limit { fault = "the limit was not kept" }
                if !endsMessage { continue }
                messages.append(rest)
                rest = []
            }
        }
    }

    /// The whole messages, framed again.
    var rewritten: [UInt8] {
        var output = ByteQueue()
        for message in messages {
            GRPC.beginMessage(bytes: message.count, to: &output)
            output.append(message.span)
        }
        return output.array
    }

    var description: String {
        "\(messages), then \(rest)" + (isUnfinished ? " and more" : "")
            + (refusal.map { ", refused: \($0)" } ?? "")
    }
}
