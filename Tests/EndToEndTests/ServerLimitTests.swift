import Basis
import Serve
import TestSupport
import Testing

@Suite("server: limits")
struct ServerLimitTests {
    private static let request = HTTPText.get("/plaintext")

    @Test(
        "a burst of a thousand connections is served and leaves nothing open",
        // These serve no more than they have threads.
        arguments: patterns.filter { $0 != "blocking-pool" && $0 != "prefork" })
    func burst(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        // What a pool of threads opens with its first work is there by then.
        #expect(try server.connect().ask(Self.request).status == 200)
        let isIdle = TestClock.eventually { server.connections == 0 }
        #expect(isIdle)
        let before = server.descriptors
        let count = repetitions(1_000)
        do {
            let clients = try (0..<count).map { _ in try server.connect() }
            for client in clients { try client.send(Self.request) }
            for client in clients { #expect(try client.reply().status == 200) }
            #expect(server.descriptors == before + count)
        }
        let isClean = TestClock.eventually { server.descriptors == before }
        #expect(isClean, "\(pattern): \(server.descriptors) instead of \(before)")
        let report = try server.stop()
        #expect(report.accepted == count + 1 && report.requests == count + 1)
        #expect(report.shed == 0)
    }

    @Test("connections that are reset at every stage leave nothing open", arguments: patterns)
    func resets(pattern: String) throws {
        let server = try ServerUnderTest(pattern, threads: 4)
        let before = server.descriptors
        for start in [
            "", "GET /", Self.request, HTTPText.get("/wait?us=20000"),
            HTTPText.get("/block?us=1000") + Self.request, HTTPText.get("/bytes/10000000"),
            HTTPText.get("/echo", method: "POST", fields: ["Content-Length: 9"]) + "abc",
            String(repeating: Self.request, count: 500), "garbage\r\n",
            String(repeating: HTTPText.get("/wait?us=2000"), count: 90),
        ] {
            for _ in 0..<5 {
                let client = try server.connect()
                client.resetAtEnd()
                try client.send(start)
                if start.count % 2 == 0 { TestClock.sleep(.milliseconds(1)) }
            }
        }
        let isClean = TestClock.eventually { server.descriptors == before }
        #expect(isClean, "\(pattern): \(server.descriptors) instead of \(before)")
        #expect(try server.connect().ask(Self.request).status == 200)
        #expect(try server.stop().accepted == 51)
    }

    @Test(
        "more connections than are allowed wait or are refused, and all goes on",
        arguments: patterns)
    func connectionLimit(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--max-connections", "8"])
        let hasOneReader =
            ["single", "acceptors:one-reader", "work-stealing", "offload", "thread-per-connection"]
            .contains(pattern) || pattern.hasPrefix("balanced")
        // Each thread of a pool is a reader of one connection.
        let readers = hasOneReader ? 1 : ["blocking-pool", "prefork"].contains(pattern) ? 5 : 2
        do {
            let clients = try (0..<40).map { _ in
                let client = try server.connect()
                try client.send(Self.request)
                return client
            }
            let isServed = TestClock.eventually { clients.filter(\.hasInput).count >= 8 }
            #expect(isServed)
            TestClock.sleep(.milliseconds(100))
            // What has come is a reply, or the end of a connection that was refused.
            let held = clients.filter { $0.hasInput && (try? $0.reply())?.status == 200 }
            #expect((1...8 * readers).contains(held.count), "\(pattern) holds \(held.count)")
        }
        let isOpen = TestClock.eventually {
            (try? server.connect().ask(Self.request))?.status == 200
        }
        #expect(isOpen)
        _ = try server.stop()
    }

    @Test(
        "a full loop leaves connections to the others",
        arguments: ["acceptors:exclusive", "acceptors:herd"])
    func fullLoop(pattern: String) throws {
        let server = try ServerUnderTest(pattern, threads: 3, ["--max-connections", "2"])
        var clients: [RawClient] = []
        for number in 0..<6 {
            let client = try server.connect()
            #expect(try client.ask(Self.request).status == 200, "connection \(number)")
            clients.append(client)
        }
        _ = try server.stop()
    }

    @Test(
        "delayed replies keep nobody else waiting, alive or closed",
        arguments: ["balanced:shared", "balanced:per-worker"])
    func delayedReplies(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--drain-timeout", "250ms"])
        let pipeline = String(repeating: HTTPText.get("/wait?us=60000000"), count: 64)
        do {
            // As many messages as workers may have in all, from few connections.
            let clients = try (0..<64).map { _ in try server.connect() }
            for client in clients { try client.send(pipeline) }
            for client in clients { client.awaitDelivery() }
            TestClock.sleep(.milliseconds(300))
            #expect(try server.connect().ask(Self.request).status == 200)
            for client in clients { client.resetAtEnd() }
        }
        do {
            // From so many connections that none is kept free for others.
            let clients = try (0..<1_200).map { _ in try server.connect() }
            for client in clients { try client.send(pipeline) }
            for client in clients { client.awaitDelivery() }
            TestClock.sleep(.milliseconds(300))
            // A reply that waits holds nothing that others need.
            #expect(try server.connect().ask(Self.request).status == 200)
            for client in clients { client.resetAtEnd() }
        }
        #expect(try server.connect().ask(Self.request).status == 200)
        _ = try server.stop()
    }

    @Test(
        "many more delayed replies than messages may be with workers come all at their time",
        arguments: ["single", "balanced:shared", "balanced:per-worker"])
    func manyDelayed(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        // The order of replies on a connection is that of its requests, whichever of them waits.
        let requests =
            HTTPText.get("/json") + HTTPText.get("/wait?us=400000")
            + HTTPText.get("/bytes/3") + HTTPText.get("/wait?us=1000") + HTTPText.get("/wait?us=0")
        let clients = try (0..<6_000).map { _ in
            let client = try server.connect()
            try client.send(requests)
            return client
        }
        for client in clients {
            for body in [
                #"{"message":"Hello, World!"}"#, "waited\n", "xxx", "waited\n", "waited\n",
            ] {
                #expect(try client.reply().text == body)
            }
        }
        #expect(try server.stop().requests == 5 * clients.count)
    }

    @Test(
        "with no descriptor left nobody spins, and service comes back",
        // Processes have a table of descriptors each.
        arguments: PatternID.runnable.filter { !$0.hasProcesses }.map(\.rawValue))
    func outOfDescriptors(pattern: String) throws {
        let server = try ServerUnderTest(pattern, descriptorLimit: 64)
        let before = server.descriptors
        do {
            let clients = try (0..<100).map { _ in
                let client = try server.connect()
                try? client.send(Self.request)
                return client
            }
            #expect(TestClock.eventually { clients.contains(where: \.hasInput) })
            let spared = pattern == "structured:global" ? 8 : 0
            let isFull = TestClock.eventually { server.descriptors >= 60 - spared }
            #expect(isFull, "\(server.descriptors)")
            #expect(server.process.comesToRest, "\(pattern): a thread spins")
            if pattern == "acceptors:blocking" {
                // Its acceptors end up asleep in an accept for which they gave up their reserve.
                #expect(TestClock.eventually { clients.allSatisfy(\.hasInput) })
                TestClock.sleep(.milliseconds(50))
            }
        }
        #expect(TestClock.eventually { server.descriptors <= before })
        TestClock.sleep(.milliseconds(300))
        for number in 0..<20 {
            let reply = try? server.connect().ask(Self.request)
            #expect(reply?.status == 200, "\(pattern): connection \(number) after recovery")
        }
        _ = try server.stop()
    }

    @Test("a peer that takes every descriptor and goes on asking ends nobody")
    func busyWithoutDescriptors() throws {
        // The pool of tasks opens files once a second, while it has work waiting.
        let server = try ServerUnderTest("structured:global", descriptorLimit: 40)
        let load = try server.load("/nowhere", ["-c", "64", "-d", "4s"])
        #expect(load.output.contains("404"), "\(load.output)\(load.errors)")
        #expect(try server.stop().shed > 0)
    }
}
