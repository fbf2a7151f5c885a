import Wire

extension Outcome {
    /// A call's outcome, in the class of the status that
    /// https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto gives it in HTTP.
    @inline(always)
    init(_ status: GRPC.Status) {
        let kind: Kind =
            switch status {
            case .ok: .success
            case .cancelled, .invalidArgument, .notFound, .alreadyExists, .permissionDenied,
                .resourceExhausted, .failedPrecondition, .aborted, .outOfRange, .unauthenticated:
                .clientError
            case .unknown, .deadlineExceeded, .unimplemented, .internal, .unavailable, .dataLoss:
                .serverError
            }
        self.init(kind, code: UInt16(status.rawValue))
    }
}
