import Basis
import Platform
import Testing
import Wire

@testable import Serve

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
            let text = GRPC.MessageText.decode(fields.grpcMessage)
            let call =
                fields.grpcStatus.map { " grpc \($0)" + (text.isEmpty ? "" : " \(text)") } ?? ""
            let head = fields.status.code == 0 ? "" : ":\(fields.status.code)"
            return "\(stream)\(head)\(call)" + (flags & 1 == 1 ? " end" : "")
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
        _ options: ServerOptions = ServerOptions(), topics: Topics = Topics()
    ) -> VirtualConnection<OwnDesk, Session> {
        VirtualConnection(
            OwnDesk(responder: Responder(ledger: PaymentLedger(), topics: topics)),
            options: options, topics: topics)
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
