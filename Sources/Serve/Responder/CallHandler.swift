import Basis
import Platform
import Wire

/// Answers the calls of the services in `Protos`.
enum CallHandler {
    /// Decides the reply to a call, doing its work on the calling thread.
    ///
    /// Hot: once a call.
    /// - Parameter body: the payload of the request, where the method wants it kept.
    static func respond(to call: Call, body: Span<UInt8>) -> Reply {
        do throws(GRPC.Fault) {
            switch call {
            case .unary: return try unary(body)
            case .serverStream:
                let request = try BenchMessages.StreamRequest(body, in: GRPC.onlyMessage(body))
                return .now(content(.messages(request)))
            case .clientStream(let counts): return .now(content(.counts(counts)))
            case .bidi: return .now(content(.echo))
            case .healthCheck:
                try BenchMessages.checkService(body, in: GRPC.onlyMessage(body))
                return .now(content(.serving))
            case .faulty(let fault): throw fault
            case .late(let bytes): return .now(content(.payload(bytes)))
            }
        } catch {
            return .now(content(.failed(error)))
        }
    }

    /// A reply, or the failure of a call. HTTP knows no other status for either.
    static func content(_ reply: CallReply) -> Content {
        Content(status: .ok, payload: .call(reply))
    }

    private static func unary(_ body: Span<UInt8>) throws(GRPC.Fault) -> Reply {
        let request = try BenchMessages.UnaryRequest(body, in: GRPC.onlyMessage(body))
        let hasWorked = request.work > .zero
        if hasWorked { Responder.burn(request.work) }
        if request.wait > .zero, request.status == .ok {
            return .after(request.wait, .call(.late(request.replyBytes)))
        }
        let reply: CallReply =
            request.status == .ok
            ? .payload(request.replyBytes) : .asked(request.status, text: request.message)
        return hasWorked ? .afterWork(content(reply)) : .now(content(reply))
    }
}
