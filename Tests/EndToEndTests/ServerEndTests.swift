import Basis
import Foundation
import Glibc
import Platform
import Serve
import TestSupport
import Testing

/// How connections end: no reply is lost because a peer sends more.
@Suite("server: ends of connections")
struct ServerEndTests {
    private static let request = HTTPText.get("/plaintext")
    private static let long = HTTPText.get("/bytes/1000000")

    @Test("a stop truncates no reply of a peer that sends another request", arguments: patterns)
    func stopped(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let clients = try (0..<6).map { _ in try server.connect(receiveBuffer: 64 * 1_024) }
        for client in clients { try client.send(Self.long + Self.long) }
        // Nearly all of both replies waits in the server or in its kernel.
        for client in clients { client.awaitDelivery() }
        server.terminate()
        var answered = 0
        for client in clients {
            #expect(try client.reply().body.count == 1_000_000)
            try client.send(Self.request)
            #expect(try client.reply().body.count == 1_000_000)
            // The third may have come before the stop was seen. In any case the end is in order.
            let rest = String(decoding: try client.rest(), as: UTF8.self)
            #expect(rest.isEmpty || rest.hasSuffix("Hello, World!"), "\(rest)")
            answered += rest.isEmpty ? 2 : 3
        }
        #expect(try server.ending().requests == answered)
    }

    @Test(
        "a last reply reaches a peer that sends more, whatever ended the connection",
        arguments: patterns, ["close", "refusal", "idle"])
    func sentMore(pattern: String, ending: String) throws {
        let server = try ServerUnderTest(
            pattern, ending == "idle" ? ["--idle-timeout", "300ms"] : [])
        let client = try server.connect(receiveBuffer: 64 * 1_024)
        switch ending {
        case "close":
            try client.send(HTTPText.get("/bytes/1000000", fields: ["Connection: close"]))
        case "refusal": try client.send(Self.long + "BAD\u{1} x\r\n\r\n")
        default:
            try client.send(Self.long)
            TestClock.sleep(.seconds(1))
        }
        _ = try client.receive(200_000)
        for _ in 0..<3 {
            try client.send(Self.request)
            client.awaitDelivery()
            TestClock.sleep(.milliseconds(5))
        }
        let rest = try client.rest()
        #expect((800_100...800_500).contains(rest.count), "\(rest.count) bytes")
        _ = try server.stop()
    }

    @Test("peers that never end, or never stop sending, are cut off", arguments: patterns)
    func cutOff(pattern: String) throws {
        let last = HTTPText.get("/plaintext", fields: ["Connection: close"])
        do {
            let server = try ServerUnderTest(pattern, ["--linger-timeout", "250ms"])
            let before = server.process.descriptors
            let clients = try (0..<5).map { _ in try server.connect() }
            for client in clients { #expect(try client.ask(last).status == 200) }
            // Nobody has closed.
            #expect(TestClock.eventually { server.process.descriptors == before })
            _ = try server.stop()
            for client in clients { #expect(try client.endsSilently()) }
        }
        let server = try ServerUnderTest(pattern, ["--linger-timeout", "1h"])
        let client = try server.connect()
        #expect(try client.ask(last).status == 200)
        let piece = [UInt8](repeating: 97, count: 1 << 20)
        var sent = 0
        while sent < 100, (try? client.send(piece)) != nil { sent += 1 }
        #expect((60..<90).contains(sent), "\(sent) MiB were taken")
        _ = try server.stop()
    }

    @Test("lingering connections count against the limit of connections")
    func counted() throws {
        let server = try ServerUnderTest(
            "single", ["--linger-timeout", "1h", "--max-connections", "4"])
        let last = HTTPText.get("/plaintext", fields: ["Connection: close"])
        var clients = try (0..<4).map { _ in try server.connect() }
        for client in clients { #expect(try client.ask(last).status == 200) }
        let waiting = try server.connect()
        try waiting.send(Self.request)
        waiting.awaitDelivery()
        TestClock.sleep(.milliseconds(600))
        #expect(!waiting.hasInput)
        clients.removeAll()
        #expect(try waiting.reply().status == 200)
        _ = try server.stop()
    }

    @Test("a drain does not wait for peers that have taken all", arguments: patterns)
    func promptEnd(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--linger-timeout", "1h"])
        let last = HTTPText.get("/plaintext", fields: ["Connection: close"])
        let clients = try (0..<6).map { _ in try server.connect() }
        for (index, client) in clients.enumerated() {
            #expect(try client.ask(index % 2 == 0 ? last : Self.request).status == 200)
        }
        _ = try server.stop()
        for client in clients { #expect(try client.endsSilently()) }
    }

    @Test(
        "a peer that pipelines on gets what had arrived, and the last says so",
        arguments: patterns)
    func pipelining(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let requests = (0..<4).map { HTTPText.get("/bytes/\(10 + $0)") }
        let clients = try (0..<4).map { _ in try server.connect() }
        for client in clients {
            // Half a request always follows.
            try client.send((0..<16).map { requests[$0 % 4] }.joined())
            try client.send(String(requests[0].prefix(9)))
        }
        var counts = [0, 0, 0, 0]
        var isStopped = false
        var open = Set(clients.indices)
        while !open.isEmpty {
            for index in open.sorted() {
                let client = clients[index]
                let reply = try client.reply()
                let number = counts[index]
                #expect(reply.body.count == 10 + number % 4, "\(number): \(reply)")
                counts[index] += 1
                if reply["connection"] == "close" {
                    open.remove(index)
                    continue
                }
                try client.send(
                    String(requests[(16 + number) % 4].dropFirst(9))
                        + String(requests[(17 + number) % 4].prefix(9)))
            }
            if !isStopped, counts[0] == 100 {
                server.terminate()
                isStopped = true
            }
            guard counts[0] < 100_000 else {
                Issue.record("\(pattern) goes on")
                return
            }
        }
        for client in clients { #expect(try client.rest().isEmpty) }
        #expect(try server.ending().requests == counts.reduce(0, +))
    }

    @Test(
        "the last of the replies under way says that the connection ends",
        arguments: patterns, ["HTTP/1.1", "HTTP/1.0"])
    func underWay(pattern: String, version: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try server.connect()
        let wait = HTTPText.get(
            "/wait?us=300000", version: version, fields: ["Connection: keep-alive"])
        try client.send(wait + wait + wait + "\r\n")
        client.awaitDelivery()
        TestClock.sleep(.milliseconds(50))
        server.terminate()
        TestClock.sleep(.milliseconds(50))
        try client.send(wait)
        for number in 0..<3 {
            let reply = try client.reply()
            let option = number == 2 ? "close" : version == "HTTP/1.0" ? "keep-alive" : nil
            #expect(reply.text == "waited\n" && reply["connection"] == option, "\(number)")
        }
        #expect(try client.rest().isEmpty)
        #expect(try server.ending().requests == 3)
    }

    @Test("connections that are queued at a stop are served", arguments: patterns)
    func queued(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        server.pause()
        let clients = try (0..<60).map { _ in
            let client = try server.connect()
            try client.send(Self.request + HTTPText.post("/echo", "abc"))
            return client
        }
        for client in clients { client.awaitDelivery() }
        server.terminate()
        server.proceed()
        for client in clients {
            // No reply says that the connection ends, where a reader went on before the stop came.
            #expect(try client.reply().text == "Hello, World!")
            #expect(try client.reply().text == "abc")
            #expect(try client.rest().isEmpty)
        }
        #expect(try server.ending().requests == 120)
    }
}
