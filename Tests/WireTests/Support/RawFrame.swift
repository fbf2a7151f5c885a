/// A frame written byte by byte, with whatever mistakes a test wants.
struct RawFrame {
    var first: UInt8
    var payload: [UInt8] = []
    var key: [UInt8]?

    /// A frame of a client.
    static func masked(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        RawFrame(first: first, payload: payload, key: [0x37, 0xFA, 0x21, 0x3D]).bytes
    }

    static func masked(_ first: UInt8, _ payload: String = "") -> [UInt8] {
        masked(first, Array(payload.utf8))
    }

    /// A frame of a server.
    static func plain(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        RawFrame(first: first, payload: payload).bytes
    }

    static func plain(_ first: UInt8, _ payload: String = "") -> [UInt8] {
        plain(first, Array(payload.utf8))
    }

    var bytes: [UInt8] {
        let maskBit: UInt8 = key == nil ? 0 : 0x80
        var bytes = [first]
        switch payload.count {
        case ..<126:
            bytes.append(maskBit | UInt8(payload.count))
        case ..<0x1_0000:
            bytes += [maskBit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            bytes.append(maskBit | 127)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        guard let key else { return bytes + payload }
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }
}
