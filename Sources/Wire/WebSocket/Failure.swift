extension WebSocket {
    /// Why a connection must be failed, RFC 6455 §7.1.7.
    package enum Failure: UInt8, BitwiseCopyable, CaseIterable, Error, Sendable {
        case unmaskedFrame, maskedFrame, reservedBits, unknownOpcode
        case fragmentedControl, longControl
        case strayContinuation, interruptedMessage
        case wastefulLength, hugeLength, messageTooLarge
        case badCloseLength, badCloseCode
        case invalidText

        /// What the Close frame says to the peer.
        package var code: CloseCode {
            switch self {
            case .messageTooLarge: .messageTooBig
            case .invalidText: .invalidPayload
            default: .protocolError
            }
        }

        /// The reason as it is sent, with the code, in the Close frame.
        package var reason: StaticString {
            switch self {
            case .unmaskedFrame: "a client masks its frames"
            case .maskedFrame: "a server does not mask its frames"
            case .reservedBits: "a reserved bit is set, but no extension was agreed on"
            case .unknownOpcode: "the opcode is reserved"
            case .fragmentedControl: "a control frame is never fragmented"
            case .longControl: "a control frame has 125 bytes of payload at most"
            case .strayContinuation: "a continuation without a message to continue"
            case .interruptedMessage: "a new message inside of another"
            case .wastefulLength: "a length is written in as few bytes as will do"
            case .hugeLength: "the top bit of a length is not 0"
            case .messageTooLarge: "the message is too large"
            case .badCloseLength: "a close code has two bytes"
            case .badCloseCode: "the close code is reserved"
            case .invalidText: "the text is not UTF-8"
            }
        }
    }
}
