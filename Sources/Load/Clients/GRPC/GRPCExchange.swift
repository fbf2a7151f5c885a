// Hot path
import Basis
package import Wire

/// A call of gRPC: messages in the payload, and the outcome in the trailers
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
package struct GRPCExchange<Shape: GRPCAnswerShape>: HTTP2Exchange {
    private var reader = GRPC.MessageReader(limit: Limit.grpcMessageBytes)
    private var messages: UInt64 = 0
    /// Bytes of the messages, without their frames; in a stream of the current one.
    private var bytes: UInt64 = 0

    @inline(always)
    package static var hasParts: Bool { Shape.isStream }

    @inline(always)
    package init() {}

    @inline(always)
    package mutating func take(
        _ payload: Span<UInt8>, from offset: Int, stream: UInt32
    ) throws(HTTP2.Failure) -> HTTP2Part? {
        var at = offset
        while true {
            switch reader.next(payload, from: at) {
            case .needMore: return nil
            case .fault(let fault):
                throw HTTP2.Failure(.protocol, .stream(stream), fault.reason)
            case .piece(let range, let endsMessage):
                at = range.upperBound
                bytes &+= UInt64(range.count)
                if !endsMessage { continue }
                messages &+= 1
                if !Shape.isStream { continue }
                defer { bytes = 0 }
                return HTTP2Part(bytes: bytes, due: .number(messages &- 1), end: at)
            }
        }
    }

    @inline(always)
    package func bodyBytes(received: UInt64) -> UInt64 { bytes }

    @inline(always)
    package func outcome(status: UInt16, last: HTTP2BlockFacts) -> Outcome {
        guard let code = last.grpcStatus else {
            return Outcome(GRPC.Status(http: HTTP.Status(status)))
        }
        let isWhole = !reader.isMidMessage && (Shape.isStream || messages == 1)
        let said = GRPC.Status(code: code)
        return Outcome(said == .ok && !isWhole ? .internal : said)
    }

    package static func outcome(reset code: HTTP2.ErrorCode) -> Outcome? {
        Outcome(GRPC.Status(reset: code))
    }

    package static func reason(
        of outcome: Outcome, _ fields: borrowing HTTP2.ResponseFields
    ) -> String {
        let status = GRPC.Status(code: UInt32(outcome.code))
        // Another block has been read last where the call did not end with one of its own.
        let isOfCall = fields.grpcStatus.map { GRPC.Status(code: $0) == status } ?? false
        if !isOfCall { return "a call ended with \(status.name), without a status of its own" }
        let text = GRPC.MessageText.decode(fields.grpcMessage)
        return "a call ended with \(status.name)" + (text.isEmpty ? "" : ": \(text)")
    }
}
