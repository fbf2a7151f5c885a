import Basis
import Platform
import Serve
import TestSupport
import Testing

@Suite("server: the budget of payloads")
struct ServerBudgetTests {
    private static let arguments = ["--max-body", "512KiB", "--max-bodies", "1MiB"]
    private static let size = 400_000

    private static func head(_ length: Int, fields: String = "") -> String {
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: \(length)\r\n\(fields)\r\n"
    }

    private func bytes(_ count: Int) -> String { String(repeating: "a", count: count) }

    /// A client with most of a payload sent.
    private func holder(_ server: ServerUnderTest) throws -> RawClient {
        let client = try server.connect()
        try client.send(Self.head(Self.size) + bytes(Self.size - 1))
        client.awaitDelivery()
        return client
    }

    /// Asks until the server has room again, which it may notice a moment later.
    private func hasRoom(_ server: ServerUnderTest) -> Bool {
        TestClock.eventually {
            (try? server.connect().ask(Self.head(Self.size) + bytes(Self.size)).status) == 200
        }
    }

    // With a single reader, so that all connections share a budget.
    static let patterns = ["single", "balanced:shared", "balanced:per-worker"]

    @Test(
        "what is beyond the budget is 503 and the end, what is within it goes on",
        arguments: patterns)
    func beyond(pattern: String) throws {
        let server = try ServerUnderTest(pattern, Self.arguments)
        let holders = try (0..<2).map { _ in try holder(server) }
        let isFull = TestClock.eventually {
            (try? server.connect().ask(Self.head(Self.size)))?.status == 503
        }
        #expect(isFull)
        let refused = try server.connect()
        let reply = try refused.ask(Self.head(Self.size, fields: "Expect: 100-continue\r\n"))
        #expect(reply.status == 503 && reply["connection"] == "close", "\(reply)")
        #expect(try refused.rest().isEmpty)
        // Small ones, and requests without a payload that is kept, find their place.
        #expect(try server.connect().ask(HTTPText.post("/echo", "abc")).text == "abc")
        #expect(try server.connect().ask(HTTPText.get("/plaintext")).status == 200)
        for client in holders {
            try client.send("a")
            #expect(try client.reply().body.count == Self.size)
        }
        #expect(hasRoom(server))
        _ = try server.stop()
    }

    @Test("a payload of unknown length is cut off where the budget ends", arguments: patterns)
    func chunked(pattern: String) throws {
        let server = try ServerUnderTest(pattern, Self.arguments)
        let holders = try (0..<2).map { _ in try holder(server) }
        let client = try server.connect()
        try client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = bytes(60_000)
        for _ in 0..<7 { try? client.send("ea60\r\n\(chunk)\r\n") }
        let reply = try client.reply()
        #expect(reply.status == 503 && reply["connection"] == "close", "\(reply)")
        for client in holders { client.resetAtEnd() }
        _ = consume holders
        _ = try server.stop()
    }

    @Test("whatever ends a connection gives its part of the budget back", arguments: patterns)
    func returns(pattern: String) throws {
        let server = try ServerUnderTest(
            pattern, Self.arguments + ["--body-timeout", "1s", "--head-timeout", "60s"])
        // A reset, an orderly end, a time that is over, a refusal, and an echo that nobody takes.
        for round in 0..<5 {
            let clients = try (0..<2).map { _ in try holder(server) }
            switch round {
            case 0: for client in clients { client.resetAtEnd() }
            case 1: for client in clients { client.finishSending() }
            case 2: for client in clients { #expect(try client.reply().status == 408) }
            case 3: for client in clients { try client.send("a" + "BAD\u{1}\r\n\r\n") }
            default:
                for client in clients {
                    try client.send("a" + String(repeating: Self.head(0), count: 10))
                    client.resetAtEnd()
                }
            }
            _ = consume clients
            #expect(hasRoom(server), "\(pattern), round \(round)")
        }
        _ = try server.stop()
    }

    @Test("the part of an echo that the peer has taken is free for others", arguments: patterns)
    func drains(pattern: String) throws {
        let server = try ServerUnderTest(
            pattern, ["--max-body", "24MiB", "--max-bodies", "24MiB"])
        let size = 24 << 20
        let ask = Self.head(12 << 20, fields: "Expect: 100-continue\r\n")
        let slow = try server.connect(receiveBuffer: 32_768)
        try slow.send(Self.head(size) + bytes(size))
        // The kernel takes a few MiB of it, not half.
        let isFull = TestClock.eventually { (try? server.connect().ask(ask).status) == 503 }
        #expect(isFull)
        // So much stays that the server holds the end of it.
        var left = size - (6 << 20)
        while left > 0 { left -= try slow.receive(min(left, 1 << 20)).count }
        let isFree = TestClock.eventually { (try? server.connect().ask(ask).status) == 100 }
        #expect(isFree)
        _ = try slow.receive(6 << 20)
        slow.resetAtEnd()
        _ = consume slow
        _ = try server.stop()
    }

    @Test("a budget that no payload fits is refused at the start")
    func tooSmall() throws {
        let outcome = try ServerOutcome(["--max-body", "2MiB", "--max-bodies", "1MiB"])
        #expect(outcome.ending == .exited(64))
        #expect(outcome.errors.contains("is less than one payload of --max-body"))
    }
}
