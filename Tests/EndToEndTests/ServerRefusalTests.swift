import Basis
import Serve
import TestSupport
import Testing

@Suite("server: refusals")
struct ServerRefusalTests {
    private static let get = "GET /plaintext HTTP/1.1\r\nHost: t\r\n"
    private static let post = "POST /echo HTTP/1.1\r\nHost: t\r\n"

    /// What is sent, and the status it gets before the connection ends. The limit of payloads is
    /// 1000 bytes.
    private static let rows: [(bytes: String, status: Int)] = [
        ("\u{16}\u{3}\u{1}\u{2}", 400),
        ("GET\r\n\r\n", 400),
        ("GET /a b HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        ("GET plaintext HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        ("GET /plaintext\r\n\r\n", 400),
        ("GET /plaintext HTTP/1.1\nHost: t\n\n", 400),
        ("GET /plaintext HTTP/1.1\r\n\r\n", 400),
        (get + "Host: u\r\n\r\n", 400),
        ("GET /plaintext HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (get + "Bad Name: 1\r\n\r\n", 400),
        (get + "Name : 1\r\n\r\n", 400),
        (get + "A: 1\r\n folded\r\n\r\n", 400),
        (get + "A: \u{1}\r\n\r\n", 400),
        (post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", 400),
        (post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
        (post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
        (post + "Content-Length: -1\r\n\r\n", 400),
        (post + "Content-Length: 1x\r\n\r\n", 400),
        (post + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400),
        (post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 400),
        ("\r\n\r\n\r\n\r\n\r\n\r\n" + get + "\r\n", 400),
        (post + "Content-Length: 1001\r\n\r\n", 413),
        (post + "Content-Length: 99999999999999999999999\r\n\r\n", 413),
        (post + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413),
        ("GET /" + String(repeating: "a", count: 9_000) + " HTTP/1.1\r\nHost: t\r\n\r\n", 414),
        (post + "Expect: the unexpected\r\nContent-Length: 1\r\n\r\na", 417),
        (get + "A: " + String(repeating: "a", count: 17_000) + "\r\n\r\n", 431),
        (get + String(repeating: "A: 1\r\n", count: 101) + "\r\n", 431),
        (post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        ("GET /plaintext HTTP/2.0\r\nHost: t\r\n\r\n", 505),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ]

    @Test("what is not a request gets its status and the end", arguments: bytePatterns)
    func malformed(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--max-body", "1000"])
        for (bytes, status) in Self.rows {
            let what = "\(pattern): \(bytes.prefix(70).debugDescription)"
            let client = try server.connect()
            // A request before it is answered first, and nothing behind it.
            try client.send(HTTPText.get("/wait?us=200") + bytes + HTTPText.get("/json"))
            #expect(try client.reply().text == "waited\n", "\(what)")
            let reply = try client.reply()
            #expect(reply.status == status && reply["connection"] == "close", "\(what): \(reply)")
            #expect(reply.text.hasSuffix("\n") && reply.body.count > 10, "\(what)")
            #expect(try client.rest().isEmpty, "\(what)")
        }
        #expect(try server.stop().requests == Self.rows.count)
    }

    @Test("a refused HEAD gets no payload, wherever it is cut", arguments: bytePatterns)
    func refusedHead(pattern: String) throws {
        let limits = ["--head-timeout", "300ms", "--body-timeout", "300ms"]
        let server = try ServerUnderTest(pattern, limits)
        for (first, second, status) in [
            ("HEAD /plaintext HTTP/1.1\r\n\r\n", "", 400),
            ("\r\nHEAD /plaintext HTTP/1.1\r\nHo", "st : t\r\n\r\n", 400),
            ("HEAD / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n", "x\r\n", 400),
            ("HEAD /plaintext HTTP/1.1\r\nHo", "", 408),
            ("HEAD / HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nabc", "", 408),
        ] {
            let client = try server.connect()
            try client.send(first)
            if !second.isEmpty { TestClock.sleep(.milliseconds(5)) }
            try client.send(second)
            #expect(try client.reply(toHead: true).status == status, "\(first + second)")
            #expect(try client.rest().isEmpty, "\(first + second)")
        }
        _ = try server.stop()
    }

    @Test("garbage gets a status or the end, and the server goes on", arguments: bytePatterns)
    func garbage(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let alphabet = Array("GET /plaintext HTTP/1.1\r\nHost: t\r\n\r\n:,;\0\u{7f}0123ab".utf8)
        for seed in 1...UInt64(repetitions(60)) {
            var random = SeededGenerator(seed: seed)
            let count = Int.random(in: 1...400, using: &random)
            let bytes = (0..<count).map { _ -> UInt8 in
                seed % 2 == 0
                    ? UInt8.random(in: 0...255, using: &random)
                    : alphabet.randomElement(using: &random)!
            }
            let client = try server.connect()
            try client.send(bytes)
            client.finishSending()
            let answer = try client.rest()
            let isRefused =
                answer.isEmpty || answer.starts(with: Array("HTTP/1.1 4".utf8))
                || answer.starts(with: Array("HTTP/1.1 50".utf8))
            #expect(
                isRefused, "\(pattern), seed \(seed): \(String(decoding: answer, as: UTF8.self))")
        }
        #expect(try server.connect().ask(HTTPText.get("/plaintext")).status == 200)
        _ = try server.stop()
    }

    @Test("mutations of good requests never end the server", arguments: bytePatterns)
    func mutations(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let original = Array(
            (HTTPText.post("/echo", "0123456789") + HTTPText.get("/wait?us=10")
                + HTTPText.chunked("/echo", ["abc", "d"]) + HTTPText.get("/bytes/70000"))
                .utf8)
        for seed in 1...UInt64(repetitions(60)) {
            var random = SeededGenerator(seed: seed)
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                default: bytes.insert(bytes[at], at: at)
                }
            }
            let client = try server.connect()
            try client.send(bytes)
            client.finishSending()
            let answer = try client.rest()
            let isHTTP = answer.isEmpty || answer.starts(with: Array("HTTP/1.1 ".utf8))
            #expect(isHTTP, "\(pattern), seed \(seed)")
        }
        _ = try server.stop()
    }

    @Test("a refusal that waits for an older reply costs nothing", arguments: bytePatterns)
    func waitingRefusal(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--drain-timeout", "250ms"])
        let client = try server.connect()
        try client.send(HTTPText.get("/wait?us=60000000") + "BAD\u{1} x\r\n\r\n")
        client.awaitDelivery()
        TestClock.sleep(.milliseconds(20))
        try client.send("more")
        client.awaitDelivery()
        #expect(server.process.comesToRest, "\(pattern): a thread spins")
        client.resetAtEnd()
        _ = try server.stop()
    }

    @Test(
        "what follows a refusal that waits is dropped",
        arguments: ["balanced:shared", "balanced:per-worker"])
    func behindWaitingRefusal(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--drain-timeout", "250ms"])
        let client = try server.connect()
        try client.send(HTTPText.get("/block?us=2000000") + "BAD\u{1} x\r\n\r\n")
        // Far more than the buffers of both sockets and the server's own hold.
        for _ in 0..<200 { try client.send(String(repeating: "a", count: 100_000)) }
        client.resetAtEnd()
        _ = try server.stop()
    }

    @Test("what follows a last request does not reset its reply", arguments: bytePatterns)
    func behindLastRequest(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let last = HTTPText.get("/plaintext", fields: ["Connection: close"])
        for count in [0, 1_000, 65_536 - last.utf8.count, 70_000, 200_000, 200_000, 1_000_000] {
            let client = try server.connect()
            try client.send(last + String(repeating: "a", count: count))
            // A connection that was reset refuses what is sent later.
            for _ in 0..<4 {
                client.awaitDelivery()
                TestClock.sleep(.milliseconds(10))
                if count > 0 { try client.send("a") }
            }
            #expect(try client.reply().text == "Hello, World!", "\(pattern), \(count)")
            #expect(try client.rest().isEmpty, "\(pattern), \(count)")
        }
        _ = try server.stop()
    }

    @Test("a refusal reaches a client that is still sending", arguments: bytePatterns)
    func refusedWhileSending(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--max-body", "1000"])
        do {
            let client = try server.connect()
            try client.send(Self.post + "Content-Length: 500000\r\n\r\n")
            // More than the buffers of both sockets would have room for, had the server closed at
            // once.
            for _ in 0..<50 { try client.send(String(repeating: "a", count: 10_000)) }
            let reply = try client.reply()
            #expect(reply.status == 413)
        }
        _ = try server.stop()
    }
}
