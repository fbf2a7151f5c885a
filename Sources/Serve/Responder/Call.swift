import Basis
import Wire

/// What a call of gRPC asks for.
enum Call: Equatable, BitwiseCopyable, Sendable {
    case unary
    case serverStream
    /// What of the request has come, which is counted as it comes.
    case clientStream(BenchMessages.StreamCounts)
    case bidi
    case healthCheck
    /// What came is no request.
    case faulty(GRPC.Fault)
    /// A unary call whose reply, with so many bytes, had to wait.
    case late(Int)

    init(_ method: GRPC.Method) {
        switch method {
        case .unary: self = .unary
        case .serverStream: self = .serverStream
        case .clientStream: self = .clientStream(BenchMessages.StreamCounts())
        case .bidi: self = .bidi
        case .healthCheck: self = .healthCheck
        }
    }
}
