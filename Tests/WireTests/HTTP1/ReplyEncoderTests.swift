import Basis
import Testing
import Wire

@Suite("Writing replies")
struct ReplyEncoderTests {
    private static let date = HTTPDate(unixSeconds: 784_111_777)
    private static let server = "Server: switchyard\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

    private func head(_ text: String) -> HTTP1.RequestHead {
        var parser = HTTP1.RequestParser()
        var head = HTTP1.RequestHead()
        guard case .head = parser.next(Array(text.utf8).span, from: 0, into: &head) else {
            Issue.record("not a head: \(text.debugDescription)")
            return HTTP1.RequestHead()
        }
        return head
    }

    private func text(_ output: borrowing ByteQueue) -> String {
        let bytes = output.bytes
        return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let request: String
        let status: UInt16
        let keepAlive: Bool
        let reply: String

        var testDescription: String { "\(status) to \(request.prefix(50).debugDescription)" }
    }

    static let whole = [
        Case(
            request: get(""), status: 200, keepAlive: true,
            reply: "HTTP/1.1 200 OK\r\n\(server)Content-Type: text/plain\r\n"
                + "Content-Length: 5\r\n\r\nhello"),
        Case(
            request: get("Connection: close\r\n"), status: 404, keepAlive: false,
            reply: "HTTP/1.1 404 Not Found\r\n\(server)Content-Type: text/plain\r\n"
                + "Content-Length: 5\r\nConnection: close\r\n\r\nhello"),
        // RFC 9110 §9.3.2: the fields of a GET, without its payload.
        Case(
            request: "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", status: 200, keepAlive: true,
            reply: "HTTP/1.1 200 OK\r\n\(server)Content-Type: text/plain\r\n"
                + "Content-Length: 5\r\n\r\n"),
        // RFC 9110 §8.6: no Content-Length with 204.
        Case(
            request: get(""), status: 204, keepAlive: true,
            reply: "HTTP/1.1 204 No Content\r\n\(server)\r\n"),
        Case(
            request: get(""), status: 304, keepAlive: true,
            reply: "HTTP/1.1 304 Not Modified\r\n\(server)\r\n"),
        Case(
            request: get("", version: "HTTP/1.0"), status: 200, keepAlive: false,
            reply: "HTTP/1.1 200 OK\r\n\(server)Content-Type: text/plain\r\n"
                + "Content-Length: 5\r\nConnection: close\r\n\r\nhello"),
        Case(
            request: get("Connection: keep-alive\r\n", version: "HTTP/1.0"), status: 200,
            keepAlive: true,
            reply: "HTTP/1.1 200 OK\r\n\(server)Content-Type: text/plain\r\n"
                + "Content-Length: 5\r\nConnection: keep-alive\r\n\r\nhello"),
        Case(
            request: get(""), status: 299, keepAlive: true,
            reply: "HTTP/1.1 299 \r\n\(server)Content-Type: text/plain\r\n"
                + "Content-Length: 5\r\n\r\nhello"),
    ]

    @Test("a whole reply is composed to the byte", arguments: whole)
    func writes(_ test: Case) {
        var encoder = HTTP1.ReplyEncoder(answering: head(test.request))
        var output = ByteQueue()
        let payload = Array("hello".utf8)
        encoder.write(
            HTTP.Status(test.status), contentType: "text/plain", content: payload.span,
            date: Self.date, to: &output)
        let written = text(output)
        #expect(written == test.reply)
        #expect(encoder.keepAlive == test.keepAlive)
    }

    @Test("a reply that is written already can be made the last", arguments: whole)
    func madeLast(_ test: Case) {
        var encoder = HTTP1.ReplyEncoder(answering: head(test.request))
        let payload = Array("hello".utf8)
        func write(_ encoder: inout HTTP1.ReplyEncoder, to output: inout ByteQueue) {
            encoder.write(
                HTTP.Status(test.status), contentType: "text/plain", content: payload.span,
                date: Self.date, to: &output)
        }
        var written = ByteQueue()
        write(&encoder, to: &written)
        var output = ByteQueue()
        output.append("before")
        encoder.append(written.bytes, endingConnectionIn: &output)

        let head = head(test.request)
        var last = HTTP1.ReplyEncoder(
            version: head.version, isHead: head.method == .head, keepAlive: false)
        var expected = ByteQueue()
        expected.append("before")
        write(&last, to: &expected)
        #expect(text(output) == text(expected))
    }

    static let streamed = [
        Case(
            request: get(""), status: 200, keepAlive: true,
            reply: "HTTP/1.1 200 OK\r\n\(server)Content-Type: text/event-stream\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
                + "1b\r\nabcdefghijklmnopqrstuvwxyz!\r\n0\r\n\r\n"),
        // RFC 9112 §6.1 and §6.3 item 8.
        Case(
            request: get("Connection: keep-alive\r\n", version: "HTTP/1.0"), status: 200,
            keepAlive: false,
            reply: "HTTP/1.1 200 OK\r\n\(server)Content-Type: text/event-stream\r\n"
                + "Connection: close\r\n\r\nhelloabcdefghijklmnopqrstuvwxyz!"),
        Case(
            request: "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", status: 200, keepAlive: true,
            reply: "HTTP/1.1 200 OK\r\n\(server)Content-Type: text/event-stream\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"),
    ]

    @Test("a streamed reply is framed as the client can read it", arguments: streamed)
    func streams(_ test: Case) {
        var encoder = HTTP1.ReplyEncoder(answering: head(test.request))
        var output = ByteQueue()
        encoder.beginHead(HTTP.Status(test.status), date: Self.date, to: &output)
        encoder.field("Content-Type", "text/event-stream", to: &output)
        encoder.endHead(.stream, to: &output)
        for piece in ["hello", "", "abcdefghijklmnopqrstuvwxyz!"] {
            let bytes = Array(piece.utf8)
            encoder.writePiece(bytes.span, to: &output)
        }
        encoder.endStream(to: &output)
        let written = text(output)
        #expect(written == test.reply)
        #expect(encoder.keepAlive == test.keepAlive)
    }

    @Test("chunk sizes are hexadecimal", arguments: [1, 15, 16, 255, 256, 4_095, 4_096, 65_537])
    func chunkSizes(_ count: Int) {
        var encoder = HTTP1.ReplyEncoder(answering: head(get("")))
        var output = ByteQueue()
        encoder.endHead(.stream, to: &output)
        output.removeAll()
        let payload = [UInt8](repeating: 0x61, count: count)
        encoder.writePiece(payload.span, to: &output)
        let chunk = text(output)
        let expected =
            String(count, radix: 16) + "\r\n" + String(repeating: "a", count: count) + "\r\n"
        #expect(chunk == expected)
    }

    @Test("an upgrade carries its fields and no framing")
    func upgrades() {
        var encoder = HTTP1.ReplyEncoder(answering: head(get("")))
        var output = ByteQueue()
        let accept = Array("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".utf8)
        encoder.beginHead(.switchingProtocols, date: Self.date, to: &output)
        encoder.field("Upgrade", "websocket", to: &output)
        encoder.field("Sec-WebSocket-Accept", accept.span, to: &output)
        encoder.endHead(.none, to: &output)
        let written = text(output)
        #expect(
            written == "HTTP/1.1 101 Switching Protocols\r\n\(Self.server)Upgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
    }

    @Test("a refusal says why and closes", arguments: HTTP1.Refusal.allCases)
    func refuses(_ refusal: HTTP1.Refusal) {
        var output = ByteQueue()
        HTTP1.ReplyEncoder.write(refusal, date: Self.date, to: &output)
        let written = text(output)
        #expect(written.hasPrefix("HTTP/1.1 \(refusal.status.code) \(refusal.status.phrase)\r\n"))
        #expect(written.contains("Connection: close\r\n\r\n"))
        #expect(written.hasSuffix("\(refusal.reason)\n"))
        var parser = HTTP1.ResponseParser()
        let event = parser.next(output.bytes, from: 0)
        guard case .complete(let response, let next) = event else {
            Issue.record("the refusal reads as \(event)")
            return
        }
        #expect(next == output.count)
        #expect(response.status == refusal.status)
        #expect(!response.keepAlive)

        var toHead = ByteQueue()
        HTTP1.ReplyEncoder.write(refusal, toHead: true, date: Self.date, to: &toHead)
        let head = text(toHead)
        #expect(head + "\(refusal.reason)\n" == written)
    }

    @Test("a refused request says HEAD or does not")
    func saysHead() {
        for (request, isHead) in [
            ("HEAD /", true), ("xHEAD /", true), ("x\r\n\r\nHEAD /", true), ("HEADER /", false),
            ("GET /", false), ("HEAD", false), ("", false), ("x\r\n", false), ("x\rHEAD /", false),
        ] {
            let bytes = Array(request.utf8)
            let offset = request.hasPrefix("x") ? 1 : 0
            #expect(HTTP1.saysHead(bytes.span, from: offset) == isHead, "\(request)")
        }
    }

    @Test("the interim reply is a response of its own")
    func interim() {
        var output = ByteQueue()
        HTTP1.ReplyEncoder.writeContinue(to: &output)
        let written = text(output)
        #expect(written == "HTTP/1.1 100 Continue\r\n\r\n")
    }

    @Test("a server that wants to close can, whatever the client asked for")
    func closes() {
        var encoder = HTTP1.ReplyEncoder(version: .http11, isHead: false, keepAlive: false)
        var output = ByteQueue()
        encoder.write(
            .ok, contentType: "text/plain", content: [UInt8]().span, date: Self.date, to: &output)
        let written = text(output)
        #expect(!encoder.keepAlive && written.contains("\r\nConnection: close\r\n"))
    }
}
