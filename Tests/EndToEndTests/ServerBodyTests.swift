import Basis
import Serve
import TestSupport
import Testing

@Suite("server: payloads")
struct ServerBodyTests {
    /// Bytes without a period that a copying fault could hide in.
    private func noise(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            var word = random.next()
            for _ in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
        }
        return Array(bytes.prefix(count))
    }

    /// Sends `bytes` while receiving the reply, so that neither side waits for the other.
    private func exchange(
        _ client: RawClient, _ bytes: [UInt8], _ count: Int
    ) throws -> HTTPReply {
        var rest = bytes[...]
        while !rest.isEmpty {
            rest = rest.dropFirst(try client.sendSome(rest.prefix(256 * 1_024)))
            if client.hasInput { break }
        }
        try client.send(Array(rest))
        return try client.reply()
    }

    @Test(
        "large payloads come back as they were sent, by length and in chunks",
        arguments: bytePatterns)
    func largeEchoes(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try server.connect()
        for (seed, count) in [(1, 65_536), (2, 65_537), (3, 1_500_000), (4, 3)] {
            let body = noise(count, seed: UInt64(seed))
            let head = HTTPText.get(
                "/echo", method: "POST", fields: ["Content-Length: \(count)"])
            let reply = try exchange(client, Array(head.utf8) + body, count)
            let isSame = reply.body == body
            #expect(reply.status == 200 && isSame, "\(pattern): \(count) bytes by length")

            var random = SeededGenerator(seed: UInt64(seed))
            var chunked = Array(
                HTTPText.get("/echo", method: "POST", fields: ["Transfer-Encoding: chunked"]).utf8)
            var rest = body[...]
            while !rest.isEmpty {
                let size = Int.random(in: 1...100_000, using: &random)
                let chunk = rest.prefix(size)
                rest = rest.dropFirst(size)
                chunked += Array("\(String(chunk.count, radix: 16));note=1\r\n".utf8)
                chunked += chunk + [13, 10]
            }
            chunked += Array("0\r\n\r\n".utf8)
            let second = try exchange(client, chunked, count)
            let isSecondSame = second.body == body
            #expect(second.status == 200 && isSecondSame, "\(pattern): seed \(seed) in chunks")
        }
        #expect(try server.stop().requests == 8)
    }

    @Test("a client that waits for 100 Continue gets it, then its reply", arguments: bytePatterns)
    func expectContinue(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try server.connect()
        let head = HTTPText.get(
            "/echo", method: "POST", fields: ["Expect: 100-continue", "Content-Length: 3"])
        for _ in 0..<3 {
            try client.send(head)
            #expect(try client.reply().status == 100)
            try client.send("abc")
            #expect(try client.reply().text == "abc")
        }
        #expect(try server.stop().requests == 3)
    }

    @Test(
        "100 Continue comes behind the replies to the requests before it", arguments: bytePatterns)
    func expectContinueInTurn(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try server.connect()
        try client.send(
            HTTPText.get("/block?us=20000") + HTTPText.get("/wait?us=20000")
                + HTTPText.get("/bytes/200000")
                + HTTPText.get(
                    "/echo", method: "POST", fields: ["Expect: 100-continue", "Content-Length: 3"]))
        #expect(try client.reply().text == "blocked\n")
        #expect(try client.reply().text == "waited\n")
        #expect(try client.reply().body.count == 200_000)
        #expect(try client.reply().status == 100)
        try client.send("abc")
        #expect(try client.reply().text == "abc")
        #expect(try server.stop().requests == 4)
    }

    @Test(
        "a body that arrives while an earlier reply is in the making is kept",
        arguments: bytePatterns)
    func bodyBehindSlowReply(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try server.connect()
        try client.send(
            HTTPText.get("/block?us=50000")
                + HTTPText.get("/echo", method: "POST", fields: ["Content-Length: 10"]) + "01")
        for byte in "23456789" {
            try client.send(String(byte))
            TestClock.sleep(.milliseconds(1))
        }
        #expect(try client.reply().text == "blocked\n")
        #expect(try client.reply().text == "0123456789")
        _ = try server.stop()
    }

    @Test("a payload that no route wants is read over", arguments: bytePatterns)
    func unwanted(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try server.connect()
        let body = String(repeating: "a", count: 300_000)
        for (target, method, status) in [
            ("/plaintext", "GET", 200), ("/nowhere", "POST", 404), ("/json", "PUT", 405),
            ("/wait?us=1", "GET", 200), ("/plaintext", "PURGE", 501),
        ] {
            let reply = try client.ask(HTTPText.post(target, body, method: method))
            #expect(reply.status == status, "\(method) \(target)")
        }
        #expect(try server.stop().requests == 5)
    }
}
