extension HTTP2 {
    /// What a parameter of SETTINGS is about, RFC 9113 §6.5.2. Unknown ones are ignored.
    package struct SettingID: RawRepresentable, BitwiseCopyable, Equatable, Sendable {
        package let rawValue: UInt16

        @inline(always)
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let headerTableSize = SettingID(rawValue: 0x1)
        package static let enablePush = SettingID(rawValue: 0x2)
        package static let maxConcurrentStreams = SettingID(rawValue: 0x3)
        package static let initialWindowSize = SettingID(rawValue: 0x4)
        package static let maxFrameSize = SettingID(rawValue: 0x5)
        package static let maxHeaderListSize = SettingID(rawValue: 0x6)
        /// RFC 8441 §3.
        package static let enableConnectProtocol = SettingID(rawValue: 0x8)
    }

    /// One parameter of SETTINGS.
    package struct Setting: BitwiseCopyable, Equatable, Sendable {
        /// Bytes on the wire.
        package static let size = 6

        package let id: SettingID
        package let value: UInt32

        @inline(always)
        package init(_ id: SettingID, _ value: UInt32) {
            self.id = id
            self.value = value
        }

        /// Reads the six bytes at `offset`, which must be there.
        @inline(always)
        package init(_ input: Span<UInt8>, at offset: Int) {
            id = SettingID(rawValue: input.bigEndian(UInt16.self, at: offset))
            value = input.bigEndian(UInt32.self, at: offset &+ 2)
        }

        /// What RFC 9113 §6.5.2 and RFC 8441 §3 allow each parameter to be.
        func check(from sender: Role) throws(Failure) {
            switch id {
            case .enablePush:
                if value > 1 {
                    throw .connection(.protocol, "SETTINGS_ENABLE_PUSH is neither 0 nor 1")
                }
                if value == 1, sender == .server {
                    throw .connection(.protocol, "a server cannot enable push")
                }
            case .initialWindowSize where value > Limit.windowMax:
                throw .connection(.flowControl, "SETTINGS_INITIAL_WINDOW_SIZE beyond 2^31-1")
            case .maxFrameSize where value < Limit.frameBytes || value > Limit.frameBytesMax:
                throw .connection(.protocol, "SETTINGS_MAX_FRAME_SIZE outside 2^14 to 2^24-1")
            case .enableConnectProtocol where value > 1:
                throw .connection(
                    .protocol, "SETTINGS_ENABLE_CONNECT_PROTOCOL is neither 0 nor 1")
            default:
                break
            }
        }
    }
}
