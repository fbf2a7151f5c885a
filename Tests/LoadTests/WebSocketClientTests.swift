import Basis
import Platform
import Secure
import Testing
import Wire

@testable import Load

/// The generator's end of a WebSocket, without sockets: one connection and what a server says.
struct WebSocketClientTests {
    private struct End<Use: WebSocketUse>: ~Copyable {
        var client: WebSocketClient<Use>
        var session: WebSocketClient<Use>.Session

        init(_ message: String = "echo", window: Int = 1, seed: UInt64 = 1) throws {
            let template = try HTTP1.RequestTemplate(target: "/ws", host: "a")
            let request = try WebSocketRequest(template, kind: .text, message: Array(message.utf8))
            client = WebSocketClient(
                request: request, window: window, seed: seed, unixOffset: .seconds(1_000))
            session = client.open()
        }

        /// Takes what is to be sent, in pieces.
        mutating func taken(atMost limit: Int = .max) -> [UInt8] {
            var bytes: [UInt8] = []
            while true {
                let count: Int
                do {
                    let output = client.output(of: session)
                    if output.isEmpty { return bytes }
                    count = min(limit, output.count)
                    for index in 0..<count { bytes.append(output[index]) }
                }
                client.wrote(count, on: &session)
            }
        }

        /// What the bytes mean, one word an event; held bytes are shown again.
        mutating func heard(_ bytes: [UInt8], cutAt cut: Int? = nil) -> [String] {
            var words: [String] = []
            var input = HeldInput()
            for piece in [bytes.prefix(cut ?? 0), bytes.dropFirst(cut ?? 0)] {
                input.show(piece, to: &client, &session) { _, _, event in
                    switch event {
                    case .answer(let answer):
                        words.append("\(answer.slot): \(answer.bodyBytes)")
                        return answer.end
                    case .lastRequests(let end):
                        words.append("last")
                        return end
                    case .violation(let violation): words.append(violation.reason)
                    case .delivered(let delivery):
                        words.append("\(delivery.stamp.unixNanoseconds) of \(delivery.bytes)")
                        return delivery.end
                    case .needMore, .part, .lost: words.append("another event")
                    }
                    return nil
                }
            }
            return words
        }

        /// The answer of a server to the request that is in the output.
        mutating func answer() throws -> [UInt8] {
            let request = taken()
            var parser = HTTP1.RequestParser()
            var head = HTTP1.RequestHead()
            guard case .head(let end) = parser.next(request.span, from: 0, into: &head),
                case .accept(let acceptance) = WebSocket.ServerHandshake.judge(
                    head, in: request.span), end == request.count
            else { throw Complaint("no request", remedy: "") }
            var output = ByteQueue()
            WebSocket.ServerHandshake.write(
                acceptance: acceptance, date: HTTPDate(unixSeconds: 0), to: &output)
            let bytes = output.bytes
            return bytes.indices.map { bytes[$0] }
        }

        mutating func begin(_ count: Int = 1) {
            for _ in 0..<count { begin(due: .distantFuture) }
        }

        mutating func begin(due: Instant) { _ = client.begin(on: &session, due: due) }
        var room: Int { client.room(on: session) }
        var missing: String { client.missing(of: session) }
    }

    private typealias EchoEnd = End<Echoes>

    private static func frame(_ first: UInt8, _ payload: String = "") -> [UInt8] {
        [first, UInt8(payload.utf8.count)] + Array(payload.utf8)
    }

    /// What a client has sent: first byte and payload of each frame, which must be masked.
    private static func frames(_ bytes: [UInt8]) -> [String] {
        var words: [String] = []
        var rest = bytes[...]
        while rest.count >= 6 {
            let frame = Array(rest)
            let count = Int(frame[1] & 0x7F)
            guard frame[1] & 0x80 != 0, frame.count >= 6 + count else { return words + ["broken"] }
            let payload = (0..<count).map { frame[6 + $0] ^ frame[2 + $0 % 4] }
            words.append(String(frame[0], radix: 16) + String(decoding: payload, as: UTF8.self))
            rest = rest.dropFirst(6 + count)
        }
        return words
    }

    // MARK: the opening

    @Test("there is no room before the handshake is answered, wherever the answer is cut")
    func opening() throws {
        let count = try {
            var end = try EchoEnd()
            return try end.answer().count
        }()
        for cut in 0...count {
            var end = try EchoEnd(window: 3)
            let answer = try end.answer()
            #expect(end.room == 0 && end.missing == "before the answer to the handshake")
            #expect(end.heard(answer, cutAt: cut) == [])
            #expect(end.room == 3 && end.missing == "between echoes")
        }
    }

    @Test("an interim answer comes before the handshake's")
    func interim() throws {
        var end = try EchoEnd()
        let answer = try end.answer()
        #expect(end.heard(Array("HTTP/1.1 103 Early Hints\r\n\r\n".utf8) + answer) == [])
        #expect(end.room == 1)
    }

    @Test(
        "an answer that opens nothing is told of",
        arguments: [
            ("HTTP/1.1 426 No\r\nContent-Length: 0\r\n\r\n", "with status 426"),
            ("HTTP/1.1 200 OK\r\n\r\n", "with status 200"),
            (
                "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
                "Sec-WebSocket-Accept is not that of the key"
            ),
            ("HTTP/1.1 101 S\r\nConnection: Upgrade\r\n\r\n", "Upgrade does not say websocket"),
            ("220 smtp\r\n", "the answer does not begin with HTTP/"),
        ])
    func refused(answer: String, reason: String) throws {
        var end = try EchoEnd()
        let words = end.heard(Array(answer.utf8))
        #expect(words.count == 1 && words[0].hasSuffix(reason), "\(words)")
        #expect(end.room == 0)
    }

    @Test("each connection has a key of its own, and a seed gives the same ones again")
    func keys() throws {
        func keys(_ seed: UInt64) throws -> [[UInt8]] {
            var end = try EchoEnd(seed: seed)
            let first = end.taken()
            end.session = end.client.open()
            return [first, end.taken()]
        }
        let all = try keys(1) + keys(2)
        #expect(Set(all).count == 4)
        #expect(try keys(1) == Array(all[..<2]))
    }

    // MARK: messages

    private func opened(_ message: String = "echo", window: Int = 1) throws -> EchoEnd {
        var end = try EchoEnd(message, window: window)
        _ = end.heard(try end.answer())
        return end
    }

    @Test("messages leave masked, each with a key of its own, in pieces of any size")
    func masked() throws {
        for limit in [1, 2, 7, 100] {
            var end = try opened(window: 3)
            end.begin(3)
            let bytes = end.taken(atMost: limit)
            #expect(Self.frames(bytes) == ["81echo", "81echo", "81echo"])
            let keys = [2, 12, 22].map { (start: Int) -> [UInt8] in
                Array(bytes[start..<(start + 4)])
            }
            #expect(Set(keys).count == 3)
        }
    }

    @Test("echoes are answers in order, whole or in fragments, with controls between")
    func echoes() throws {
        let bytes =
            Self.frame(0x81, "echo") + Self.frame(0x01, "ec") + Self.frame(0x89, "!")
            + Self.frame(0x00) + Self.frame(0x80, "ho") + Self.frame(0x8A)
            + Self.frame(0x82, "echo")
        for cut in 0...bytes.count {
            var end = try opened(window: 3)
            end.begin(3)
            _ = end.taken()
            #expect(end.heard(bytes, cutAt: cut) == ["0: 4", "1: 4", "2: 4"], "cut at \(cut)")
            #expect(Self.frames(end.taken()) == ["8a!"])
        }
    }

    @Test(
        "what is no echo is a violation",
        arguments: [
            (Self.frame(0x81, "ech"), "with the 4 bytes it had"),
            (Self.frame(0x01, "echo!"), "with the 4 bytes it had"),
            (Self.frame(0x81), "with the 4 bytes it had"),
            (Self.frame(0x81, "echo") + Self.frame(0x81, "echo"), "what no request had asked for"),
            ([0x81, 0x84, 0, 0, 0, 0, 0, 0, 0, 0], "1002: a server does not mask its frames"),
            (Self.frame(0xC1, "echo"), "no extension was agreed on"),
            (Self.frame(0x81, "\u{E9}c") + [], "with the 4 bytes it had"),
            ([0x81, 4, 0x61, 0xFF, 0x61, 0x61], "1007: the text is not UTF-8"),
        ] as [([UInt8], String)])
    func violations(bytes: [UInt8], reason: String) throws {
        var end = try opened()
        end.begin()
        _ = end.taken()
        let words = end.heard(bytes)
        #expect(words.last?.hasSuffix(reason) == true, "\(words)")
    }

    @Test(
        "a close is answered, gives no more room and is told of",
        arguments: [
            ([0x88, 2, 3, 0xF3], "1011"), ([0x88, 0], "no code"),
            ([0x88, 5, 3, 0xE9, 98, 121, 101], "1001: bye"),
        ] as [([UInt8], String)])
    func close(bytes: [UInt8], told: String) throws {
        var end = try opened(window: 2)
        end.begin()
        _ = end.taken()
        #expect(end.heard(bytes + [0xFF]) == ["last"])
        #expect(end.room == 0 && end.missing == "after its Close frame with \(told)")
        let sent = Self.frames(end.taken())
        #expect(sent.count == 1 && sent[0].hasPrefix("88"))
    }

    @Test("messages wait outside of the output where there are many, and all leave")
    func bounded() throws {
        let message = String(repeating: "m", count: 100_000)
        var end = try opened(message, window: 50)
        end.begin(50)
        let waiting = end.client.output(of: end.session).count
        #expect(waiting < Limit.webSocketOutput + 2 * message.utf8.count)
        #expect(end.taken(atMost: 70_000).count == 50 * (message.utf8.count + 14))
        #expect(end.session.output.storageBytes <= 2 * Limit.webSocketOutput)
    }

    @Test("pings of a server that takes nothing cost little")
    func pings() throws {
        var end = try opened()
        let ping = Self.frame(0x89, String(repeating: "p", count: 125))
        for _ in 0..<10_000 { _ = end.heard(ping) }
        let waiting = end.client.output(of: end.session).count
        #expect(waiting < Limit.webSocketOutput + 200)
    }

    // MARK: events

    @Test("messages tell when they were due, also those that waited", arguments: [19, 20, 50_000])
    func timed(size: Int) throws {
        var text = String(repeating: "0", count: Stamp.digits)
        if size > text.utf8.count { text += " " }
        text += String(repeating: "x", count: size - text.utf8.count)
        var end = try End<TimedEchoes>(text, window: 20)
        _ = end.heard(try end.answer())
        for number in 1...20 { end.begin(due: Instant(raw: Int64(number))) }
        var bytes = end.taken(atMost: 70_000)[...]
        let head = size < 126 ? 6 : 8
        for number in 1...20 {
            let frame = Array(bytes.prefix(head + size))
            let payload = (0..<size).map { frame[head + $0] ^ frame[head - 4 + $0 % 4] }
            let wanted = EventText.stamp(1_000_000_000_000 + Int64(number))
            #expect(String(decoding: payload, as: UTF8.self) == wanted + text.dropFirst(19))
            bytes = bytes.dropFirst(head + size)
        }
        #expect(bytes.isEmpty && end.session.output.isEmpty)
        // What comes back is held against the length alone.
        if size < 126 { #expect(end.heard(Self.frame(0x81, text)) == ["0: \(size)"]) }
    }

    @Test("a subscriber sends nothing, and is told of each message, whatever the cuts")
    func delivered() throws {
        let (one, two) = (EventText.stamp(7), EventText.stamp(8) + " xx")
        let bytes =
            Self.frame(0x81, one) + Self.frame(0x01) + Self.frame(0x00, String(two.prefix(5)))
            + Self.frame(0x89, "!") + Self.frame(0x80, String(two.dropFirst(5)))
            + Self.frame(0x82, two)
        for cut in 0...bytes.count {
            var end = try End<Subscriptions>("", window: 1)
            _ = end.heard(try end.answer())
            #expect(end.room == 0 && end.taken() == [] && end.missing == "between events")
            #expect(
                end.heard(bytes, cutAt: cut) == ["7 of 19", "8 of 22", "8 of 22"], "cut at \(cut)")
            #expect(Self.frames(end.taken()) == ["8a!"])
            #expect(end.heard([0x88, 2, 3, 0xE9]) == ["last"])
            let expects = end.client.expects(end.session)
            #expect(expects && end.missing == "after its Close frame with 1001")
        }
    }

    @Test(
        "a message that carries no time is no event",
        arguments: ["", "hello", "0000000000000000000x"])
    func untimed(text: String) throws {
        var end = try End<Subscriptions>("", window: 1)
        _ = end.heard(try end.answer())
        let words = end.heard(Self.frame(0x81, text))
        #expect(words.count == 1 && words[0].hasPrefix("an event carries no time"))
    }
}
