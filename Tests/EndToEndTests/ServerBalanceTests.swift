import Basis
import Measure
import Platform
import Serve
import TestSupport
import Testing

/// How patterns spread connections when their threads are idle: the facts that textbooks state.
/// Counts, not times.
@Suite("server: balance", .serialized)
struct ServerBalanceTests {
    private static let count = 400

    /// Opens connections one after another, asks once on each, and holds all of them to the end.
    private func report(_ pattern: String, _ arguments: [String] = []) throws -> ServerReport {
        let server = try ServerUnderTest(pattern, threads: 4, arguments)
        var clients: [RawClient] = []
        for _ in 0..<Self.count {
            let client = try server.connect()
            #expect(try client.ask(HTTPText.get("/plaintext")).status == 200)
            clients.append(client)
        }
        let report = try server.stop()
        #expect(report.accepted == Self.count && report.requests == Self.count)
        return report
    }

    private func fairness(_ spread: [Int]) throws -> Double {
        try #require(Evenness(spread.map(Double.init))).jain
    }

    @Test("blocked acceptors are served first come first served")
    func blocking() throws {
        let spread = try report("acceptors:blocking").spread(of: "acceptor")
        #expect(try fairness(spread) >= 0.95, "\(spread)")
    }

    @Test("round robin over readers is exact", arguments: ["readers:direct", "readers:queue"])
    func roundRobin(pattern: String) throws {
        #expect(try report(pattern).spread(of: "reader") == [100, 100, 100, 100])
    }

    @Test("least connections over readers is exact while nobody leaves")
    func leastConnections() throws {
        let spread = try report("readers:queue", ["--balance", "least-connections"])
            .spread(of: "reader")
        #expect(spread == [100, 100, 100, 100])
    }

    @Test("two choices stay near the mean")
    func twoChoices() throws {
        let spread = try report("readers:direct", ["--balance", "two-choices"]).spread(of: "reader")
        // The excess over the mean is about log2(log2(n)) (Mitzenmacher 2001).
        #expect((spread.max() ?? 0) - (spread.min() ?? 0) <= 10, "\(spread)")
    }

    @Test("an exclusive watch serves the first idle loop, and few others")
    func exclusive() throws {
        let report = try report("acceptors:exclusive")
        let spread = report.spread(of: "loop")
        #expect(try fairness(spread) < 0.7, "\(spread)")
    }

    @Test("who steps back after sixteen connections shares with all others")
    func rotate() throws {
        let spread = try report("acceptors:rotate").spread(of: "loop")
        #expect(try fairness(spread) >= 0.95, "\(spread)")
    }

    @Test("one at a time watches: nobody is woken for a connection that another has")
    func mutex() throws {
        let report = try report("acceptors:mutex")
        #expect(report.sum(\.eagainAccepts) == 0)
        let herd = try self.report("acceptors:herd")
        #expect(report.sum(\.voluntarySwitches) < herd.sum(\.voluntarySwitches) - Self.count)
    }

    @Test("a poller that acceptors share wakes two by levels, and one by edges or once")
    func sharedPoller() throws {
        func switches(_ pattern: String) throws -> Int {
            try report(pattern).workers.filter { $0.role == "acceptor" }
                .map(\.voluntarySwitches).reduce(0, +)
        }
        let level = try switches("acceptors:shared-level")
        let edge = try switches("acceptors:shared-edge")
        let once = try switches("acceptors:shared-oneshot")
        #expect(level > edge + Self.count / 4, "\(level) and \(edge) switches")
        #expect(level > once + Self.count / 4, "\(level) and \(once) switches")
    }

    @Test("a herd is woken whole, an exclusive watch wakes one")
    func herd() throws {
        let herd = try report("acceptors:herd")
        let exclusive = try report("acceptors:exclusive")
        // Who was woken for nothing shows in the switches, even where it never saw an event.
        #expect(
            herd.sum(\.voluntarySwitches) > exclusive.sum(\.voluntarySwitches) + Self.count,
            "\(herd.sum(\.voluntarySwitches)) and \(exclusive.sum(\.voluntarySwitches)) switches")
    }

    @Test("one reader owns what all acceptors accept")
    func oneReader() throws {
        let report = try report("acceptors:one-reader")
        #expect(report.spread(of: "reader") == [Self.count])
        #expect(report.spread(of: "acceptor").reduce(0, +) == Self.count)
        #expect(report.sum(\.handoffs) == Self.count)
    }

    @Test("the kernel's hash gives every loop a fair share of many connections")
    func sharded() throws {
        let spread = try report("sharded:hash").spread(of: "loop")
        // Binomial with mean 100 and deviation 9.
        #expect(spread.allSatisfy { (50...150).contains($0) }, "\(spread)")
    }

    @Test("a program that takes listeners in turn is exact", .enabled(if: Machine.loadsPrograms))
    func turns() throws {
        let spread = try report("sharded:round-robin").spread(of: "loop")
        #expect(spread.allSatisfy { (99...101).contains($0) }, "\(spread)")
    }

    @Test(
        "a program that knows the loads is even while nobody leaves",
        .enabled(if: Machine.loadsPrograms))
    func load() throws {
        let spread = try report("sharded:load").spread(of: "loop")
        #expect(spread.allSatisfy { (90...110).contains($0) }, "\(spread)")
    }

    @Test(
        "connections that come while a loop hangs go to the others, where that is known",
        .enabled(if: Machine.loadsPrograms))
    func stalledLoop() throws {
        let server = try ServerUnderTest("sharded:load", threads: 4)
        let stalled = try server.connect()
        try stalled.send(HTTPText.get("/block?us=1000000"))
        // Until its turn has lasted longer than turns do.
        TestClock.sleep(.milliseconds(50))
        for _ in 0..<40 {
            #expect(try server.connect().ask(HTTPText.get("/plaintext")).status == 200)
        }
        #expect(try stalled.reply().status == 200)
        let accepted = try server.stop().workers.map(\.accepted)
        #expect(accepted.contains(1), "\(accepted): one has had nothing but what it hangs in")
    }

    @Test(
        "the CPU on which a connection arrives decides, and over loopback that is the client's",
        arguments: ["sharded:cpu", "sharded:incoming-cpu"])
    func byCPU(pattern: String) throws {
        let cpus = CPUSet.available.cpus
        let server = try ServerUnderTest(pattern, threads: cpus.count)
        let place = try #require(cpus.indices.last)
        let port = server.port
        let client = try Thread(named: "client") {
            try? CPUSet([cpus[place]]).bindThisThread()
            for _ in 0..<100 {
                let status = try? RawClient(port: port).ask(HTTPText.get("/plaintext")).status
                #expect(status == 200)
            }
        }
        client.join()
        let spread = try server.stop().spread(of: "loop")
        #expect(spread[place] == 100, "\(spread)")
    }

    @Test("a thread for each connection, and none of them waits for another")
    func threadPerConnection() throws {
        let server = try ServerUnderTest("thread-per-connection")
        let slow = try (0..<20).map { _ in
            let client = try server.connect()
            try client.send(HTTPText.get("/block?us=300000"))
            return client
        }
        #expect(try server.connect().ask(HTTPText.get("/plaintext")).status == 200)
        for client in slow { #expect(try client.reply().status == 200) }
        let report = try server.stop()
        #expect(report.workers.map(\.role) == ["acceptor", "connection"])
        #expect(report.requests == 21 && report.sum(\.handoffs) == 21)
        let calls = try #require(report.workers.last).syscalls
        // Nothing is registered: a request is received and sent, and then the stop or the peer's
        // end is received.
        #expect(calls["send"] == 21)
        #expect((21...21 * 3).contains(calls["recv"] ?? 0), "\(calls)")
    }

    @Test("a connection that stays keeps its thread of a pool, and the next waits for one")
    func blockingPool() throws {
        let server = try ServerUnderTest("blocking-pool", ["--threads", "2"])
        var idle = try (0..<2).map { _ in try server.connect() }
        for client in idle { #expect(try client.ask(HTTPText.get("/plaintext")).status == 200) }
        let waiting = try server.connect()
        try waiting.send(HTTPText.get("/plaintext"))
        TestClock.sleep(.milliseconds(300))
        #expect(!waiting.hasInput)
        idle.removeAll()
        #expect(try waiting.reply().status == 200)
        _ = try server.stop()
    }

    @Test("what a slow message holds up is taken by workers that have nothing to do")
    func stealing() throws {
        let server = try ServerUnderTest("work-stealing", threads: 2)
        let slow = try server.connect()
        try slow.send(HTTPText.get("/block?us=1000000"))
        let quick = try server.connect()
        for _ in 0..<40 { #expect(try quick.ask(HTTPText.get("/plaintext")).status == 200) }
        #expect(try slow.reply().status == 200)
        let steals = try server.stop().sum(\.steals)
        #expect(steals >= 15, "\(steals) of every second message of 40")
    }

    @Test("only what holds a thread leaves the loop, and what must follow it")
    func offload() throws {
        let server = try ServerUnderTest("offload", threads: 2)
        let client = try server.connect()
        for path in ["/plaintext", "/block?us=100", "/json", "/work?us=10", "/wait?us=10"] {
            #expect(try client.ask(HTTPText.get(path)).status == 200)
        }
        try client.send(HTTPText.get("/block?us=50000") + HTTPText.get("/plaintext"))
        #expect(try client.reply().text == "blocked\n")
        #expect(try client.reply().text == "Hello, World!")
        let report = try server.stop()
        let byLoop = report.workers.filter { $0.role == "loop" }.map(\.requests)
        #expect(byLoop == [3] && report.sum(\.handoffs) == 4)
    }

    @Test("while some threads are held up, the others serve whoever comes, and one leads")
    func leaders() throws {
        let server = try ServerUnderTest("leader-followers", threads: 3)
        let slow = try (0..<2).map { _ in try server.connect() }
        for client in slow { try client.send(HTTPText.get("/block?us=500000")) }
        for client in slow { client.awaitDelivery() }
        let quick = try server.connect()
        for _ in 0..<20 { #expect(try quick.ask(HTTPText.get("/plaintext")).status == 200) }
        #expect(slow.allSatisfy { !$0.hasInput })
        for client in slow { #expect(try client.reply().text == "blocked\n") }
        #expect(try quick.ask(HTTPText.post("/topic/x", "hi")).status == 501)
        let report = try server.stop()
        #expect(report.workers.map(\.role) == ["loop", "loop", "loop"])
        #expect(report.requests == 23 && report.sum(\.handoffs) == 0)
    }

    @Test("each stage does its part alone")
    func stages() throws {
        let server = try ServerUnderTest("staged", threads: 2)
        let clients = try (0..<5).map { _ in try server.connect() }
        for _ in 0..<10 {
            for client in clients {
                #expect(try client.ask(HTTPText.get("/json")).status == 200)
            }
        }
        let report = try server.stop()
        #expect(
            report.workers.map(\.role).sorted()
                == ["acceptor", "reader", "sender", "worker", "worker"])
        #expect(report.workers.filter { $0.role == "worker" }.map(\.requests).reduce(0, +) == 50)
        #expect(report.workers.filter { $0.role == "acceptor" }.map(\.accepted) == [5])
        for worker in report.workers {
            #expect((worker.syscalls["recv"] ?? 0 > 0) == (worker.role == "reader"))
            #expect((worker.syscalls["send"] ?? 0 > 0) == (worker.role == "sender"))
        }
    }

    @Test("workers share messages: evenly in turn, or first come first served")
    func workers() throws {
        let turns = try report("balanced:per-worker")
        #expect(
            turns.workers.filter { $0.role == "worker" }.map(\.requests) == [100, 100, 100, 100])
        let shared = try report("balanced:shared")
        #expect(shared.workers.filter { $0.role == "worker" }.map(\.requests).reduce(0, +) == 400)
        #expect(shared.sum(\.handoffs) == 400)
    }
}
