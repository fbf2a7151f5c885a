import Basis
import Testing

@testable import Wire

@Suite("Opening a WebSocket, as a server")
struct ServerHandshakeTests {
    private static let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    private static let version = "Sec-WebSocket-Version: 13\r\n"
    private static let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n"

    /// The fields of a request behind its Host, and what the server makes of it; nil for the
    /// answer of RFC 6455 §1.3.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let fields: String
        var line = "GET /chat HTTP/1.1"
        let refusal: WebSocket.HandshakeRefusal?

        init(
            _ name: String, _ fields: String, line: String = "GET /chat HTTP/1.1",
            _ refusal: WebSocket.HandshakeRefusal?
        ) {
            testDescription = name
            self.fields = fields
            self.line = line
            self.refusal = refusal
        }
    }

    static let cases = [
        Case("as in the RFC", upgrade + key + version, nil),
        Case("another order and path", version + key + upgrade, line: "GET /?a HTTP/1.1", nil),
        Case(
            "lists, in any case of letters",
            "UPGRADE: h2c, WebSocket\r\nconnection: keep-alive , uPGRADE\r\n" + key + version, nil),
        Case(
            "lists over several lines",
            "Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: x\r\nConnection: upgrade\r\n" + key
                + version, nil),
        Case(
            "what is offered besides is left out",
            upgrade + key + version
                + "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: a\r\n",
            nil),
        Case("a length of zero", upgrade + key + version + "Content-Length: 0\r\n", nil),
        Case("POST", upgrade + key + version, line: "POST /chat HTTP/1.1", .badMethod),
        Case("HEAD", upgrade + key + version, line: "HEAD /chat HTTP/1.1", .badMethod),
        Case("HTTP/1.0", upgrade + key + version, line: "GET /chat HTTP/1.0", .notOffered),
        Case("no Upgrade", "Connection: Upgrade\r\n" + key + version, .notOffered),
        Case("no Connection", "Upgrade: websocket\r\n" + key + version, .notOffered),
        Case(
            "another protocol", "Upgrade: websockets\r\nConnection: Upgrade\r\n" + key + version,
            .notOffered),
        Case("a body", upgrade + key + version + "Content-Length: 1\r\n", .hasPayload),
        Case(
            "a chunked body", upgrade + key + version + "Transfer-Encoding: chunked\r\n",
            .hasPayload),
        Case("no version", upgrade + key, .unknownVersion),
        Case("version 8", upgrade + key + "Sec-WebSocket-Version: 8\r\n", .unknownVersion),
        Case("version 013", upgrade + key + "Sec-WebSocket-Version: 013\r\n", .unknownVersion),
        Case("version 130", upgrade + key + "Sec-WebSocket-Version: 130\r\n", .unknownVersion),
        Case("two versions", upgrade + key + version + version, .unknownVersion),
        Case("no key", upgrade + version, .badKey),
        Case("an empty key", upgrade + version + "Sec-WebSocket-Key:\r\n", .badKey),
        Case("two keys", upgrade + version + key + key, .badKey),
        Case(
            "a key behind an empty one", upgrade + version + "Sec-WebSocket-Key:\r\n" + key,
            .badKey),
        Case(
            "15 bytes", upgrade + version + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n", .badKey),
        Case(
            "no Base64", upgrade + version + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25-ZQ==\r\n",
            .badKey),
    ]

    /// Parses a request and writes what the server answers.
    private func answer(_ test: Case) -> (WebSocket.HandshakeRefusal?, String)? {
        let input = Array("\(test.line)\r\nHost: a\r\n\(test.fields)\r\n".utf8)
        var parser = HTTP1.RequestParser()
        var head = HTTP1.RequestHead()
        guard case .head = parser.next(input.span, from: 0, into: &head) else { return nil }
        var output = ByteQueue()
        let date = HTTPDate(unixSeconds: 784_111_777)
        switch WebSocket.ServerHandshake.judge(head, in: input.span) {
        case .accept(let acceptance):
            WebSocket.ServerHandshake.write(acceptance: acceptance, date: date, to: &output)
            return (nil, String(decoding: output.array, as: UTF8.self))
        case .refuse(let refusal):
            var encoder = HTTP1.ReplyEncoder(answering: head)
            WebSocket.ServerHandshake.write(refusal, with: &encoder, date: date, to: &output)
            return (refusal, String(decoding: output.array, as: UTF8.self))
        }
    }

    @Test("a request is taken, or refused with a reason", arguments: cases)
    func judges(_ test: Case) throws {
        let (refusal, text) = try #require(answer(test), "no head")
        #expect(refusal == test.refusal)
        guard let refusal = test.refusal else {
            #expect(
                text == """
                    HTTP/1.1 101 Switching Protocols\r
                    Server: switchyard\r
                    Date: Sun, 06 Nov 1994 08:49:37 GMT\r
                    Upgrade: websocket\r
                    Connection: Upgrade\r
                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
                    \r

                    """)
            return
        }
        #expect(text.hasPrefix("HTTP/1.1 \(refusal.status.code) "))
        let isHead = test.line.hasPrefix("HEAD")
        #expect(text.hasSuffix(isHead ? "\r\n\r\n" : "\r\n\r\n\(refusal.reason)\n"))
        let isUpgradeRequired = refusal.status == .upgradeRequired
        #expect(text.contains("Sec-WebSocket-Version: 13\r\n") == isUpgradeRequired)
        #expect(text.contains("Upgrade: websocket\r\nConnection: Upgrade\r\n") == isUpgradeRequired)
        #expect(text.contains("Allow: GET\r\n") == (refusal == .badMethod))
        var parser = HTTP1.ResponseParser(answersHead: isHead)
        let event = parser.next(Array(text.utf8).span, from: 0)
        guard case .complete(let response, let next) = event else {
            Issue.record("\(event)")
            return
        }
        #expect(response.status == refusal.status && next == text.utf8.count)
    }

    @Test("every refusal is in the table", arguments: WebSocket.HandshakeRefusal.allCases)
    func complete(_ refusal: WebSocket.HandshakeRefusal) {
        #expect(Self.cases.contains { $0.refusal == refusal })
    }
}

@Suite("Opening a WebSocket, as a client")
struct ClientHandshakeTests {
    /// The nonce of RFC 6455 §1.3, `the sample nonce`.
    private static let key = WebSocket.HandshakeKey(
        nonce: [0x7468_6520_7361_6D70, 0x6C65_206E_6F6E_6365])
    private static let status = "HTTP/1.1 101 Switching Protocols\r\n"
    private static let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    private static let accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

    static let answers: [(String, WebSocket.HandshakeFault?)] = [
        (status + upgrade + accept, nil),
        (status + accept + "UPGRADE:WebSocket\r\nConnection: a,upgrade\r\n", nil),
        (status + upgrade + accept + "Sec-WebSocket-Protocol: chat\r\n", nil),
        (status + upgrade + accept + "Sec-WebSocket-Protocol: superchat\r\n", nil),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", .otherStatus),
        ("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n", .otherStatus),
        ("HTTP/1.0 101 Switching Protocols\r\n" + upgrade + accept, .oldVersion),
        (status + upgrade + accept + "A : b\r\n", .malformedField),
        (status + "Connection: Upgrade\r\n" + accept, .noUpgrade),
        (status + "Upgrade: h2c\r\nConnection: Upgrade\r\n" + accept, .noUpgrade),
        (status + "Upgrade: websocket\r\n" + accept, .noConnection),
        (status + "Upgrade: websocket\r\nConnection: close\r\n" + accept, .noConnection),
        (status + upgrade, .badAcceptance),
        (status + upgrade + accept + accept, .badAcceptance),
        (
            status + upgrade + "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
            .badAcceptance
        ),
        (
            status + upgrade + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo\r\n",
            .badAcceptance
        ),
        (
            status + upgrade + accept + "Sec-WebSocket-Extensions: permessage-deflate\r\n",
            .unaskedExtension
        ),
        (status + upgrade + accept + "Sec-WebSocket-Protocol: Chat\r\n", .unaskedSubprotocol),
        (status + upgrade + accept + "Sec-WebSocket-Protocol: chat, x\r\n", .unaskedSubprotocol),
        (
            status + upgrade + accept
                + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n",
            .unaskedSubprotocol
        ),
    ]

    private func handshake() throws -> WebSocket.ClientHandshake {
        try WebSocket.ClientHandshake(
            target: Array("/chat?a".utf8), host: "example.org",
            fields: [
                .init("Sec-WebSocket-Protocol", "chat , superchat"), .init("Origin", "http://a"),
            ])
    }

    @Test("the answer is checked", arguments: answers.indices)
    func checks(_ index: Int) throws {
        let (text, fault) = Self.answers[index]
        // Behind an interim answer and before a frame, as a connection may have it.
        let interim = "HTTP/1.1 103 Early Hints\r\n\r\n"
        let bytes = Array("\(interim)\(text)\r\n\u{1}".utf8)
        var parser = HTTP1.ResponseParser()
        guard case .interim(_, let start) = parser.nextPiece(bytes.span, from: 0),
            case .head(let head, let end) = parser.nextPiece(bytes.span, from: start)
        else {
            Issue.record("no head")
            return
        }
        let found = try handshake().fault(
            of: head, bytes.span.extracting(start..<end), key: Self.key)
        #expect(found == fault)
        #expect(end == bytes.count - 1)
    }

    @Test("every fault is in the table", arguments: WebSocket.HandshakeFault.allCases)
    func complete(_ fault: WebSocket.HandshakeFault) {
        #expect(Self.answers.contains { $0.1 == fault })
        #expect(fault.reason.utf8CodeUnitCount > 0)
    }

    @Test("one request is built, and sent with a key of its own on each connection")
    func request() throws {
        var output = ByteQueue()
        let handshake = try handshake()
        handshake.write(Self.key, to: &output)
        #expect(
            String(decoding: output.array, as: UTF8.self) == """
                GET /chat?a HTTP/1.1\r
                Host: example.org\r
                Sec-WebSocket-Protocol: chat , superchat\r
                Origin: http://a\r
                Upgrade: websocket\r
                Connection: Upgrade\r
                Sec-WebSocket-Version: 13\r
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
                \r

                """)
    }

    @Test("the server takes what the client sends, and the other way round", arguments: 0..<20)
    func agree(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let key = WebSocket.HandshakeKey(using: &generator)
        let handshake = try handshake()
        var request = ByteQueue()
        handshake.write(key, to: &request)
        var parser = HTTP1.RequestParser()
        var head = HTTP1.RequestHead()
        guard case .head(let end) = parser.next(request.bytes, from: 0, into: &head),
            case .accept(let acceptance) = WebSocket.ServerHandshake.judge(head, in: request.bytes)
        else {
            Issue.record("refused, seed \(seed)")
            return
        }
        #expect(end == request.count)
        var answer = ByteQueue()
        WebSocket.ServerHandshake.write(
            acceptance: acceptance, date: HTTPDate(unixSeconds: 0), to: &answer)
        var responses = HTTP1.ResponseParser()
        guard case .head(let reply, let next) = responses.nextPiece(answer.bytes, from: 0) else {
            Issue.record("no head, seed \(seed)")
            return
        }
        #expect(handshake.fault(of: reply, answer.bytes, key: key) == nil, "seed \(seed)")
        let other = WebSocket.HandshakeKey(using: &generator)
        #expect(
            handshake.fault(of: reply, answer.bytes, key: other) == .badAcceptance, "seed \(seed)")
        #expect(next == answer.count)
    }

    @Test(
        "fields that are the handshake's own are refused",
        arguments: [
            "Upgrade", "connection", "Sec-WebSocket-Key", "SEC-WEBSOCKET-VERSION",
            "Sec-WebSocket-Extensions", "a b", "Content-Length",
        ])
    func fields(name: String) {
        #expect(throws: Complaint.self) {
            try WebSocket.ClientHandshake(
                target: [0x2F], host: "a", fields: [.init(name, "x")])
        }
    }
}
