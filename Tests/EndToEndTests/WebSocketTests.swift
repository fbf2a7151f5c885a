import Basis
import Measure
import Platform
import Report
import Serve
import TestSupport
import Testing

/// The server and the generator, WebSocket between them.
@Suite("WebSocket", .serialized)
struct WebSocketTests {
    private static let offer = HTTPText.get(
        "/ws",
        fields: [
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ])

    /// Reads the head of a 101.
    private func open(_ server: ServerUnderTest) throws -> RawClient {
        let client = try server.connect()
        try client.send(Self.offer)
        #expect(try client.line() == "HTTP/1.1 101 Switching Protocols\r")
        while try client.line() != "\r" {}
        return client
    }

    @Test("messages come back in every pattern", arguments: bytePatterns)
    func echoes(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try open(server)
        // "Hello", as RFC 6455 §5.7 masks it, whole and in two fragments.
        try client.send([0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
        #expect(try client.receive(7) == [0x81, 5] + Array("Hello".utf8))
        try client.send([0x02, 0x82, 0, 0, 0, 0, 1, 2])
        try client.send([0x89, 0x81, 0, 0, 0, 0, 9])
        #expect(try client.receive(3) == [0x8A, 1, 9])
        try client.send([0x80, 0x81, 0, 0, 0, 0, 3, 0x88, 0x82, 0, 0, 0, 0, 3, 0xE8])
        #expect(try client.receive(9) == [0x82, 3, 1, 2, 3, 0x88, 2, 3, 0xE8])
        #expect(try client.endsSilently())
        #expect(try server.stop().requests == 2)
    }

    @Test("a stop tells open connections that the server goes away", arguments: bytePatterns)
    func stop(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try open(server)
        server.terminate()
        #expect(try client.rest() == [0x88, 2, 3, 0xE9])
        client.finishSending()
        _ = try server.ending()
    }

    @Test("the generator loads the server in every pattern", arguments: bytePatterns)
    func load(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        for arguments in [
            ["-m", "16"], ["-R", "500", "-m", "2"], ["--message-size", "70000"],
            ["--message", "binary", "--body", "abc", "--requests-per-connection", "9"],
        ] {
            let url = "ws://127.0.0.1:\(server.port)/ws"
            let outcome = try LoadRun(
                ["--json", "-", "-c", "4", "-d", "300ms", "--warmup", "50ms"] + arguments + [url]
            ).outcome()
            let report = try outcome.report()
            #expect(outcome.ending == .exited(0), "\(outcome.errors)")
            #expect(report.protocol == "ws" && report.url == url)
            #expect(report.requests > 0 && report.errors.total == 0, "\(outcome.errors)")
            let size = arguments.contains("70000") ? 70_000 : arguments.contains("abc") ? 3 : 13
            #expect(report.bodyBytes == Int64(size) * report.requests)
            #expect(report.latency.samples == report.requests)
        }
        let served = try server.stop()
        #expect(served.requests > 0)
    }

    @Test(
        "a server that opens no WebSocket is told of before the load, in one line",
        arguments: [("/nope", "404"), ("/plaintext", "200")])
    func refused(path: String, status: String) throws {
        let server = try ServerUnderTest("single")
        let outcome = try server.load(path, ["--protocol", "ws"])
        #expect(outcome.ending == .exited(1) && outcome.isOneLine, "\(outcome)")
        #expect(
            outcome.errors.contains("opens no WebSocket there, but answers with status \(status)"))
        _ = try server.stop()
    }

    @Test("a server that never answers the handshake is told of in one line")
    func silent() throws {
        let server = try ServerUnderTest("single")
        server.pause()
        let outcome = try server.load("/ws", ["--protocol", "ws", "--timeout", "300ms"])
        #expect(outcome.ending == .exited(1) && outcome.isOneLine, "\(outcome)")
        #expect(outcome.errors.contains("before the answer to the handshake"))
        server.proceed()
        _ = try server.stop()
    }

    @Test("a message that is too large for the server is told of with its code")
    func tooLarge() throws {
        let server = try ServerUnderTest("single", ["--max-body", "100"])
        let outcome = try server.load(
            "/ws", ["--protocol", "ws", "--message-size", "101", "-d", "200ms"])
        #expect(outcome.ending == .exited(1), "\(outcome)")
        let report = try outcome.report()
        #expect(report.requests == 0 && report.errors.read > 0, "\(report.errors)")
        #expect(
            report.firstFailure?.reason.contains("1009: the message is too large") == true,
            "\(report.firstFailure?.reason ?? "no failure")")
        _ = try server.stop()
    }
}
