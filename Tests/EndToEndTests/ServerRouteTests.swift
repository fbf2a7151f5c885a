import Basis
import Serve
import TestSupport
import Testing

/// The patterns that this machine can run, as their command line names, which is how a failing case
/// should read.
let patterns = PatternID.runnable.map(\.rawValue)

/// Those of them by which what a connection says is tried.
let bytePatterns = PatternID.movingBytes.map(\.rawValue)

@Suite("server: routes")
struct ServerRouteTests {
    /// A request and what must come back.
    private struct Row {
        let request: String
        let status: Int
        let type: String?
        let body: String?
        var isHead = false
        var fields: [String: String] = [:]

        init(
            _ request: String, _ status: Int, _ type: String?, _ body: String?,
            isHead: Bool = false, fields: [String: String] = [:]
        ) {
            self.request = request
            self.status = status
            self.type = type
            self.body = body
            self.isHead = isHead
            self.fields = fields
        }
    }

    private static let key = ["Idempotency-Key: k1"]
    private static let rows: [Row] = [
        Row(HTTPText.get("/plaintext"), 200, "text/plain", "Hello, World!"),
        Row(HTTPText.get("/json"), 200, "application/json", #"{"message":"Hello, World!"}"#),
        Row(HTTPText.get("/bytes/0"), 200, "application/octet-stream", ""),
        Row(HTTPText.get("/bytes/5?x=1"), 200, "application/octet-stream", "xxxxx"),
        Row(
            HTTPText.get("/bytes/200000"), 200, "application/octet-stream",
            String(repeating: "x", count: 200_000)),
        Row(HTTPText.post("/echo", "abc"), 200, "application/octet-stream", "abc"),
        Row(HTTPText.post("/echo", ""), 200, "application/octet-stream", ""),
        Row(
            HTTPText.chunked("/echo", ["ab", "c", "defgh"], trailers: ["X-T: 1"]), 200,
            "application/octet-stream", "abcdefgh"),
        Row(HTTPText.get("/work?us=50"), 200, "text/plain", "worked\n"),
        Row(HTTPText.get("/block?us=50"), 200, "text/plain", "blocked\n"),
        Row(HTTPText.get("/wait?us=500"), 200, "text/plain", "waited\n"),
        Row(HTTPText.get("/wait?us=0"), 200, "text/plain", "waited\n"),
        Row(
            HTTPText.get("/plaintext", method: "HEAD"), 200, "text/plain", nil, isHead: true,
            fields: ["content-length": "13"]),
        Row(
            HTTPText.get("/bytes/1000000000", method: "HEAD"), 200, "application/octet-stream",
            nil, isHead: true, fields: ["content-length": "1000000000"]),
        Row(
            HTTPText.get("/nowhere", method: "HEAD"), 404, "text/plain", nil, isHead: true,
            fields: ["content-length": "13"]),
        Row(HTTPText.get("*", method: "OPTIONS"), 204, nil, nil),
        Row(HTTPText.get("/nowhere"), 404, "text/plain", "no such path\n"),
        Row(HTTPText.get("/Plaintext"), 404, "text/plain", "no such path\n"),
        Row(HTTPText.get("http://test/plaintext"), 200, "text/plain", "Hello, World!"),
        Row(
            HTTPText.post("/plaintext", "ignored"), 405, nil, "", fields: ["allow": "GET, HEAD"]),
        Row(HTTPText.get("/echo"), 405, nil, "", fields: ["allow": "POST"]),
        Row(
            HTTPText.get("/plaintext", method: "BREW"), 501, "text/plain",
            "the method is not implemented here\n"),
        Row(
            HTTPText.get("/bytes/1073741825"), 400, "text/plain",
            "/bytes/N takes a whole number N of bytes up to 1073741824\n"),
        Row(
            HTTPText.get("/wait?us=60000001"), 400, "text/plain",
            "us=N is needed once: a whole number N of microseconds up to 60000000\n"),
        Row(HTTPText.get("/%70laintext"), 200, "text/plain", "Hello, World!"),
        Row(HTTPText.get("/wait?x=1&us=1%300"), 200, "text/plain", "waited\n"),
        Row(
            HTTPText.get("test:1", method: "CONNECT"), 501, "text/plain",
            "the method is not implemented here\n"),
        Row(
            HTTPText.post("/payments", "10"), 400, "text/plain",
            "an Idempotency-Key of 1 to 255 bytes is needed\n"),
        Row(
            HTTPText.post("/payments", "10", fields: key), 201, "application/json",
            #"{"payment":1}"#),
        Row(
            HTTPText.post("/payments", "10", fields: key), 201, "application/json",
            #"{"payment":1}"#),
        Row(
            HTTPText.post("/payments", "11", fields: key), 422, "text/plain",
            "this Idempotency-Key was used for another order\n"),
    ]

    private func check(_ reply: HTTPReply, _ row: Row, _ pattern: String) {
        let line = row.request.prefix { $0 != "\r\n" }
        #expect(reply.status == row.status, "\(pattern): \(line): \(reply)")
        #expect(reply["content-type"] == row.type, "\(pattern): \(line): \(reply)")
        if let body = row.body { #expect(reply.text == body, "\(pattern): \(line)") }
        for (name, value) in row.fields { #expect(reply[name] == value, "\(pattern): \(line)") }
        #expect(reply["server"] == "switchyard" && reply["date"]?.count == 29)
        #expect(reply["connection"] == nil, "\(pattern): \(line) closes")
    }

    @Test("every route answers, one after another on one connection", arguments: bytePatterns)
    func inSequence(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try server.connect()
        for row in Self.rows {
            check(try client.ask(row.request, toHead: row.isHead), row, pattern)
        }
        let report = try server.stop()
        #expect(report.requests == Self.rows.count && report.accepted == 1)
        #expect(try client.endsSilently())
    }

    @Test("every route answers in order, all asked in one write", arguments: bytePatterns)
    func inOneWrite(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try server.connect()
        // Payments are answered in the order of work, which workers share freely: asked one by one
        // above.
        let rows = Self.rows.filter { !$0.request.hasPrefix("POST /payments") }
        try client.send(rows.map(\.request).joined())
        for row in rows { check(try client.reply(toHead: row.isHead), row, pattern) }
        #expect(try server.stop().requests == rows.count)
    }

    @Test("a client of HTTP/1.0 gets a close, or what it asks for", arguments: bytePatterns)
    func oldClients(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let closing = try server.connect()
        let last = try closing.ask("GET /plaintext HTTP/1.0\r\n\r\n")
        #expect(last.status == 200 && last["connection"] == "close")
        #expect(try closing.endsSilently())

        let keeping = try server.connect()
        for path in ["/plaintext", "/wait?us=100", "/bytes/100000"] {
            let reply = try keeping.ask(
                HTTPText.get(path, version: "HTTP/1.0", fields: ["Connection: keep-alive"]))
            #expect(reply.status == 200 && reply["connection"] == "keep-alive", "\(path)")
        }
        let report = try server.stop()
        #expect(report.requests == 4 && report.accepted == 2)
    }

    @Test(
        "the reply to a last request comes whole, and nothing behind it is answered",
        arguments: bytePatterns)
    func lastRequests(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        for path in ["/plaintext", "/wait?us=2000", "/bytes/300000", "/block?us=1000"] {
            let client = try server.connect()
            try client.send(
                HTTPText.get("/json") + HTTPText.get(path, fields: ["Connection: close"])
                    + HTTPText.get("/json") + "garbage")
            #expect(try client.reply().status == 200)
            let last = try client.reply()
            #expect(last.status == 200 && last["connection"] == "close", "\(path)")
            #expect(try client.rest().isEmpty, "\(path)")
        }
        #expect(try server.stop().requests == 8)
    }
}
