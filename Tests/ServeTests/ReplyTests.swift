import Basis
import Testing
import Wire

@testable import Serve

/// Replies byte for byte, from the request head to the wire, at a fixed date.
@Suite("replies")
struct ReplyTests {
    private static let server = "Server: switchyard\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

    /// What one request gets, and how much filler is to follow.
    private func answer(
        _ request: String, body: String = "", ledger: PaymentLedger = PaymentLedger()
    ) throws -> (text: String, filler: Int, delay: Nanoseconds) {
        var writer = ReplyWriter()
        writer.refreshDate(unixSeconds: 784_111_777)
        return try answer(request, body: body, ledger: ledger, from: &writer)
    }

    private func answer(
        _ request: String, body: String = "", ledger: PaymentLedger = PaymentLedger(),
        from writer: inout ReplyWriter
    ) throws -> (text: String, filler: Int, delay: Nanoseconds) {
        try withHead(request) { head, input in
            let route = chosenRoute(of: head, in: input)
            let key = head.idempotencyKey.bytes(of: input)
            var beside = ByteQueue()
            if route == .payments(.zero) { beside.append(key) }
            let keyCount = beside.count
            beside.append(Array(body.utf8).span)
            var shape: ReplyShape = []
            if head.method == .head { shape.insert(.headOnly) }
            if head.version == .http10 { shape.insert(.http10) }
            if !head.keepAlive { shape.insert(.last) }
            let message = Message(route: route, keyCount: UInt16(keyCount), shape: shape)
            var output = ByteQueue()
            let content: Content
            var delay = Nanoseconds.zero
            switch Responder(ledger: ledger).respond(to: message, body: beside.bytes) {
            case .now(let ready), .afterWork(let ready), .published(let ready, _): content = ready
            case .inTime: preconditionFailure("events are a session's")
            case .after(let span, _): (delay, content) = (span, Responder.late(message))
            }
            let filler = writer.write(
                content, answering: message, body: beside.bytes, to: &output)
            return (text(output), filler, delay)
        }
    }

    private static func get(_ target: String, _ method: String = "GET") -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: h\r\n\r\n"
    }

    private static func whole(_ status: String, _ type: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\n" + server
            + "Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static let goldens: [(request: String, reply: String)] = [
        (get("/plaintext"), whole("200 OK", "text/plain", "Hello, World!")),
        (get("/json"), whole("200 OK", "application/json", #"{"message":"Hello, World!"}"#)),
        (get("/bytes/3"), whole("200 OK", "application/octet-stream", "xxx")),
        (get("/bytes/0"), whole("200 OK", "application/octet-stream", "")),
        (get("/work?us=1"), whole("200 OK", "text/plain", "worked\n")),
        (get("/block?us=1"), whole("200 OK", "text/plain", "blocked\n")),
        (get("/wait?us=5"), whole("200 OK", "text/plain", "waited\n")),
        (get("/x"), whole("404 Not Found", "text/plain", "no such path\n")),
        (
            get("/bytes/x"),
            whole(
                "400 Bad Request", "text/plain",
                "/bytes/N takes a whole number N of bytes up to 1073741824\n")
        ),
        (
            get("/json", "BREW"),
            whole("501 Not Implemented", "text/plain", "the method is not implemented here\n")
        ),
        (
            get("/plaintext", "HEAD"),
            "HTTP/1.1 200 OK\r\n" + server
                + "Content-Type: text/plain\r\nContent-Length: 13\r\n\r\n"
        ),
        (
            get("/json", "HEAD"),
            "HTTP/1.1 200 OK\r\n" + server
                + "Content-Type: application/json\r\nContent-Length: 27\r\n\r\n"
        ),
        (
            get("/x", "HEAD"),
            "HTTP/1.1 404 Not Found\r\n" + server
                + "Content-Type: text/plain\r\nContent-Length: 13\r\n\r\n"
        ),
        (
            get("/bytes/1000000", "HEAD"),
            "HTTP/1.1 200 OK\r\n" + server
                + "Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n"
        ),
        (
            get("/json", "PUT"),
            "HTTP/1.1 405 Method Not Allowed\r\n" + server
                + "Allow: GET, HEAD\r\nContent-Length: 0\r\n\r\n"
        ),
        (
            get("/echo"),
            "HTTP/1.1 405 Method Not Allowed\r\n" + server
                + "Allow: POST\r\nContent-Length: 0\r\n\r\n"
        ),
        (get("*", "OPTIONS"), "HTTP/1.1 204 No Content\r\n" + server + "\r\n"),
        (
            "GET /plaintext HTTP/1.0\r\n\r\n",
            "HTTP/1.1 200 OK\r\n" + server
                + "Content-Type: text/plain\r\nContent-Length: 13\r\nConnection: close\r\n\r\n"
                + "Hello, World!"
        ),
        (
            "GET /plaintext HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "HTTP/1.1 200 OK\r\n" + server
                + "Content-Type: text/plain\r\nContent-Length: 13\r\nConnection: keep-alive\r\n\r\n"
                + "Hello, World!"
        ),
        (
            "OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 204 No Content\r\n" + server + "Connection: close\r\n\r\n"
        ),
    ]

    @Test("byte for byte", arguments: goldens)
    func golden(request: String, reply: String) throws {
        #expect(try answer(request).text == reply)
    }

    @Test("a writer that has answered anything answers all else as a fresh one does")
    func oneWriterForAll() throws {
        for first in Self.goldens {
            var writer = ReplyWriter()
            for seconds in [Int64(784_111_776), 784_111_777] {
                writer.refreshDate(unixSeconds: seconds)
                _ = try answer(first.request, from: &writer)
            }
            for second in Self.goldens + [first] {
                let reply = try answer(second.request, from: &writer).text
                #expect(reply == second.reply, "after \(first.request)")
                #expect(try answer(second.request, from: &writer).text == second.reply)
            }
        }
    }

    @Test("an echo carries the payload and nothing of the head")
    func echo() throws {
        let post = "POST /echo HTTP/1.1\r\nHost: h\r\nIdempotency-Key: k\r\n\r\n"
        #expect(
            try answer(post, body: "a\0b").text
                == Self.whole("200 OK", "application/octet-stream", "a\0b"))
    }

    @Test("long filler comes in pieces, none behind HEAD")
    func filler() throws {
        let long = try answer(Self.get("/bytes/200000"))
        #expect(long.filler == 200_000 - Limit.fillerPieceBytes)
        #expect(long.text.hasSuffix("\r\n\r\n" + String(repeating: "x", count: 65_536)))
        let exact = try answer(Self.get("/bytes/65536"))
        #expect(exact.filler == 0 && exact.text.hasSuffix("xx"))
        #expect(try answer(Self.get("/bytes/200000", "HEAD")).filler == 0)
    }

    @Test("a wait is a delay, not a sleep")
    func delay() throws {
        #expect(try answer(Self.get("/wait?us=60000000")).delay == .seconds(60))
        #expect(try answer(Self.get("/block?us=1")).delay == .zero)
    }

    @Test("a payment is made once, repeated as often as asked, and refused for another order")
    func payments() throws {
        let ledger = PaymentLedger()
        func pay(_ key: String?, _ order: String) throws -> String {
            let field = key.map { "Idempotency-Key: \($0)\r\n" } ?? ""
            return try answer(
                "POST /payments HTTP/1.1\r\nHost: h\r\n\(field)\r\n", body: order, ledger: ledger
            ).text
        }
        let json = "application/json"
        let first = Self.whole("201 Created", json, #"{"payment":1}"#)
        let again = Self.whole("201 Created", json, #"{"payment":1}"#)
        #expect(try pay("a", "10") == first)
        #expect(try pay("a", "10") == again)
        #expect(try pay("a", "10") == again)
        #expect(
            try pay("a", "11")
                == Self.whole(
                    "422 Unprocessable Content", "text/plain",
                    "this Idempotency-Key was used for another order\n"))
        #expect(
            try pay("b", "10")
                == Self.whole("201 Created", json, #"{"payment":2}"#))
        let missing = Self.whole(
            "400 Bad Request", "text/plain", "an Idempotency-Key of 1 to 255 bytes is needed\n")
        #expect(try pay(nil, "10") == missing)
        #expect(try pay("", "10") == missing)
        #expect(try pay(String(repeating: "k", count: 256), "10") == missing)
        #expect(try pay(String(repeating: "k", count: 255), "").contains("201 Created"))
        // Key and order are apart: the border between them does not move.
        #expect(try pay("c", "d").contains(#""payment":4"#))
        #expect(try pay("cd", "").contains(#""payment":5"#))
    }

    @Test(
        "every refusal gets its status, its reason and the end", arguments: HTTP1.Refusal.allCases)
    func refusals(refusal: HTTP1.Refusal) {
        var writer = ReplyWriter()
        writer.refreshDate(unixSeconds: 784_111_777)
        var output = ByteQueue()
        writer.write(refusal, toHead: false, to: &output)
        let status = "\(refusal.status.code) \(refusal.status.phrase)"
        #expect(
            text(output)
                == "HTTP/1.1 \(status)\r\n" + Self.server
                + "Content-Type: text/plain\r\n"
                + "Content-Length: \(refusal.reason.utf8CodeUnitCount + 1)"
                + "\r\nConnection: close\r\n\r\n\(refusal.reason)\n")
    }

    @Test("the date is rendered anew when the second changes")
    func date() {
        var writer = ReplyWriter()
        for (second, text) in [(0, "Thu, 01 Jan 1970 00:00:00"), (1, "Thu, 01 Jan 1970 00:00:01")] {
            writer.refreshDate(unixSeconds: Int64(second))
            var output = ByteQueue()
            writer.write(HTTP1.Refusal.timedOut, toHead: false, to: &output)
            #expect(ServeTests.text(output).contains("Date: \(text) GMT\r\n"))
        }
    }
}
