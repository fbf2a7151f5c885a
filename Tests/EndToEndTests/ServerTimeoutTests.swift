import Basis
import Foundation
import Serve
import TestSupport
import Testing

@Suite("server: slow and silent peers")
struct ServerTimeoutTests {
    private static let limits = ["--head-timeout", "300ms", "--body-timeout", "300ms"]

    @Test("a head or a payload that comes too slowly gets 408", arguments: patterns)
    func slowRequests(pattern: String) throws {
        let server = try ServerUnderTest(pattern, threads: 4, Self.limits)
        let chunked = HTTPText.get("/echo", method: "POST", fields: ["Transfer-Encoding: chunked"])
        let long = HTTPText.get("/echo", method: "POST", fields: ["Content-Length: 100000"])
        // The last: a reply in the making must not take the limit off the payload behind it.
        let starts = [
            "GET /", "GET / HTTP/1.1\r\nA: ", long, chunked + "10000\r\n",
            HTTPText.get("/wait?us=50000") + long,
        ]
        do {
            let clients = try starts.map { start in
                let client = try server.connect()
                try client.send(start)
                return client
            }
            #expect(try clients[4].reply().text == "waited\n")
            // Byte by byte, until each has its answer.
            let isOver = TestClock.eventually {
                for client in clients where !client.hasInput { try? client.send("a") }
                TestClock.sleep(.milliseconds(10))
                return clients.allSatisfy(\.hasInput)
            }
            #expect(isOver)
            for (client, start) in zip(clients, starts) {
                let reply = try client.reply()
                #expect(
                    reply.status == 408 && reply["connection"] == "close", "\(pattern): \(start)")
            }
        }
        #expect(try server.connect().ask(HTTPText.get("/plaintext")).status == 200)
        _ = try server.stop()
    }

    @Test(
        "a burst of payload does not buy a long silence", arguments: ["single", "balanced:shared"])
    func burstAndSilence(pattern: String) throws {
        let server = try ServerUnderTest(pattern, Self.limits)
        let client = try server.connect()
        // At a millisecond a byte this would buy a quarter of an hour.
        let fields = ["Content-Length: 1000000"]
        try client.send(HTTPText.get("/echo", method: "POST", fields: fields))
        try client.send(String(repeating: "a", count: 900_000))
        #expect(try client.reply().status == 408)
        _ = try server.stop()
    }

    @Test("an empty line behind a request is not the beginning of the next", arguments: patterns)
    func strayLine(pattern: String) throws {
        let server = try ServerUnderTest(pattern, Self.limits)
        let client = try server.connect()
        #expect(try client.ask(HTTPText.get("/plaintext") + "\r\n").status == 200)
        TestClock.sleep(.seconds(1))
        #expect(!client.hasInput)
        #expect(try client.ask(HTTPText.get("/plaintext")).status == 200)
        _ = try server.stop()
    }

    @Test("a connection that says nothing is ended without a word", arguments: patterns)
    func silence(pattern: String) throws {
        let server = try ServerUnderTest(pattern, Self.limits + ["--idle-timeout", "300ms"])
        let mute = try server.connect()
        let idle = try server.connect()
        #expect(try idle.ask(HTTPText.get("/plaintext")).status == 200)
        #expect(try mute.endsSilently())
        #expect(try idle.endsSilently())
        let report = try server.stop()
        #expect(report.accepted == 2 && report.requests == 1)
    }

    @Test("a handler that takes longer than every timeout is not cut off", arguments: patterns)
    func slowHandlers(pattern: String) throws {
        let server = try ServerUnderTest(pattern, Self.limits + ["--idle-timeout", "300ms"])
        let waiting = try server.connect()
        let blocking = try server.connect()
        try waiting.send(HTTPText.get("/wait?us=700000"))
        try blocking.send(HTTPText.get("/block?us=700000"))
        #expect(try waiting.reply().text == "waited\n")
        #expect(try blocking.reply().text == "blocked\n")
        _ = try server.stop()
    }

    @Test("times count from the end of a handler that held the thread")
    func afterLongHandlers() throws {
        let server = try ServerUnderTest("single", ["--idle-timeout", "2s"])
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        let sent = Date()
        let client = try server.connect()
        let reply = try client.ask(HTTPText.get("/block?us=2500000"))
        // The connection has been idle for a moment, not since before its request.
        TestClock.sleep(.milliseconds(600))
        #expect(try client.ask(HTTPText.get("/plaintext")).status == 200)
        // A date is cut to whole seconds.
        let date = try #require(reply["date"].flatMap(format.date(from:)))
        #expect(date.timeIntervalSince(sent) > 1.4)

        // One turn finds a handler that blocks and the beginning of a request that is whole when
        // the handler has ended.
        let blockers = try (0..<2).map { _ in try server.connect() }
        let waiting = try server.connect()
        try blockers[0].send(HTTPText.get("/block?us=200000"))
        TestClock.sleep(.milliseconds(50))
        try blockers[1].send(HTTPText.get("/block?us=900000"))
        blockers[1].awaitDelivery()
        let request = HTTPText.get("/wait?us=700000")
        try waiting.send(String(request.prefix(10)))
        TestClock.sleep(.milliseconds(700))
        let asked = TestClock.now
        try waiting.send(String(request.dropFirst(10)))
        #expect(try waiting.reply().text == "waited\n")
        #expect(TestClock.now.since(asked) >= .milliseconds(700))
        _ = try server.stop()
    }

    @Test("a client that does not read costs a bounded piece of memory", arguments: patterns)
    func slowReaders(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let before = server.process.resident
        do {
            let clients = try (0..<20).map { index in
                let client = try server.connect(receiveBuffer: 32 * 1_024)
                let request =
                    switch index % 4 {
                    case 0: HTTPText.get("/bytes/100000000")
                    case 1: HTTPText.get("/bytes/65536")
                    case 2: HTTPText.get("/bytes/30000")
                    default: HTTPText.post("/echo", String(repeating: "a", count: 30_000))
                    }
                // As many as the server takes; it must stop reading at some point.
                let bytes = Array(
                    String(repeating: request, count: index % 4 == 3 ? 100 : 500).utf8)
                var rest = bytes[...]
                var idleTurns = 0
                while !rest.isEmpty, idleTurns < 20 {
                    let taken = try client.sendSome(rest)
                    rest = rest.dropFirst(taken)
                    idleTurns = taken == 0 ? idleTurns + 1 : 0
                    if taken == 0 { TestClock.sleep(.milliseconds(1)) }
                }
                return client
            }
            TestClock.sleep(.milliseconds(200))
            // 20 clients with half a megabyte each, and what the allocator keeps; without a bound
            // the pipelines alone would be 200 MB and the long replies 500 MB.
            let grown = server.process.resident.raw - before.raw
            #expect(grown < 64 << 20, "\(pattern) grew by \(ByteCount(raw: grown).display)")
            #expect(try server.connect().ask(HTTPText.get("/plaintext")).status == 200)

            let first = try clients[0].receive(200_000)
            #expect(first.starts(with: Array("HTTP/1.1 200 OK\r\n".utf8)))
            for client in clients { client.resetAtEnd() }
        }
        _ = try server.stop()
    }

    @Test(
        "a reply of 100 MB arrives whole through a small window",
        arguments: [
            "single", "balanced:shared",
        ])
    func longReply(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try server.connect(receiveBuffer: 64 * 1_024)
        let count = Sanitizer.isActive ? 10_000_000 : 100_000_000
        try client.send(HTTPText.get("/bytes/\(count)"))
        let reply = try client.reply()
        #expect(reply.body.count == count)
        let report = try server.stop()
        #expect(report.rssPeakBytes < 200 << 20)
    }
}
