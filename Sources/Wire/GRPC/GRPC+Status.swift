extension GRPC {
    /// How a call ended (https://github.com/grpc/grpc/blob/master/doc/statuscodes.md).
    package enum Status: UInt8, BitwiseCopyable, CaseIterable, Sendable {
        case ok, cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists
        case permissionDenied, resourceExhausted, failedPrecondition, aborted, outOfRange
        case unimplemented, `internal`, unavailable, dataLoss, unauthenticated

        /// As documents and other programs write it.
        package var name: StaticString {
            switch self {
            case .ok: "OK"
            case .cancelled: "CANCELLED"
            case .unknown: "UNKNOWN"
            case .invalidArgument: "INVALID_ARGUMENT"
            case .deadlineExceeded: "DEADLINE_EXCEEDED"
            case .notFound: "NOT_FOUND"
            case .alreadyExists: "ALREADY_EXISTS"
            case .permissionDenied: "PERMISSION_DENIED"
            case .resourceExhausted: "RESOURCE_EXHAUSTED"
            case .failedPrecondition: "FAILED_PRECONDITION"
            case .aborted: "ABORTED"
            case .outOfRange: "OUT_OF_RANGE"
            case .unimplemented: "UNIMPLEMENTED"
            case .internal: "INTERNAL"
            case .unavailable: "UNAVAILABLE"
            case .dataLoss: "DATA_LOSS"
            case .unauthenticated: "UNAUTHENTICATED"
            }
        }

        /// The status of a number in `grpc-status`; one that is not known is UNKNOWN.
        package init(code: UInt32) {
            self = UInt8(exactly: code).flatMap(Status.init(rawValue:)) ?? .unknown
        }

        /// The status of a call whose answer has none, by that of HTTP
        /// (https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md).
        package init(http status: HTTP.Status) {
            switch status.code {
            case 400, 431: self = .internal
            case 401: self = .unauthenticated
            case 403: self = .permissionDenied
            case 404: self = .unimplemented
            case 429, 502, 503, 504: self = .unavailable
            default: self = .unknown
            }
        }

        /// The status of a call that ended with RST_STREAM (the protocol, "Errors").
        package init(reset code: HTTP2.ErrorCode) {
            switch code {
            case .refusedStream: self = .unavailable
            case .cancel: self = .cancelled
            case .enhanceYourCalm: self = .resourceExhausted
            case .inadequateSecurity: self = .permissionDenied
            default: self = .internal
            }
        }
    }
}
