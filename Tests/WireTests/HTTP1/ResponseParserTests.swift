import Testing
import Wire

@Suite("What a client reads")
struct ResponseParserTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let text: String
        let answersHead: Bool
        /// Status, whether the connection persists, bytes of payload.
        let responses: [(UInt16, Bool, UInt64)]
        let close: HTTP1.CloseVerdict

        init(
            _ text: String, head: Bool = false, _ responses: (UInt16, Bool, UInt64)...,
            close: HTTP1.CloseVerdict = .idle
        ) {
            self.text = text
            answersHead = head
            self.responses = responses
            self.close = close
        }

        var testDescription: String { String(text.prefix(70)).debugDescription }
    }

    static let cases = [
        Case("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", (200, true, 3)),
        Case("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", (200, true, 0)),
        Case("HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", (404, true, 0)),
        Case("HTTP/1.1 599 Caf\u{e9}\t!\r\nContent-Length: 0\r\n\r\n", (599, true, 0)),
        Case(
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 500 No\r\n"
                + "Content-Length: 2\r\nConnection: close\r\n\r\nbb",
            (200, true, 1), (500, false, 2)),
        Case("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", (200, false, 1)),
        Case(
            "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n\r\na",
            (200, true, 1)),
        Case("HTTP/1.2 200 OK\r\nContent-Length: 1\r\n\r\na", (200, true, 1)),
        // RFC 9112 §6.3 item 1: no payload whatever the fields say.
        Case("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", head: true, (200, true, 0)),
        Case("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", head: true, (200, true, 0)),
        Case("HTTP/1.1 204 No Content\r\n\r\n", (204, true, 0)),
        Case("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", (304, true, 0)),
        Case(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", (101, true, 0)),
        Case(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", (200, true, 1)),
        // Items 4 and 7.
        Case(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3;x\r\nabc\r\nA\r\n0123456789\r\n0\r\nA: b\r\n\r\n", (200, true, 13)),
        Case(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
            (200, true, 1)),
        // Items 4 and 8: the close ends the payload, which is not known to be whole.
        Case(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
            close: .complete(response(headBytes: 44, bodyBytes: 3))),
        Case(
            "HTTP/1.1 200 OK\r\n\r\nabcd",
            close: .complete(response(headBytes: 19, bodyBytes: 4))),
        Case("HTTP/1.1 200 OK\r\n\r\n", close: .complete(response(headBytes: 19, bodyBytes: 0))),
        Case("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", close: .truncated),
        Case("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", close: .truncated),
        Case("HTTP/1.1 200 OK\r\nContent-Le", close: .truncated),
        Case("HTTP/1.1 100 Continue\r\n\r\n", close: .truncated),
        Case(""),
    ]

    private static func response(headBytes: Int, bodyBytes: UInt64) -> HTTP1.Response {
        HTTP1.Response(
            status: .ok, keepAlive: false, headBytes: headBytes, bodyBytes: bodyBytes)
    }

    @Test("responses are delimited as the RFC says", arguments: cases)
    func reads(_ test: Case) {
        let bytes = Array(test.text.utf8)
        let trace = ResponseTrace(bytes, answersHead: test.answersHead)
        #expect(trace.failure == nil)
        #expect(trace.close == test.close)
        #expect(trace.responses.map(\.status.code) == test.responses.map(\.0))
        #expect(trace.responses.map(\.keepAlive) == test.responses.map(\.1))
        #expect(trace.responses.map(\.bodyBytes) == test.responses.map(\.2))
        #expect(Properties.responseFault(bytes) == nil)
    }

    static let failures: [(String, HTTP1.ResponseFailure)] = [
        ("HTTP/2.0 200 OK\r\n\r\n", .malformed(.unsupportedVersion)),
        ("HTCPCP/1.0 418\r\n\r\n", .malformed(.badFirstByte)),
        ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", .malformed(.badContentLength)),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            .malformed(.badContentLength)
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            .malformed(.badChunk)
        ),
    ]

    @Test("what is not a response fails with its reason", arguments: failures)
    func fails(_ text: String, _ failure: HTTP1.ResponseFailure) {
        let trace = ResponseTrace(Array(text.utf8))
        #expect(trace.failure == failure)
        #expect(trace.responses.isEmpty)
    }

    @Test("a response that does not end is given up at its limit, and the reason names it")
    func limits() {
        let head = "HTTP/1.1 200 OK\r\nA: \(String(repeating: "b", count: 307_200))"
        let interim = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 4_097)
        for (text, failure, limit) in [
            (head, HTTP1.ResponseFailure.malformed(.headTooLarge), "307200 bytes"),
            (interim, .tooManyInterimResponses, "4096"),
        ] {
            let trace = ResponseTrace(Array(text.utf8))
            #expect(trace.failure == failure)
            #expect(failure.reason.contains(limit), "\(failure.reason)")
        }
    }

    @Test("a failure says which line is at fault")
    func fault() {
        let lines = ["HTTP/1.1 200 OK\r\n", "A: b\r\n", "nonsense\r\n", "C: d\r\n\r\n"]
        let bytes = Array(lines.joined().utf8)
        var parser = HTTP1.ResponseParser()
        #expect(parser.next(bytes.span, from: 0) == .failure(.malformed(.badFieldName)))
        #expect(parser.faultAt == 23)
    }

    @Test("where the first redirection leads is remembered, wherever its body is")
    func location() {
        let first = Array("HTTP/1.1 302 Found\r\nContent-Length: 2\r\nLocation: /a\r\n\r\nxx".utf8)
        let second = Array("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /b\r\n\r\n".utf8)
        for cut in [first.count - 2, first.count] {
            var predictor = HTTP1.ResponsePredictor()
            var parser = HTTP1.ResponseParser()
            _ = parser.next(Array(first[..<cut]).span, from: 0, predictor: &predictor)
            if cut < first.count {
                _ = parser.next(Array(first[cut...]).span, from: 0, predictor: &predictor)
            }
            _ = parser.next(second.span, from: 0, predictor: &predictor)
            #expect(predictor.location == Array("/a".utf8), "cut at \(cut)")
        }
    }

    @Test("payload can be looked at piece by piece")
    func pieces() {
        let text =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        let bytes = Array(text.utf8)
        var parser = HTTP1.ResponseParser()
        var at = 0
        var seen: [String] = []
        loop: while true {
            switch parser.nextPiece(bytes.span, from: at) {
            case .head(let head, let end):
                let type = bytes[head.contentType.range]
                seen.append(String(decoding: type, as: UTF8.self))
                at = end
            case .body(let start, let end):
                seen.append(String(decoding: bytes[start..<end], as: UTF8.self))
                at = end
            case .end(let response, let next):
                seen.append("\(response.bodyBytes)")
                #expect(next == bytes.count)
                break loop
            case .needMore, .interim, .failure:
                Issue.record("not a piece of this response")
                break loop
            }
        }
        #expect(seen == ["text/event-stream", "abc", "de", "5"])
    }

    @Test("of a long payload nothing needs to be kept")
    func skips() {
        var parser = HTTP1.ResponseParser()
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".utf8)
        #expect(parser.next(head.span, from: 0) == .needMore(keepFrom: head.count))
        let block = [UInt8](repeating: 0x61, count: 100_000)
        for _ in 0..<9 {
            #expect(parser.next(block.span, from: 0) == .needMore(keepFrom: block.count))
        }
        guard case .complete(let response, let next) = parser.next(block.span, from: 0) else {
            Issue.record("the last block does not complete the response")
            return
        }
        #expect(response.bodyBytes == 1_000_000)
        #expect(response.headBytes == head.count)
        #expect(next == block.count)
    }
}
