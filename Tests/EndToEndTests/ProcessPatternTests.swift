import Basis
import Foundation
import Platform
import Serve
import TestSupport
import Testing

/// The patterns whose threads are processes: `prefork`, `process-per-core`, `descriptor-passing`.
@Suite("server: processes")
struct ProcessPatternTests {
    private static let patterns = ["prefork", "process-per-core", "descriptor-passing"]

    @Test("each process serves, and the first one counts for all", arguments: patterns)
    func counts(pattern: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("control")
        let server = try ServerUnderTest(pattern, ["--threads", "3", "--control", path])
        #expect(server.members.count == 3 && server.members.allSatisfy(\.isRunning))
        for _ in 0..<40 {
            let client = try server.connect()
            #expect(try client.ask(HTTPText.get("/plaintext")).status == 200)
        }
        let asker = try RawClient(path: path)
        let isCounted = try TestClock.eventually {
            try asker.send("snapshot\n")
            return try ServerReport(line: try asker.line()).requests == 40
        }
        #expect(isCounted)
        let last = try server.stop()
        #expect(last.requests == 40 && last.accepted == 40)
        let served = last.workers.filter { $0.role != "acceptor" }
        #expect(served.count == 3)
        #expect(last.workers.map(\.worker) == Array(0..<last.workers.count))
        if pattern == "descriptor-passing" {
            // In turn, whatever the kernel would have chosen.
            #expect(served.map(\.connections).sorted() == [13, 13, 14])
        }
        #expect(TestClock.eventually { !server.members.contains(where: \.isRunning) })
    }

    @Test("a process that is killed ends the server, which says so", arguments: patterns)
    func memberDies(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--threads", "2"])
        server.members[0].killNow()
        let (ending, errors) = server.failure()
        #expect(ending == .exited(1))
        #expect(errors.contains("a process of the server has ended before its time"))
        #expect(errors.split(separator: "\n").count == 1)
        #expect(TestClock.eventually { !server.members.contains(where: \.isRunning) })
    }

    @Test("the others end when the first process is killed", arguments: patterns)
    func leaderDies(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--threads", "3"])
        let client = try server.connect()
        #expect(try client.ask(HTTPText.get("/plaintext")).status == 200)
        server.process.killNow()
        #expect(TestClock.eventually { !server.members.contains(where: \.isRunning) })
    }

    @Test("a key pays once, whichever process is asked", arguments: patterns)
    func payments(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--threads", "3"])
        var replies: [String] = []
        for _ in 0..<12 {
            let client = try server.connect()
            let reply = try client.ask(
                "POST /payments HTTP/1.1\r\nHost: t\r\nIdempotency-Key: \"k\"\r\n"
                    + "Content-Length: 0\r\n\r\n")
            replies.append(reply.text)
        }
        #expect(Set(replies).count == 1, "\(Set(replies))")
        let effects = try server.connect().ask(HTTPText.get("/payments/effects")).text
        #expect(effects.contains("\"payments\":1"), "\(effects)")
        // Nothing is left of what they are remembered in.
        let names = try FileManager.default.contentsOfDirectory(atPath: PrivateFolder.place)
        #expect(!names.contains("payments-\(server.process.id)"))
    }

    @Test("topics that somebody publishes to are refused, those of the clock are not")
    func topics() throws {
        let server = try ServerUnderTest("process-per-core", ["--threads", "2"])
        let client = try server.connect()
        #expect(try client.ask(HTTPText.post("/topic/x", "hi")).status == 501)
        #expect(try client.ask(HTTPText.get("/poll?topic=x")).status == 501)
        #expect(try client.ask(HTTPText.get("/long-poll?topic=tick-1ms")).status == 200)
    }

    @Test("early data is refused: each process would take it once")
    func earlyData() throws {
        let end = try ServerOutcome([
            "--pattern", "prefork", "--tls", "self-signed", "--early-data", "16KiB", "--listen",
            "127.0.0.1:0",
        ])
        #expect(end.ending == .exited(64))
        #expect(end.errors.contains("--early-data would be taken once by each process of prefork"))
    }

    @Test(
        "what one process can't have is told in one line, and no other is left",
        arguments: patterns)
    func refusal(pattern: String) throws {
        let end = try ServerOutcome([
            "--pattern", pattern, "--listen", "127.0.0.1:0", "--payment-store", "/nonexistent/x",
        ])
        #expect(end.ending == .exited(1) && end.output.isEmpty)
        #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
        #expect(end.errors.contains("can't use the payment store"))
    }
}
