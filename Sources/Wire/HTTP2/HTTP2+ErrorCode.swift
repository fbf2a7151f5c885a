extension HTTP2 {
    /// Why a stream or a connection ends, RFC 9113 §7. A code that is unknown is no error.
    package struct ErrorCode: RawRepresentable, BitwiseCopyable, Equatable, Sendable {
        package let rawValue: UInt32

        @inline(always)
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let none = ErrorCode(rawValue: 0x0)
        package static let `protocol` = ErrorCode(rawValue: 0x1)
        package static let `internal` = ErrorCode(rawValue: 0x2)
        package static let flowControl = ErrorCode(rawValue: 0x3)
        package static let settingsTimeout = ErrorCode(rawValue: 0x4)
        package static let streamClosed = ErrorCode(rawValue: 0x5)
        package static let frameSize = ErrorCode(rawValue: 0x6)
        package static let refusedStream = ErrorCode(rawValue: 0x7)
        package static let cancel = ErrorCode(rawValue: 0x8)
        package static let compression = ErrorCode(rawValue: 0x9)
        package static let connect = ErrorCode(rawValue: 0xA)
        package static let enhanceYourCalm = ErrorCode(rawValue: 0xB)
        package static let inadequateSecurity = ErrorCode(rawValue: 0xC)
        package static let http11Required = ErrorCode(rawValue: 0xD)

        /// For people.
        package var text: String { name.map { "\($0)" } ?? "error \(rawValue)" }

        /// The name in RFC 9113 §7; nil for a code that has none there.
        package var name: StaticString? {
            switch rawValue {
            case 0x0: "NO_ERROR"
            case 0x1: "PROTOCOL_ERROR"
            case 0x2: "INTERNAL_ERROR"
            case 0x3: "FLOW_CONTROL_ERROR"
            case 0x4: "SETTINGS_TIMEOUT"
            case 0x5: "STREAM_CLOSED"
            case 0x6: "FRAME_SIZE_ERROR"
            case 0x7: "REFUSED_STREAM"
            case 0x8: "CANCEL"
            case 0x9: "COMPRESSION_ERROR"
            case 0xA: "CONNECT_ERROR"
            case 0xB: "ENHANCE_YOUR_CALM"
            case 0xC: "INADEQUATE_SECURITY"
            case 0xD: "HTTP_1_1_REQUIRED"
            default: nil
            }
        }
    }
}
