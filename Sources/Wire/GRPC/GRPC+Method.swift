import Basis

extension GRPC {
    /// The methods of the services in `Protos`.
    package enum Method: BitwiseCopyable, CaseIterable, Sendable {
        case unary, serverStream, clientStream, bidi, healthCheck

        /// As a request names it.
        package var path: StaticString {
            switch self {
            case .unary: "/switchyard.v1.Bench/Unary"
            case .serverStream: "/switchyard.v1.Bench/ServerStream"
            case .clientStream: "/switchyard.v1.Bench/ClientStream"
            case .bidi: "/switchyard.v1.Bench/Bidi"
            case .healthCheck: "/grpc.health.v1.Health/Check"
            }
        }

        /// The method that a path names: they differ in their lengths, or in a letter.
        @inline(always)
        package init?(path: Span<UInt8>) {
            switch path.count {
            case 26: self = .unary
            case 33: self = path[21] == UInt8(ascii: "C") ? .clientStream : .serverStream
            case 25: self = .bidi
            case 28: self = .healthCheck
            default: return nil
            }
            guard path.has(self.path, at: 0) else { return nil }
        }
    }
}
