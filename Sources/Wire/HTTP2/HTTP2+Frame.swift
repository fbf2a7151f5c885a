extension HTTP2 {
    /// A whole frame whose form was checked, padding and priority fields taken off.
    package enum Frame: BitwiseCopyable, Equatable, Sendable {
        /// - Parameter flowBytes: what it takes from both windows: payload, padding and the
        ///   padding's length (RFC 9113 §6.9.1).
        case data(stream: UInt32, Run, flowBytes: UInt32, endStream: Bool)
        /// The first fragment of a field block, the whole of it with `endHeaders`.
        case headers(stream: UInt32, Run, endStream: Bool, endHeaders: Bool)
        /// A further fragment of the block that is open.
        case continuation(stream: UInt32, Run, endHeaders: Bool)
        case resetStream(stream: UInt32, ErrorCode)
        /// Parameters in order, six bytes each, the values checked.
        case settings(Run)
        case settingsAck
        /// The eight bytes to be echoed.
        case ping(UInt64)
        case pingAck(UInt64)
        case goAway(lastStream: UInt32, ErrorCode, debug: Run)
        /// - Parameter stream: zero for the connection.
        case windowUpdate(stream: UInt32, increment: UInt32)
        /// PRIORITY, which RFC 9113 §5.3.2 made meaningless, and frames of unknown types.
        case ignored
    }
}
