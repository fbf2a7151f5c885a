import Basis
import Platform
import Serve
import Synchronization
import TestSupport
import Testing

@Suite("server: pipelines and cuts")
struct ServerPipelineTests {
    /// A request drawn at random, with what its reply must say.
    private struct Draw {
        let request: String
        let body: String

        init(_ number: Int, _ random: inout SeededGenerator) {
            switch Int.random(in: 0..<9, using: &random) {
            case 0:
                request = HTTPText.get("/wait?us=\(Int.random(in: 0...3_000, using: &random))")
                body = "waited\n"
            case 1:
                request = HTTPText.get("/block?us=\(Int.random(in: 0...2_000, using: &random))")
                body = "blocked\n"
            case 2:
                request = HTTPText.get("/work?us=\(Int.random(in: 0...500, using: &random))")
                body = "worked\n"
            case 3:
                let count = Int.random(in: 0...150_000, using: &random)
                request = HTTPText.get("/bytes/\(count)")
                body = String(repeating: "x", count: count)
            case 4:
                body = String(repeating: "\(number),", count: number % 3_000)
                request = HTTPText.post("/echo", body)
            case 5:
                let chunks = (0..<Int.random(in: 0...5, using: &random)).map { "\(number).\($0)" }
                body = chunks.joined()
                request = HTTPText.chunked("/echo", chunks)
            case 6:
                request = HTTPText.get("/nowhere")
                body = "no such path\n"
            default:
                request = HTTPText.get("/plaintext")
                body = "Hello, World!"
            }
        }
    }

    @Test(
        "slow and fast requests are answered in the order they were asked", arguments: bytePatterns)
    func mixed(pattern: String) throws {
        let server = try ServerUnderTest(pattern, threads: 4)
        var asked = 0
        for seed in 1...UInt64(repetitions(5)) {
            var random = SeededGenerator(seed: seed)
            let client = try server.connect()
            let draws = (0..<80).map { Draw($0, &random) }
            try client.send(draws.map(\.request).joined())
            for (number, draw) in draws.enumerated() {
                let reply = try client.reply()
                let isRight = reply.text == draw.body
                try #require(isRight, "seed \(seed), request \(number) \(draw.request.prefix(30))")
            }
            asked += draws.count
        }
        #expect(try server.stop().requests == asked)
    }

    @Test(
        "a reply longer than one piece does not strand those behind it that are ready",
        arguments: bytePatterns)
    func behindLongReplies(pattern: String) throws {
        let server = try ServerUnderTest(pattern, threads: 4)
        let client = try server.connect()
        for _ in 0..<20 {
            // The first is slow to start, so that with workers the second is done before it.
            try client.send(
                HTTPText.get("/wait?us=1000") + HTTPText.get("/bytes/300000")
                    + HTTPText.get("/plaintext") + HTTPText.get("/bytes/70000")
                    + HTTPText.get("/json"))
            for count in [7, 300_000, 13, 70_000, 27] {
                #expect(try client.reply().body.count == count)
            }
        }
        _ = try server.stop()
    }

    @Test("a client that has ended its half gets every reply it asked for", arguments: bytePatterns)
    func halfClose(pattern: String) throws {
        let server = try ServerUnderTest(pattern, threads: 4)
        for request in [
            HTTPText.get("/plaintext"), HTTPText.get("/wait?us=1000"), HTTPText.post("/echo", "a"),
            HTTPText.get("/bytes/100000"),
        ] {
            let client = try server.connect()
            let count = request.contains("/bytes") ? 70 : 400
            try client.send(String(repeating: request, count: count))
            client.finishSending()
            for number in 0..<count {
                let reply = try client.reply()
                try #require(reply.status == 200, "\(pattern), reply \(number)")
            }
            #expect(try client.rest().isEmpty)
        }
        #expect(try server.stop().requests == 1_270)
    }

    @Test("a half close inside a request ends the connection", arguments: bytePatterns)
    func halfRequests(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        for start in [
            "GET /plain", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nabc",
        ] {
            let client = try server.connect()
            try client.send(HTTPText.get("/plaintext") + start)
            client.finishSending()
            #expect(try client.reply().status == 200)
            #expect(try client.rest().isEmpty)
        }
        #expect(try server.stop().requests == 2)
    }

    @Test("a request means the same wherever the network cuts it", arguments: bytePatterns)
    func cuts(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try server.connect()
        let bytes = Array(
            (HTTPText.post("/echo", "0123456789") + HTTPText.chunked("/echo", ["abc", "defghij"])
                + HTTPText.get("/json"))
                .utf8)
        for cut in 0..<bytes.count {
            try client.send(Array(bytes[..<cut]))
            // Time for the server to see the first part alone; should it see both, nothing breaks.
            TestClock.sleep(.microseconds(200))
            try client.send(Array(bytes[cut...]))
            let bodies = try (0..<3).map { _ in try client.reply().text }
            let isRight = bodies == ["0123456789", "abcdefghij", #"{"message":"Hello, World!"}"#]
            try #require(isRight, "\(pattern), cut at \(cut): \(bodies)")
        }
        #expect(try server.stop().requests == 3 * bytes.count)
    }

    @Test("urgent data keeps nothing behind it back", arguments: bytePatterns)
    func urgentData(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try server.connect()
        for request in [HTTPText.get("/plaintext"), HTTPText.get("/wait?us=1000")] {
            // Stopped where it stands, the server finds all of it at once.
            server.pause()
            // Urgent data is not part of the stream; whoever sends it loses a byte.
            try client.sendUrgent(String(request.prefix(20)) + "!")
            try client.send(String(request.dropFirst(20)))
            client.awaitDelivery()
            server.proceed()
            #expect(try client.reply().status == 200)
        }
        #expect(try client.ask(HTTPText.get("/plaintext")).status == 200)
        _ = try server.stop()
    }

    @Test("urgent data keeps nothing back while signals arrive", arguments: bytePatterns)
    func urgentDataAndSignals(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let process = server.process
        let port = server.port
        let isOver = Atomic<Bool>(false)
        let missing = Guarded<String?>(nil)
        // At an urgent mark Linux ends a receive with EAGAIN if a signal is pending.
        try withThreads(2) { index in
            guard index == 0 else {
                while !isOver.load(ordering: .relaxed) {
                    process.pause()
                    process.proceed()
                }
                return
            }
            let request = HTTPText.get("/plaintext")
            do {
                let client = try RawClient(port: port)
                for _ in 0..<1_000 {
                    try client.sendUrgent(String(request.prefix(20)) + "!")
                    try client.send(String(request.dropFirst(20)))
                    let status = try client.reply().status
                    if status != 200 { missing.withLock { $0 = "status \(status)" } }
                }
            } catch {
                missing.withLock { $0 = "\(error)" }
            }
            isOver.store(true, ordering: .relaxed)
        }
        #expect(missing.withLock { $0 } == nil)
        _ = try server.stop()
    }

    @Test("requests in an endless stream are never taken for a head that is late")
    func streamOfCutRequests() throws {
        let server = try ServerUnderTest("single", ["--head-timeout", "500ms"])
        do {
            let client = try server.connect()
            // Every write ends inside a request, so that never is nothing pending.
            let request = HTTPText.get("/plaintext")
            try client.send(String(request.prefix(10)))
            let start = TestClock.now
            while TestClock.now.since(start) < .seconds(2) {
                try client.send("\(request.dropFirst(10))\(request.prefix(10))")
                let elapsed = TestClock.now.since(start)
                #expect(try client.reply().status == 200, "after \(elapsed.display)")
                TestClock.sleep(.milliseconds(5))
            }
        }
        _ = try server.stop()
    }
}
