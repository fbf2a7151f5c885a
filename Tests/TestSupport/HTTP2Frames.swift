/// Frames of HTTP/2 as bytes, made by hand: what a peer may send, faulty or not.
package enum HTTP2Frames {
    package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// A preface and empty SETTINGS.
    package static let opening = preface + settings()

    package static func frame(
        _ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []
    ) -> [UInt8] {
        let count = payload.count
        return [
            UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags,
        ] + word(stream) + payload
    }

    package static func word(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
    }

    package static func settings(_ values: [(UInt16, UInt32)] = [], flags: UInt8 = 0) -> [UInt8] {
        frame(
            4, flags: flags,
            values.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 255)] + word($0.1) })
    }

    /// Literal fields that no table keeps (RFC 7541 §6.2.2), without Huffman.
    package static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { (name, value) in
            [0] + string(name) + string(value)
        }
    }

    private static func string(_ text: String) -> [UInt8] {
        let count = text.utf8.count
        return (count < 127 ? [UInt8(count)] : [127] + rest(count - 127)) + Array(text.utf8)
    }

    private static func rest(_ value: Int) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + rest(value >> 7)
    }

    package static func request(
        _ method: String, _ path: String, _ more: [(String, String)] = []
    ) -> [(String, String)] {
        [(":method", method), (":scheme", "http"), (":authority", "h"), (":path", path)] + more
    }

    /// HEADERS, by default a whole request.
    package static func headers(
        _ stream: UInt32, _ fields: [(String, String)], flags: UInt8 = 5
    ) -> [UInt8] {
        frame(1, flags: flags, stream: stream, block(fields))
    }

    package static func get(_ stream: UInt32, _ path: String) -> [UInt8] {
        headers(stream, request("GET", path))
    }

    package static func data(_ stream: UInt32, _ text: String, ends: Bool = true) -> [UInt8] {
        frame(0, flags: ends ? 1 : 0, stream: stream, Array(text.utf8))
    }

    package static func update(_ stream: UInt32, _ increment: UInt32) -> [UInt8] {
        frame(8, stream: stream, word(increment))
    }

    package static func reset(_ stream: UInt32, _ code: UInt32 = 8) -> [UInt8] {
        frame(3, stream: stream, word(code))
    }

    package static func ping(_ value: UInt8, flags: UInt8 = 0) -> [UInt8] {
        frame(6, flags: flags, [UInt8](repeating: value, count: 8))
    }
}
