import Basis
import Serve
import TestSupport
import Testing

@Suite("server: slow and silent peers")
struct ServerTimeoutTests {
    @Test("a connection that says nothing is ended without a word", arguments: bytePatterns)
    func silence(pattern: String) throws {
        let server = try ServerUnderTest(
            pattern, ["--head-timeout", "300ms", "--idle-timeout", "300ms"])
        let mute = try server.connect()
        let idle = try server.connect()
        #expect(try idle.ask(HTTPText.get("/plaintext")).status == 200)
        #expect(try mute.endsSilently())
        #expect(try idle.endsSilently())
        let report = try server.stop()
        #expect(report.accepted == 2 && report.requests == 1)
    }

    @Test("a client that does not read costs a bounded piece of memory", arguments: bytePatterns)
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
