import Basis
import Platform
import Testing
import Wire

@testable import Serve

/// Frames of HTTP/2 as bytes, made by hand: what a peer may send, faulty or not.
enum HTTP2Frames {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// A preface and empty SETTINGS.
    static let opening = preface + settings()

    static func frame(
        _ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []
    ) -> [UInt8] {
        let count = payload.count
        return [
            UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags,
        ] + word(stream) + payload
    }

    static func word(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
    }

    static func settings(_ values: [(UInt16, UInt32)] = [], flags: UInt8 = 0) -> [UInt8] {
        frame(
            4, flags: flags,
            values.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 255)] + word($0.1) })
    }

    /// Literal fields that no table keeps (RFC 7541 §6.2.2), without Huffman.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
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

    static func request(
        _ method: String, _ path: String, _ more: [(String, String)] = []
    ) -> [(String, String)] {
        [(":method", method), (":scheme", "http"), (":authority", "h"), (":path", path)] + more
    }

    /// HEADERS, by default a whole request.
    static func headers(
        _ stream: UInt32, _ fields: [(String, String)], flags: UInt8 = 5
    ) -> [UInt8] {
        frame(1, flags: flags, stream: stream, block(fields))
    }

    static func get(_ stream: UInt32, _ path: String) -> [UInt8] {
        headers(stream, request("GET", path))
    }

    static func data(_ stream: UInt32, _ text: String, ends: Bool = true) -> [UInt8] {
        frame(0, flags: ends ? 1 : 0, stream: stream, Array(text.utf8))
    }

    static func update(_ stream: UInt32, _ increment: UInt32) -> [UInt8] {
        frame(8, stream: stream, word(increment))
    }

    static func reset(_ stream: UInt32, _ code: UInt32 = 8) -> [UInt8] {
        frame(3, stream: stream, word(code))
    }

    static func ping(_ value: UInt8, flags: UInt8 = 0) -> [UInt8] {
        frame(6, flags: flags, [UInt8](repeating: value, count: 8))
    }
}

/// What a server has sent, frame by frame in short words: `settings`, `1:200`, `1 data 13 end`,
/// `1 reset PROTOCOL_ERROR`, `goaway 1 NO_ERROR`.
struct HTTP2Reading: ~Copyable {
    private var decoder = HPACKDecoder()
    private var fields = HTTP2.ResponseFields()
    private var rest: [UInt8] = []
    /// Payload by stream.
    private(set) var payloads: [UInt32: [UInt8]] = [:]

    mutating func read(_ bytes: [UInt8]) -> [String] {
        rest += bytes
        var words: [String] = []
        while rest.count >= 9 {
            let count = Int(rest[0]) << 16 | Int(rest[1]) << 8 | Int(rest[2])
            guard rest.count >= 9 + count else { break }
            let stream = Self.number(rest[5..<9])
            words.append(word(rest[3], rest[4], stream, Array(rest[9..<(9 + count)])))
            rest.removeFirst(9 + count)
        }
        return words
    }

    var isWhole: Bool { rest.isEmpty }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func code(_ bytes: ArraySlice<UInt8>) -> String {
        HTTP2.ErrorCode(rawValue: number(bytes)).text
    }

    private mutating func word(
        _ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]
    ) -> String {
        switch type {
        case 0:
            payloads[stream, default: []] += payload
            return "\(stream) data \(payload.count)" + (flags & 1 == 1 ? " end" : "")
        case 1:
            fields.begin(.head)
            guard (try? decoder.decode(payload.span, into: &fields)) != nil else { return "broken" }
            return "\(stream):\(fields.status.code)" + (flags & 1 == 1 ? " end" : "")
        case 3: return "\(stream) reset \(Self.code(payload[0..<4]))"
        case 4: return flags & 1 == 1 ? "settings ack" : "settings"
        case 6: return (flags & 1 == 1 ? "pong " : "ping ") + "\(payload[0])"
        case 7: return "goaway \(Self.number(payload[0..<4])) \(Self.code(payload[4..<8]))"
        case 8: return "\(stream) update \(Self.number(payload[0..<4]))"
        default: return "type \(type)"
        }
    }
}

/// A connection that does its own work, and may speak HTTP/2.
enum HTTP2Loop {
    typealias Session = NegotiatedSession<Boxed<HTTP2Session>>

    static func make(
        _ options: ServerOptions = ServerOptions()
    ) -> VirtualConnection<OwnDesk, Session> {
        VirtualConnection(
            OwnDesk(responder: Responder(ledger: PaymentLedger())), options: options)
    }

    /// What the server says first.
    private static let greeting = ["settings", "0 update 983041", "settings ack"]

    /// The words behind the greeting.
    static func words(_ connection: VirtualConnection<OwnDesk, Session>) -> [String] {
        var reading = HTTP2Reading()
        let words = reading.read(connection.sent)
        let isWhole = reading.isWhole
        #expect(isWhole)
        return words.starts(with: greeting) ? Array(words.dropFirst(3)) : words
    }
}
