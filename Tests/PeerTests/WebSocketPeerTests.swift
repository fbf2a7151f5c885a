import Basis
import Report
import TestSupport
import Testing
import Wire

/// A WebSocket end that takes bytes as hexadecimal digits and says what it heard.
private let prologue = """
    import wsproto, wsproto.handshake
    from wsproto import WSConnection, ConnectionType, frame_protocol
    from wsproto.events import *
    from wsproto.frame_protocol import FrameProtocol, ParseFailed
    def hexed(data):
        return (data.encode() if isinstance(data, str) else bytes(data)).hex()
    def heard(events):
        said = []
        for e in events:
            if isinstance(e, (TextMessage, BytesMessage)):
                kind = "text" if isinstance(e, TextMessage) else "binary"
                said.append([kind, hexed(e.data), e.message_finished])
            elif isinstance(e, (Ping, Pong)):
                said.append([type(e).__name__, hexed(e.payload), True])
            elif isinstance(e, CloseConnection):
                said.append(["close", hexed(e.reason or ""), e.code])
            else:
                said.append([type(e).__name__, "", True])
        whole = []
        for kind, data, end in said:
            last = next((w for w in whole if w[0] == kind and w[2] is False), None)
            if last is not None:
                last[1], last[2] = last[1] + data, end
            else:
                whole.append([kind, data, end])
        return whole

    """

@Suite("WebSocket: wsproto at the other end")
struct WebSocketPeerTests {
    private static let lengths = [0, 1, 125, 126, 127, 65_535, 65_536]

    private static func digits(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func bytes(_ value: JSONValue?) -> [UInt8] {
        guard case .string(let text) = value else { return [] }
        let digits = text.utf8.map { UInt8($0 > 0x39 ? $0 - 0x57 : $0 - 0x30) }
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            digits[$0] << 4 | digits[$0 + 1]
        }
    }

    private static func array(_ queue: borrowing ByteQueue) -> [UInt8] {
        let bytes = queue.bytes
        return bytes.indices.map { bytes[$0] }
    }

    /// What our receiver hears, in the form of `heard`.
    private static func heard(_ bytes: [UInt8], role: WebSocket.Role) -> [JSONValue] {
        var receiver = WebSocket.Receiver(role: role)
        var said: [JSONValue] = []
        var message: [UInt8] = []
        var at = 0
        func plain(_ payload: WebSocket.Payload) -> [UInt8] {
            var output = ByteQueue()
            payload.append(from: bytes.span, to: &output)
            return array(output)
        }
        while true {
            switch receiver.next(bytes.span, from: at) {
            case .needMore(let keepFrom):
                if keepFrom < bytes.count { said.append("unfinished") }
                return said
            case .part(let part, let next):
                message += plain(part.payload)
                if part.isLast {
                    let kind: JSONValue = part.kind == .text ? "text" : "binary"
                    said.append([kind, .string(digits(message)), true])
                    message = []
                }
                at = next
            case .ping(let payload, let next):
                said.append(["Ping", .string(digits(plain(payload))), true])
                at = next
            case .pong(let payload, let next):
                said.append(["Pong", .string(digits(plain(payload))), true])
                at = next
            case .close(let code, let reason):
                let number = Int64(code?.code ?? 1005)
                said.append(["close", .string(digits(plain(reason))), .integer(number)])
                return said
            case .failure(let failure):
                said.append(["failure", .string("\(failure)"), .integer(Int64(failure.code.code))])
                return said
            }
        }
    }

    /// A conversation of one side, and what the other must hear.
    private static func talk(seed: UInt64, masks: Bool) -> (bytes: [UInt8], heard: [JSONValue]) {
        var generator = SeededGenerator(seed: seed)
        var output = ByteQueue()
        var heard: [JSONValue] = []
        func mask() -> WebSocket.Mask? { masks ? WebSocket.Mask(using: &generator) : nil }
        for (index, count) in lengths.enumerated() {
            let isText = index % 2 == 0
            let payload = (0..<count).map { _ in
                UInt8.random(in: 0...(isText ? 127 : 255), using: &generator)
            }
            let cut = Int.random(in: 0...count, using: &generator)
            WebSocket.FrameWriter.write(
                isText ? .text : .binary, isFinal: false, payload.span.extracting(first: cut),
                mask: mask(), to: &output)
            WebSocket.FrameWriter.write(
                .continuation, payload.span.extracting(droppingFirst: cut), mask: mask(),
                to: &output)
            heard.append([isText ? "text" : "binary", .string(digits(payload)), true])
            let short = Array(payload.prefix(125))
            WebSocket.FrameWriter.write(
                index % 3 == 0 ? .ping : .pong, short.span, mask: mask(), to: &output)
            heard.append([index % 3 == 0 ? "Ping" : "Pong", .string(digits(short)), true])
        }
        let smile = Array("é😀".utf8)
        for (index, byte) in smile.enumerated() {
            WebSocket.FrameWriter.write(
                index == 0 ? .text : .continuation, isFinal: index == smile.count - 1,
                [byte].span, mask: mask(), to: &output)
        }
        heard.append(["text", .string(digits(smile)), true])
        WebSocket.FrameWriter.writeClose(
            WebSocket.CloseCode(4_000), reason: smile.span, mask: mask(), to: &output)
        heard.append(["close", .string(digits(smile)), 4_000])
        return (array(output), heard)
    }

    @Test(
        "its server takes our request and hears what we say; we hear its close",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence),
        arguments: [1, 2, 3] as [UInt64])
    func server(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let key = WebSocket.HandshakeKey(using: &generator)
        let handshake = try WebSocket.ClientHandshake(
            target: Array("/chat".utf8), host: "example.org",
            fields: [.init("Sec-WebSocket-Protocol", "a, b")])
        var request = ByteQueue()
        handshake.write(key, to: &request)
        let talk = Self.talk(seed: seed, masks: true)
        let script = """
            ws = WSConnection(ConnectionType.SERVER)
            ws.receive_data(bytes.fromhex(given["request"]))
            request = next(ws.events())
            answer = ws.send(AcceptConnection(subprotocol=request.subprotocols[-1]))
            ws.receive_data(bytes.fromhex(given["talk"]))
            events = list(ws.events())
            print(json.dumps({"target": request.target, "host": request.host,
                              "answer": hexed(answer), "heard": heard(events),
                              "close": hexed(ws.send(events[-1].response()))}))
            """
        let said = try PythonOracle.answer(
            prologue + script,
            [
                "request": .string(Self.digits(Self.array(request))),
                "talk": .string(Self.digits(talk.bytes)),
            ])
        #expect(said["target"] == "/chat" && said["host"] == "example.org")
        #expect(said["heard"] == .array(talk.heard), "seed \(seed)")
        let answer = Self.bytes(said["answer"])
        var parser = HTTP1.ResponseParser()
        guard case .head(let head, let end) = parser.nextPiece(answer.span, from: 0) else {
            throw TestFailure("no head in the answer")
        }
        #expect(handshake.fault(of: head, answer.span, key: key) == nil && end == answer.count)
        let close = Self.heard(Self.bytes(said["close"]), role: .client)
        #expect(close == [talk.heard.last], "seed \(seed)")
    }

    @Test(
        "its client takes our answer and hears what we say; we hear what it says",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence),
        arguments: [4, 5, 6] as [UInt64])
    func client(seed: UInt64) throws {
        // Run twice: once for the request, and again, with the same nonce, when there is an answer.
        let script = """
            wsproto.handshake.generate_nonce = lambda: given["nonce"].encode()
            ws = WSConnection(ConnectionType.CLIENT)
            request = ws.send(Request(host="example.org", target="/chat?x",
                                      subprotocols=["a"]))
            said = b""
            events = []
            if given["answer"]:
                ws.receive_data(bytes.fromhex(given["answer"]))
                events = list(ws.events())
                for index, length in enumerate(given["lengths"]):
                    part = length // 3
                    if index % 2 == 0:
                        said += ws.send(TextMessage("x" * part, message_finished=False))
                        said += ws.send(Ping(b"p" * (length % 126)))
                        said += ws.send(TextMessage("x" * (length - part)))
                    else:
                        said += ws.send(BytesMessage(bytes(range(256)) * (length // 256 + 1)))
                        said += ws.send(Pong())
                said += ws.send(CloseConnection(1001, "é"))
                ws.receive_data(bytes.fromhex(given["talk"]))
                events += list(ws.events())
            print(json.dumps({"request": hexed(request), "said": hexed(said),
                              "heard": heard(events)}))
            """
        var generator = SeededGenerator(seed: seed)
        let nonce = WebSocket.HandshakeKey(using: &generator).text
        func run(_ answer: [UInt8], _ talk: [UInt8]) throws -> JSONValue {
            try PythonOracle.answer(
                prologue + script,
                [
                    "nonce": .string(
                        String(decoding: nonce.indices.map { nonce[$0] }, as: UTF8.self)),
                    "answer": .string(Self.digits(answer)),
                    "talk": .string(Self.digits(talk)),
                    "lengths": .array(Self.lengths.map { .integer(Int64($0)) }),
                ])
        }
        let request = Self.bytes(try run([], [])["request"])
        var parser = HTTP1.RequestParser()
        var head = HTTP1.RequestHead()
        guard case .head(let end) = parser.next(request.span, from: 0, into: &head),
            case .accept(let acceptance) = WebSocket.ServerHandshake.judge(head, in: request.span)
        else { throw TestFailure("refused: \(String(decoding: request, as: UTF8.self))") }
        #expect(end == request.count)
        var answer = ByteQueue()
        WebSocket.ServerHandshake.write(
            acceptance: acceptance, date: HTTPDate(unixSeconds: 0), to: &answer)
        let talk = Self.talk(seed: seed, masks: false)
        let said = try run(Self.array(answer), talk.bytes)
        #expect(said["heard"] == .array([["AcceptConnection", "", true]] + talk.heard))
        var expected: [JSONValue] = []
        for (index, length) in Self.lengths.enumerated() {
            if index % 2 == 0 {
                let ping = Array(repeating: UInt8(ascii: "p"), count: length % 126)
                let text = Array(repeating: UInt8(ascii: "x"), count: length)
                expected.append(["Ping", .string(Self.digits(ping)), true])
                expected.append(["text", .string(Self.digits(text)), true])
            } else {
                let bytes = (0..<(length / 256 + 1) * 256).map { UInt8(truncatingIfNeeded: $0) }
                expected.append(["binary", .string(Self.digits(bytes)), true])
                expected.append(["Pong", "", true])
            }
        }
        expected.append(["close", "c3a9", 1_001])
        #expect(Self.heard(Self.bytes(said["said"]), role: .server) == expected)
    }

    /// What a server sends, and whether that is a breach of the protocol.
    private static let breaches: [[UInt8]] = [
        [0x81, 0x80, 1, 2, 3, 4], [0xC1, 0], [0x91, 0], [0x83, 0], [0x8B, 0], [0x09, 0],
        [0x89, 126, 0, 126], [0x80, 0], [0x01, 0, 0x81, 0], [0x02, 0, 0x02, 0],
        [0x82, 126, 0, 125], [0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
        [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], [0x88, 1, 3], [0x88, 2, 3, 0xEC],
        [0x88, 2, 3, 0xED], [0x88, 2, 3, 0xEE], [0x88, 2, 3, 0xF7], [0x88, 2, 3, 0xE7],
        [0x88, 3, 3, 0xE8, 0xFF], [0x81, 1, 0xC0], [0x81, 2, 0xE2, 0x82],
        [0x81, 3, 0xED, 0xA0, 0x80], [0x01, 1, 0xE2, 0x80, 1, 0x61],
    ]

    @Test(
        "it refuses what we refuse, with the same code",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence))
    func refusals() throws {
        let script = """
            codes = []
            for row in given["rows"]:
                protocol = FrameProtocol(True, [])
                code = 0
                try:
                    protocol.receive_bytes(bytes.fromhex(row))
                    list(protocol.received_frames())
                except ParseFailed as failure:
                    code = int(failure.code)
                codes.append(code)
            print(json.dumps(codes))
            """
        let rows = Self.breaches.map { JSONValue.string(Self.digits($0)) }
        let codes = try PythonOracle.answer(prologue + script, ["rows": .array(rows)])
        let ours = Self.breaches.map { row in
            guard case .array(let last) = Self.heard(row, role: .client).last else {
                return JSONValue.null
            }
            return last[0] == "failure" ? last[2] : 0
        }
        for (row, (theirs, mine)) in zip(Self.breaches, zip(codes.elements, ours)) {
            #expect(theirs == mine, "\(Self.digits(row))")
        }
        #expect(ours.allSatisfy { $0 != 0 } && codes.elements.count == ours.count)
    }
}
