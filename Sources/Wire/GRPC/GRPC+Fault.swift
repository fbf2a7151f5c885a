extension GRPC {
    /// Why a call ends without a reply. Which status is whose is said in
    /// https://github.com/grpc/grpc/blob/master/doc/statuscodes.md.
    package enum Fault: UInt8, Error, BitwiseCopyable, Sendable {
        // Of the call.
        case unknownMethod, unknownEncoding, badTimeout, overdue, unknownService
        // Of messages.
        case badFlag, compressed, tooLarge, cutOff, noMessage, manyMessages, malformed, outOfRange
        // Of the server.
        case noRoom, tooSlow

        package var status: Status {
            switch self {
            case .unknownMethod, .unknownEncoding, .noMessage, .manyMessages: .unimplemented
            case .badTimeout, .badFlag, .compressed, .cutOff, .malformed: .internal
            case .overdue, .tooSlow: .deadlineExceeded
            case .unknownService: .notFound
            case .tooLarge, .noRoom: .resourceExhausted
            case .outOfRange: .invalidArgument
            }
        }

        /// What `grpc-message` says: printable, without a percent sign.
        package var reason: StaticString {
            switch self {
            case .unknownMethod: "no such method"
            case .unknownEncoding: "messages are not compressed here"
            case .badTimeout: "grpc-timeout is not one to eight digits and a unit"
            case .overdue: "the deadline has passed"
            case .unknownService: "no such service"
            case .badFlag: "a message's flag is neither 0 nor 1"
            case .compressed: "a compressed message without grpc-encoding"
            case .tooLarge: "a message is larger than is taken"
            case .cutOff: "the request ends within a message"
            case .noMessage: "the method wants one message, and there is none"
            case .manyMessages: "the method wants one message, and there are more"
            case .malformed: "a message is not of its type"
            case .outOfRange: "a number in the message is beyond its limit"
            case .noRoom: "there is no room for the message"
            case .tooSlow: "the request did not arrive in time"
            }
        }
    }
}
