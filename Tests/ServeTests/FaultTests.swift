import Basis
import Foundation
import Glibc
import Platform
import TestSupport
import Testing

@testable import Serve

/// Every system call of the loops failing at its N-th time, over real connections: nothing crashes
/// or leaks, every connection is answered or ended, and the server goes on.
@Suite("faults")
struct FaultTests {
    struct Fault: CustomTestStringConvertible {
        let call: FaultPlan.Call
        let code: CInt
        /// Whether every request must be answered in spite of the fault.
        let isHarmless: Bool

        var testDescription: String { "\(call) \(code)" }
    }

    private static let faults = [
        Fault(call: .receive, code: ECONNRESET, isHarmless: false),
        Fault(call: .receive, code: ETIMEDOUT, isHarmless: false),
        Fault(call: .receive, code: EAGAIN, isHarmless: true),
        Fault(call: .send, code: EPIPE, isHarmless: false),
        Fault(call: .send, code: ENOBUFS, isHarmless: false),
        Fault(call: .send, code: EAGAIN, isHarmless: true),
        Fault(call: .accept, code: EMFILE, isHarmless: false),
        Fault(call: .accept, code: ENOMEM, isHarmless: true),
        Fault(call: .accept, code: EAGAIN, isHarmless: true),
        Fault(call: .control, code: ENOSPC, isHarmless: false),
        Fault(call: .control, code: ENOMEM, isHarmless: false),
    ]

    private static let requests = [
        (HTTPText.get("/plaintext"), 13), (HTTPText.post("/echo", "abc"), 3),
        (HTTPText.get("/wait?us=100"), 7), (HTTPText.get("/bytes/70000"), 70_000),
    ]

    /// Asks everything on two connections; returns how many requests were answered in full.
    private func scenario(_ server: InProcessServer) throws -> Int {
        var answered = 0
        for _ in 0..<2 {
            do {
                let client = try server.connect()
                try client.send(Self.requests.map(\.0).joined())
                for (_, count) in Self.requests {
                    let reply = try client.reply()
                    #expect(reply.status == 200 && reply.body.count == count)
                    answered += 1
                }
            } catch RawClient.Failure.hung {
                throw RawClient.Failure.hung
            } catch is RawClient.Failure {
                // Ended by the fault.
            }
        }
        return answered
    }

    @Test("a call that fails once ends one connection at most", arguments: PatternID.inProcess)
    func once(pattern: PatternID) throws {
        let server = try InProcessServer(pattern)
        for fault in Self.faults {
            for nth in 1...30 {
                let what = "\(pattern.rawValue): \(fault.call) \(nth) fails with \(fault.code)"
                server.plan.strike(fault.call, nth: nth, code: fault.code)
                let answered: Int
                do {
                    answered = try scenario(server)
                } catch {
                    Issue.record("\(what): \(error)")
                    return
                }
                let hasStruck = server.plan.struck > 0
                server.plan.lift()
                #expect(answered >= (fault.isHarmless ? 8 : 4), "\(what): \(answered) answers")
                if !hasStruck {
                    #expect(answered == 8, "\(what)")
                    break
                }
            }
            #expect(try scenario(server) == 8, "\(pattern.rawValue) after \(fault.call)")
        }
        #expect(server.failure == nil)
        #expect(TestClock.eventually { server.connections == 0 })
    }

    @Test(
        "transfers and watches that keep failing end connections, not the server",
        arguments: [
            PatternID.single, .readersDirect, .readersQueue, .balancedShared, .balancedPerWorker,
            .acceptorsBlocking, .acceptorsOneReader, .acceptorsMutex, .acceptorsSharedOneshot,
            .workStealing, .offload,
        ])
    func persistently(pattern: PatternID) throws {
        let server = try InProcessServer(pattern)
        for (call, code) in [
            (FaultPlan.Call.receive, ECONNRESET), (.send, EPIPE), (.control, ENOMEM),
        ] {
            server.plan.strike(call, nth: 1, code: code, persistently: true)
            // Without a watch of its own a connection can only be ended, unless an acceptor armed
            // it.
            let answered = try scenario(server)
            #expect(answered == 0 || call == .control, "\(pattern.rawValue), \(call)")
            server.plan.lift()
            #expect(try scenario(server) == 8, "\(pattern.rawValue) after \(call)")
        }
        server.end()
        #expect(server.connections == 0)
    }

    @Test("while the shared watch can't be armed again, nobody spins")
    func rearmKeepsFailing() throws {
        let server = try InProcessServer(.acceptorsSharedOneshot)
        server.plan.strike(.control, nth: 1, code: ENOMEM, persistently: true)
        _ = try server.connect()
        let accepts = server.plan.made(.accept)
        TestClock.sleep(.milliseconds(200))
        // One thread that looks every 10 ms.
        #expect(server.plan.made(.accept) - accepts < 500)
        server.plan.lift()
        #expect(try scenario(server) == 8)
    }

    @Test(
        "while accepting fails nobody spins, and the connection that waited is served",
        arguments: PatternID.inProcess)
    func acceptKeepsFailing(pattern: PatternID) throws {
        // Nothing is withheld of connections. By levels a leader would be told of one again and
        // again while a follower has it.
        let server = try InProcessServer(pattern, plan: FaultPlan(tellsOfEdges: true))
        for code in [EMFILE, ENOBUFS] {
            server.plan.strike(.accept, nth: 1, code: code, persistently: true)
            let client = try server.connect()
            try client.send(HTTPText.get("/plaintext"))
            let waits = server.plan.made(.wait)
            let accepts = server.plan.made(.accept)
            TestClock.sleep(.milliseconds(200))
            // Two threads that look every 10 ms, twice each; a spin would be tens of thousands.
            #expect(server.plan.made(.wait) - waits < 500, "\(pattern.rawValue), \(code)")
            #expect(server.plan.made(.accept) - accepts < 500, "\(pattern.rawValue), \(code)")
            server.plan.lift()
            #expect(try client.reply().status == 200, "\(pattern.rawValue), \(code)")
        }
        server.end()
        #expect(server.connections == 0)
    }

    @Test(
        "a wait that can't be done ends the server in order, and says why",
        // A ring waits by itself, and who sleeps in accept and in receives waits for nothing else.
        arguments: PatternID.inProcess.filter { !$0.needsRing && $0 != .prefork })
    func waitFails(pattern: PatternID) throws {
        let server = try InProcessServer(pattern)
        let client = try server.connect()
        #expect(try client.ask(HTTPText.get("/plaintext")).status == 200)
        server.plan.strike(.wait, nth: 1, code: ENOMEM, persistently: true)
        // Somebody must come out of the wait to fail in the next: a loop, or an acceptor.
        try client.send(HTTPText.get("/plaintext"))
        _ = try? server.connect()
        #expect(TestClock.eventually { server.failure != nil })
        #expect(server.failure == SystemError("epoll_wait", code: ENOMEM))
        server.end()
        _ = try? client.rest()
        #expect(server.connections == 0)
    }

    @Test("a start whose watches fail is a failure, not a deaf server")
    func deafStart() throws {
        for nth in 1...2 {
            let plan = FaultPlan()
            plan.strike(.control, nth: nth, code: ENOSPC)
            let server = try InProcessServer(.single, addresses: 2, plan: plan)
            #expect(TestClock.eventually { server.failure != nil })
            #expect(server.failure == SystemError("epoll_ctl", code: ENOSPC))
            server.end()
        }
    }

    @Test("a watched that opened only in part is opened whole later")
    func halfOpenListeners() throws {
        for nth in 1...2 {
            let server = try InProcessServer(.single, addresses: 2) { $0.connectionsPerReader = 1 }
            let waiting: RawClient
            do {
                let only = try server.connect(0)
                #expect(try only.ask(HTTPText.get("/plaintext")).status == 200)
                // Three watches were added; being full, the loop ended its own two.
                #expect(TestClock.eventually { server.plan.made(.control) == 5 })
                waiting = try server.connect(1)
                server.plan.strike(.control, nth: nth, code: ENOMEM)
            }
            #expect(try waiting.ask(HTTPText.get("/plaintext")).status == 200, "watch \(nth)")
            #expect(server.plan.struck == 1)
        }
    }

    @Test(
        "every reply is whole when the socket takes and gives a few bytes at a time",
        arguments: PatternID.inProcess, [1, 7, 1_000])
    func shortTransfers(pattern: PatternID, count: Int) throws {
        let server = try InProcessServer(pattern)
        server.plan.limitTransfers(to: count)
        let length = count == 1 ? 500 : 70_000
        let body = String(repeating: "abc", count: length / 3)
        let client = try server.connect()
        try client.send(
            HTTPText.get("/plaintext") + HTTPText.post("/echo", body)
                + HTTPText.get("/bytes/\(length)") + HTTPText.chunked("/echo", [body, "d"])
                + HTTPText.get("/wait?us=10") + HTTPText.get("/json"))
        #expect(try client.reply().text == "Hello, World!")
        #expect(try client.reply().text == body)
        #expect(try client.reply().body.count == length)
        #expect(try client.reply().text == body + "d")
        #expect(try client.reply().text == "waited\n")
        #expect(try client.reply().body.count == 27)
    }

    @Test(
        "a refusal behind a reply that went in pieces is sent",
        arguments: [PatternID.single, .balancedShared])
    func refusalBehindPieces(pattern: PatternID) throws {
        let server = try InProcessServer(pattern)
        for nth in 1...8 {
            server.plan.strike(.send, nth: nth, code: EAGAIN)
            let client = try server.connect()
            try client.send(HTTPText.get("/bytes/300000") + "BAD\u{1} x\r\n\r\n")
            #expect(try client.reply().body.count == 300_000, "send \(nth)")
            #expect(try client.reply().status == 400, "send \(nth)")
            #expect(try client.rest().isEmpty, "send \(nth)")
            server.plan.lift()
        }
    }

    @Test(
        "requests that had arrived at a stop are answered, however many receives bring them",
        arguments: [
            PatternID.single, .shardedHash, .acceptorsExclusive, .acceptorsHerd, .readersDirect,
            .readersQueue, .acceptorsBlocking, .acceptorsOneReader,
        ])
    func arrivedInPieces(pattern: PatternID) throws {
        let server = try InProcessServer(pattern) { $0.threads = 1 }
        let padding = String(repeating: "a", count: 500 - HTTPText.get("/json").utf8.count - 5)
        let request = HTTPText.get("/json", fields: ["A: \(padding)"])
        // Each receive ends between two requests: the connection looks idle then.
        server.plan.limitTransfers(to: request.utf8.count)
        let blocker = try server.connect()
        let client = try server.connect()
        #expect(try client.ask(request).status == 200)
        try blocker.send(HTTPText.get("/block?us=300000"))
        blocker.awaitDelivery()
        TestClock.sleep(.milliseconds(50))
        try client.send(String(repeating: request, count: 20))
        client.awaitDelivery()
        server.end()
        for number in 1...20 {
            #expect(try client.reply()["connection"] == (number == 20 ? "close" : nil))
        }
        #expect(try client.rest().isEmpty)
        #expect(try blocker.reply().text == "blocked\n")
    }

    @Test("a connection that lingers ends, whatever fails", arguments: PatternID.inProcess)
    func lingering(pattern: PatternID) throws {
        let last = HTTPText.get("/plaintext", fields: ["Connection: close"])
        let server = try InProcessServer(pattern) { $0.lingerTimeout = .seconds(3_600) }
        for code in [ECONNRESET, EAGAIN, ETIMEDOUT, 0] {
            let client = try server.connect()
            #expect(try client.ask(last).status == 200)
            #expect(try client.rest().isEmpty)
            // It is held for as long as this peer has not ended.
            #expect(TestClock.eventually { server.connections == 1 }, "\(code)")
            if code != 0 { server.plan.strike(.receive, nth: 1, code: code) }
            try client.send("more")
            client.finishSending()
            #expect(TestClock.eventually { server.connections == 0 }, "\(code)")
            server.plan.lift()
        }
    }

    @Test("a server that has ended leaves no descriptor open", arguments: PatternID.inProcess)
    func nothingLeftOpen(pattern: PatternID) async {
        // In a process of its own, where nobody else opens and closes.
        await #expect(processExitsWith: .success) { [name = pattern.rawValue as String] in
            let pattern = try PatternID(parsing: name)
            // The first server makes what the process keeps (the C library's and the runtime's).
            var before: [String] = []
            for round in 0..<3 {
                let server = try InProcessServer(pattern, addresses: 2)
                let clients = try (0..<6).map { try server.connect($0 % 2) }
                for client in clients { try client.send(HTTPText.get("/plaintext")) }
                for client in clients.dropLast() { #expect(try client.reply().status == 200) }
                server.end()
                let now = withExtendedLifetime(clients) {
                    RunningProcess(id: currentProcessID).openFiles
                }
                if round > 0 { #expect(now.count == before.count, "\(before)\n\(now)") }
                before = now
            }
        }
    }
}
