import TestSupport

@testable import Serve

/// What a client of WebSocket says, made by hand, faulty or not, and what the server says to it.
enum WebSocketFrames {
    /// The key of RFC 6455 §1.3.
    static let offer = [
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    static let opening = Array(HTTPText.get("/ws", fields: offer).utf8)

    /// A frame with any first byte, masked as a client's has to be.
    static func frame(_ first: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        return head(first, payload.count, maskBit: 0x80) + key
            + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }

    static func frame(_ first: UInt8, _ payload: String) -> [UInt8] {
        frame(first, Array(payload.utf8))
    }

    static func text(_ payload: String) -> [UInt8] { frame(0x81, payload) }
    static func ping(_ payload: String) -> [UInt8] { frame(0x89, payload) }

    static func close(_ code: UInt16, _ reason: String = "") -> [UInt8] {
        frame(0x88, [UInt8(code >> 8), UInt8(code & 255)] + Array(reason.utf8))
    }

    static func head(_ first: UInt8, _ count: Int, maskBit: UInt8 = 0) -> [UInt8] {
        switch count {
        case ..<126: [first, maskBit | UInt8(count)]
        case ..<0x1_0000: [first, maskBit | 126, UInt8(count >> 8), UInt8(count & 255)]
        default:
            [first, maskBit | 127]
                + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
        }
    }

    /// What a server has sent behind the head of its 101, frame by frame: `text abc`, `binary 3`,
    /// `close 1000`. What is no whole frame, or masked, is `broken`.
    static func words(_ sent: [UInt8]) -> [String] {
        let text = String(decoding: sent, as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 101 ") else { return [String(text.prefix(12))] }
        var at = 0
        while !sent[at...].starts(with: [13, 10, 13, 10]) { at += 1 }
        var words: [String] = []
        var rest = sent[(at + 4)...]
        while !rest.isEmpty {
            guard let (first, payload) = next(&rest) else { return words + ["broken"] }
            words.append(word(first, payload))
        }
        return words
    }

    /// Takes a whole frame off the front.
    private static func next(_ rest: inout ArraySlice<UInt8>) -> (UInt8, [UInt8])? {
        let bytes = Array(rest)
        guard bytes.count >= 2, bytes[1] & 0x80 == 0 else { return nil }
        let width = bytes[1] == 126 ? 2 : bytes[1] == 127 ? 8 : 0
        guard bytes.count >= 2 + width else { return nil }
        let count =
            width == 0 ? Int(bytes[1]) : bytes[2..<(2 + width)].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count >= 2 + width + count else { return nil }
        rest = rest.dropFirst(2 + width + count)
        return (bytes[0], Array(bytes[(2 + width)..<(2 + width + count)]))
    }

    private static func word(_ first: UInt8, _ payload: [UInt8]) -> String {
        let text = String(decoding: payload, as: UTF8.self)
        switch first {
        case 0x81: return "text \(text)"
        case 0x82: return "binary \(payload.count)"
        case 0x88 where payload.isEmpty: return "close"
        case 0x88: return "close \(Int(payload[0]) << 8 | Int(payload[1]))"
        case 0x89: return "ping \(text)"
        case 0x8A: return "pong \(text)"
        default: return "first byte \(first)"
        }
    }
}
