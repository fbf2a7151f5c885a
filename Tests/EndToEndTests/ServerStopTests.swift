import Basis
import Glibc
import Platform
import Serve
import Synchronization
import TestSupport
import Testing

@Suite("server: the end")
struct ServerStopTests {
    private static let request = HTTPText.get("/plaintext")

    @Test(
        "what is in progress is finished, what is idle is closed, what is new is refused",
        arguments: patterns)
    func graceful(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let busy = try server.connect()
        try busy.send(HTTPText.get("/wait?us=400000") + Self.request)
        let slow = try server.connect()
        try slow.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\na")
        let idle = try server.connect()
        #expect(try idle.ask(Self.request).status == 200)
        let mute = try server.connect()
        for client in [busy, slow] { client.awaitDelivery() }

        server.terminate()
        #expect(try idle.endsSilently())
        #expect(try mute.endsSilently())
        let isClosed = TestClock.eventually {
            do {
                // Between the end of accepting and the end of the listener connections are made and
                // reset.
                return try server.connect().endsSilently(within: .milliseconds(1))
            } catch { return true }
        }
        #expect(isClosed)
        try slow.send("bc")
        #expect(try slow.reply().text == "abc")
        #expect(try busy.reply().text == "waited\n")
        #expect(try busy.reply().text == "Hello, World!")
        #expect(try busy.endsSilently())
        let report = try server.ending()
        #expect(report.requests == 4)
    }

    @Test(
        "what has no end is ended, and soon: before the drain's time is over",
        arguments: PatternID.runnable.filter(\.takesEvents).map(\.rawValue))
    func endless(pattern: String) throws {
        // Less than the time after which such replies have something to say of their own.
        let server = try ServerUnderTest(pattern, ["--drain-timeout", "10s"])
        let stream = try server.connect()
        try stream.send(HTTPText.get("/sse?topic=t"))
        while try stream.line() != "\r" {}
        let waiting = try server.connect()
        try waiting.send(HTTPText.get("/long-poll?topic=t"))
        waiting.awaitDelivery()
        // Who has gone is forgotten.
        let gone = try server.connect()
        try gone.send(HTTPText.get("/sse?topic=t"))
        while try gone.line() != "\r" {}
        gone.finishSending()
        #expect(try gone.rest() == Array("0\r\n\r\n".utf8))

        server.terminate()
        #expect(try stream.rest() == Array("0\r\n\r\n".utf8))
        stream.finishSending()
        let last = String(decoding: try waiting.rest(), as: UTF8.self)
        #expect(last.hasSuffix("\r\n\r\nid: 0\n\nretry: 0\n\n"))
        waiting.finishSending()
        _ = try server.ending()
    }

    @Test("requests that had arrived when the stop came are answered", arguments: patterns)
    func arrivedBefore(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let idle = try server.connect()
        #expect(try idle.ask(Self.request).status == 200)

        // Stopped where it stands, the server finds all of it at once.
        server.pause()
        try idle.send(Self.request)
        let fresh = try server.connect()
        let echo = HTTPText.post("/echo", "abc")
        try fresh.send(HTTPText.get("/wait?us=1000") + echo + Self.request)
        for client in [idle, fresh] { client.awaitDelivery() }
        server.terminate()
        server.proceed()

        #expect(try idle.reply().text == "Hello, World!")
        #expect(try idle.endsSilently())
        for text in ["waited\n", "abc", "Hello, World!"] {
            #expect(try fresh.reply().text == text)
        }
        #expect(try fresh.endsSilently())
        #expect(try server.ending().requests == 5)
    }

    @Test(
        "a reply that waits for room when the stop comes is sent whole",
        arguments: ["single", "sharded:hash", "acceptors:exclusive"])
    func blockedWriter(pattern: String) throws {
        let server = try ServerUnderTest(pattern, threads: 1)
        let count = Sanitizer.isActive ? 10_000_000 : 40_000_000
        let reader = try server.connect()
        let blockers = try (0..<2).map { _ in try server.connect() }
        try reader.send(HTTPText.get("/bytes/\(count)"))
        TestClock.sleep(.milliseconds(50))
        // While the first blocks, the second's request comes and the reader makes room, so that
        // one turn finds both; in that turn, behind the second, the stop is noticed.
        try blockers[0].send(HTTPText.get("/block?us=400000"))
        TestClock.sleep(.milliseconds(50))
        try blockers[1].send(HTTPText.get("/block?us=600000"))
        blockers[1].awaitDelivery()
        let process = server.process
        let stopper = Handover(
            try Thread(named: "stopper") {
                TestClock.sleep(.milliseconds(600))
                process.terminate()
            })
        defer { stopper.take().join() }
        // Not the failure itself, which would print the bytes that had come.
        let received = (try? reader.reply())?.body.count
        #expect(received == count)
        for blocker in blockers { #expect(try blocker.reply().text == "blocked\n") }
        #expect(try server.ending().requests == 3)
    }

    @Test("who comes during the drain is refused at once", arguments: patterns)
    func comersInDrain(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let busy = try server.connect()
        try busy.send(HTTPText.get("/wait?us=60000000"))
        busy.awaitDelivery()
        TestClock.sleep(.milliseconds(50))
        server.terminate()
        let isRefused = TestClock.eventually {
            do {
                _ = try server.connect()
                return false
            } catch let error as SystemError {
                return error == SystemError("connect", code: ECONNREFUSED)
            } catch { return false }
        }
        #expect(isRefused && !busy.hasInput)
        busy.resetAtEnd()
    }

    @Test("a stop under load ends every connection between replies", arguments: patterns)
    func underLoad(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let port = server.port
        let process = server.process
        let answered = Atomic<Int>(0)
        let broken = Guarded<[String]>([])
        let requests = [
            Self.request, HTTPText.get("/bytes/150000"), HTTPText.get("/wait?us=500"),
            HTTPText.post("/echo", String(repeating: "a", count: 20_000)),
        ]
        try withThreads(8) { index in
            while true {
                do {
                    let client = try RawClient(port: port)
                    for turn in 0..<50 {
                        _ = try client.ask(requests[(index + turn) % requests.count])
                        if answered.add(1, ordering: .relaxed).newValue == 200 {
                            process.terminate()
                        }
                    }
                } catch let RawClient.Failure.truncated(bytes) where !bytes.isEmpty {
                    broken.withLock { $0.append("\(bytes.count) bytes of a reply") }
                } catch RawClient.Failure.hung {
                    broken.withLock { $0.append("hung") }
                } catch is SystemError {
                    return
                } catch {
                    continue
                }
            }
        }
        broken.withLock { #expect($0.isEmpty, "\(pattern): \($0)") }
        let report = try server.ending()
        #expect(report.requests >= answered.load(ordering: .relaxed))
    }

    @Test(
        "handlers that block do not draw the end out", .enabled(if: !Sanitizer.isActive),
        arguments: ["single", "balanced:shared", "balanced:per-worker"])
    func blockedHandlers(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--drain-timeout", "1s"])
        // 25 seconds of blocking for a thread.
        let clients = try (0..<50).map { _ in try server.connect() }
        for client in clients {
            try client.send(HTTPText.get("/block?us=\(pattern == "single" ? 500_000 : 1_000_000)"))
        }
        TestClock.sleep(.milliseconds(100))
        let start = TestClock.now
        _ = try server.stop()
        // The drain time and one handler.
        #expect(TestClock.now.since(start) < .seconds(15))
    }

    @Test(
        "a pipeline of handlers that block is left between two of them",
        .enabled(if: !Sanitizer.isActive), arguments: ["single", "readers:direct"])
    func blockedPipeline(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--drain-timeout", "1s"])
        let client = try server.connect()
        // 30 seconds of blocking, all of it received at once.
        try client.send(String(repeating: HTTPText.get("/block?us=500000"), count: 60))
        let follower = try server.connect()
        TestClock.sleep(.milliseconds(100))
        try follower.send(Self.request)
        let start = TestClock.now
        // Others have their turns.
        if pattern == "single" { #expect(try follower.reply().text == "Hello, World!") }
        _ = try server.stop()
        #expect(TestClock.now.since(start) < .seconds(15))
    }

    @Test("an interrupt ends it as well, and quiet means no line")
    func interrupt() throws {
        let server = try ServerUnderTest("sharded:hash")
        server.interrupt()
        #expect(try server.ending().requests == 0)

        var options = SpawnOptions(
            try Programs.own("switchyard-server"), ["--listen", "127.0.0.1:0", "--quiet"])
        options.standardError = .captured
        var quiet = try ChildProcess(options)
        let process = RunningProcess(id: quiet.processID)
        #expect(TestClock.eventually { process.blocks(SIGTERM) })
        quiet.terminate()
        #expect(quiet.remainingOutput(timeout: TestLimit.hang).isEmpty)
        #expect(quiet.wait(timeout: TestLimit.hang)?.ending == .exited(0))
    }
}
