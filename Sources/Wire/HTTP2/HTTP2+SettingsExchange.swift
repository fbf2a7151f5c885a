extension HTTP2 {
    /// The settings of both ends. Ours bind the peer only once it has acknowledged them (RFC 9113
    /// §6.5.3), so those that were sent and those in force are kept apart.
    package struct SettingsExchange: BitwiseCopyable, Equatable, Sendable {
        /// What the peer has told us; it binds us as soon as it is read.
        package private(set) var peer = Settings()
        /// Ours, as far as the peer has acknowledged them.
        package private(set) var local = Settings()
        private var announced: Settings?

        package init() {}

        /// Whether a SETTINGS frame of ours waits for its acknowledgment; a peer that lets it wait
        /// too long ends with SETTINGS_TIMEOUT.
        package var isAwaitingAck: Bool { announced != nil }

        /// Takes note that SETTINGS with these values are sent. One at a time: a second one waits
        /// for the acknowledgment of the first.
        package mutating func announce(_ settings: Settings) {
            precondition(announced == nil, "SETTINGS before the last ones were acknowledged")
            announced = settings
        }

        /// The peer has acknowledged: ours are in force now.
        /// - Returns: what the receive windows of streams move by.
        package mutating func acknowledged() throws(Failure) -> Int64 {
            guard let announced else {
                throw .connection(.protocol, "an acknowledgment of SETTINGS that were not sent")
            }
            let delta = Int64(announced.initialWindowSize) - Int64(local.initialWindowSize)
            local = announced
            self.announced = nil
            return delta
        }

        /// The peer's SETTINGS; they are acknowledged once what changes is applied.
        package mutating func receive(
            _ payload: Span<UInt8>
        ) throws(Failure) -> Settings.Change {
            try peer.apply(payload)
        }
    }
}
