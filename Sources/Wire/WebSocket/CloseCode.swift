extension WebSocket {
    /// The status code of a Close frame, RFC 6455 §7.4.
    package struct CloseCode: BitwiseCopyable, Equatable, Sendable {
        package let code: UInt16

        @inline(always)
        package init(_ code: UInt16) { self.code = code }

        package static let normal = CloseCode(1000)
        package static let goingAway = CloseCode(1001)
        package static let protocolError = CloseCode(1002)
        package static let unsupportedData = CloseCode(1003)
        package static let invalidPayload = CloseCode(1007)
        package static let policyViolation = CloseCode(1008)
        package static let messageTooBig = CloseCode(1009)
        package static let internalError = CloseCode(1011)
        package static let tryAgainLater = CloseCode(1013)

        /// Whether it may stand in a Close frame, either way.
        ///
        /// RFC 6455 §7.4.1 keeps 1004, 1005, 1006 and 1015 off the wire; 1012 to 1014 came later
        /// to its registry; §7.4.2 leaves 3000 to 4999 to libraries and applications.
        package var isForWire: Bool {
            switch code {
            case 1000...1003, 1007...1014, 3000...4999: true
            default: false
            }
        }
    }
}
