extension HTTP2 {
    /// What one end has told the other about itself, RFC 9113 §6.5.2; at first what both assume.
    package struct Settings: BitwiseCopyable, Equatable, Sendable {
        package var headerTableSize = UInt32(Limit.tableBytes)
        package var enablesPush = true
        /// No limit until there is one.
        package var maxConcurrentStreams = UInt32.max
        package var initialWindowSize = Limit.initialWindow
        package var maxFrameSize = Limit.frameBytes
        /// Advice only; no limit until there is one.
        package var maxHeaderListSize = UInt32.max
        /// RFC 8441 §3: extended CONNECT may be asked of this server.
        package var enablesConnectProtocol = false

        package init() {}

        /// What a SETTINGS frame has changed beside the values themselves.
        package struct Change: BitwiseCopyable, Equatable, Sendable {
            /// What each stream's window moves by, RFC 9113 §6.9.2.
            package var windowDelta: Int64 = 0
            /// The smallest of the table sizes it went through; nil when none was named. For
            /// `HPACKEncoder.peerAllows`, before the final one.
            package var smallestTableSize: UInt32?
        }

        /// Takes the parameters of a frame in their order, RFC 9113 §6.5.3: of a repeated one the
        /// last counts. `FrameReader` has checked the values.
        package mutating func apply(
            _ payload: Span<UInt8>
        ) throws(Failure) -> Change {
            var change = Change()
            let windowBefore = initialWindowSize
            var at = 0
            while payload.count &- at >= Setting.size {
                let setting = Setting(payload, at: at)
                try set(setting)
                if setting.id == .headerTableSize {
                    change.smallestTableSize = min(
                        change.smallestTableSize ?? .max, setting.value)
                }
                at &+= Setting.size
            }
            change.windowDelta = Int64(initialWindowSize) - Int64(windowBefore)
            return change
        }

        private mutating func set(_ setting: Setting) throws(Failure) {
            switch setting.id {
            case .headerTableSize: headerTableSize = setting.value
            case .enablePush: enablesPush = setting.value != 0
            case .maxConcurrentStreams: maxConcurrentStreams = setting.value
            case .initialWindowSize: initialWindowSize = setting.value
            case .maxFrameSize: maxFrameSize = setting.value
            case .maxHeaderListSize: maxHeaderListSize = setting.value
            case .enableConnectProtocol:
                // RFC 8441 §3.
                if enablesConnectProtocol, setting.value == 0 {
                    throw .connection(
                        .protocol, "SETTINGS_ENABLE_CONNECT_PROTOCOL was taken back")
                }
                enablesConnectProtocol = setting.value != 0
            default: break
            }
        }
    }
}
