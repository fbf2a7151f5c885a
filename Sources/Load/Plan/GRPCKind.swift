package import Wire

/// How many messages a call has in each direction, as `--grpc-kind` names it.
package enum GRPCKind: String, Sendable, CaseIterable {
    case unary, server, client, bidi

    /// Whether the answer is a stream of messages.
    package var answersInParts: Bool { self == .server || self == .bidi }

    /// The method of the bench service that is of the kind.
    package var method: GRPC.Method {
        switch self {
        case .unary: .unary
        case .server: .serverStream
        case .client: .clientStream
        case .bidi: .bidi
        }
    }
}
