import Basis
import Foundation
import Platform
import Report
import Serve
import TestSupport
import Testing

/// Payments through a server that spoils them, by a generator that sends them again.
@Suite("payments, end to end", .serialized)
struct PaymentTests {
    private static let faults = "drop-before=5%,drop-after=5%,cut-answer=5%,seed=7"

    private static func load(
        _ port: UInt16, for span: String = "1s", _ arguments: [String]
    ) throws -> LoadRun {
        try LoadRun(
            ["-X", "POST", "--body", "12 EUR", "-c", "8", "-d", span, "--warmup", "0s"]
                + ["--json", "-", "-q"] + arguments + ["http://127.0.0.1:\(port)/payments"])
    }

    /// The payments of a journal, and the keys that they have.
    private static func journal(_ path: String) throws -> (payments: Int, keys: Int) {
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let keys = lines.map { $0.drop { $0 != "=" } }
        return (lines.count, Set(keys).count)
    }

    @Test(
        "each key has paid once, and nothing was answered that was not paid",
        arguments: bytePatterns)
    func once(pattern: String) throws {
        let folder = try TemporaryFolder()
        let server = try ServerUnderTest(
            pattern, ["--payment-journal", folder.file("journal"), "--faults", Self.faults])
        let report = try Self.load(server.port, ["--idempotency-key", "--retry", "50"]).outcome()
            .report()
        let journal = try Self.journal(folder.file("journal"))
        #expect(report.requests > 50 && report.errors.total == 0, "\(report.errors)")
        #expect(report.retries > 5 && report.givenUp == 0)
        #expect(journal.payments == journal.keys && journal.keys == Int(report.requests))
        let workers = try server.stop()
        #expect(workers.sum(\.dropsAfterWork) > 0 && workers.sum(\.cutAnswers) > 0)
        let lost =
            workers.sum(\.dropsAfterWork) + workers.sum(\.cutAnswers)
            + workers.sum(\.dropsBeforeWork)
        #expect(report.retries == Int64(lost))
    }

    @Test(
        "without keys, what was lost behind the work has been paid twice", arguments: ["h1", "h2"])
    func twice(spoken: String) throws {
        let folder = try TemporaryFolder()
        let server = try ServerUnderTest(
            "sharded:hash",
            ["--payment-journal", folder.file("journal"), "--faults", Self.faults]
                + ["--payment-key", "optional"])
        let report = try Self.load(
            server.port, ["--retry", "50", "--retry-unsafe", "--protocol", spoken]
        ).outcome().report()
        let payments = try Self.journal(folder.file("journal")).payments
        let workers = try server.stop()
        let excess = workers.sum(\.dropsAfterWork) + workers.sum(\.cutAnswers)
        #expect(report.errors.total == 0 && excess > 0, "\(report.errors)")
        #expect(payments == Int(report.requests) + excess)
    }

    @Test("an answer that comes too late is asked for again, and meets itself in progress")
    func late() throws {
        let folder = try TemporaryFolder()
        let server = try ServerUnderTest(
            "balanced:shared",
            ["--payment-journal", folder.file("journal"), "--faults", "delay=10%:300ms,seed=3"])
        let report = try Self.load(
            server.port, ["--idempotency-key", "--retry", "50", "--timeout", "100ms"]
        ).outcome().report()
        let journal = try Self.journal(folder.file("journal"))
        #expect(report.requests > 20 && report.retries > 0, "\(report.errors)")
        #expect(report.errors.total == 0 && report.givenUp == 0, "\(report.errors)")
        #expect(journal.payments == journal.keys && journal.keys == Int(report.requests))
        _ = try server.stop()
    }

    @Test("two servers with one store pay once, though one of them is killed and begun again")
    func killed() throws {
        let folder = try TemporaryFolder()
        let arguments = [
            "--payment-store", folder.file("store"), "--payment-journal", folder.file("journal"),
            "--faults", Self.faults,
        ]
        let other = try ServerUnderTest("single", arguments)
        var victim: ServerUnderTest? = try ServerUnderTest("sharded:hash", arguments)
        let port = try #require(victim?.port)
        let options = ["--idempotency-key", "--retry", "1000", "--timeout", "20s"]
        let loads = try [(port, "1"), (other.port, "2")].map {
            try Self.load($0.0, for: "2s", options + ["--seed", $0.1])
        }
        blockThread(for: .milliseconds(700))
        victim = nil
        victim = try ServerUnderTest(
            "readers:direct", arguments + ["--listen", "127.0.0.1:\(port)"])
        var requests = 0
        for load in loads {
            let report = try load.outcome().report()
            #expect(report.requests > 20 && report.givenUp == 0, "\(report.errors)")
            requests += Int(report.requests)
        }
        let journal = try Self.journal(folder.file("journal"))
        #expect(journal.payments == journal.keys && journal.keys == requests)
        let client = try other.connect()
        try client.send("GET /payments/effects HTTP/1.1\r\nHost: a\r\n\r\n")
        let effects = try client.reply().text
        #expect(effects.contains("\(requests)"), "\(effects)")
        _ = try other.stop()
        _ = try victim?.stop()
    }

    @Test("the same key is answered with the same bytes", arguments: ["single", "balanced:shared"])
    func replay(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let client = try server.connect()
        var bodies: Set<String> = []
        for key in ["\"k\"", "k", "\"k\""] {
            try client.send(
                "POST /payments HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \(key)\r\n"
                    + "Content-Length: 1\r\n\r\nx")
            let reply = try client.reply()
            #expect(reply.status == 201)
            bodies.insert(reply.text)
        }
        #expect(bodies.count == 1)
        try client.send(
            "POST /payments HTTP/1.1\r\nHost: a\r\nIdempotency-Key: k\r\n"
                + "Content-Length: 1\r\n\r\ny")
        #expect(try client.reply().status == 422)
        _ = try server.stop()
    }

    @Test(
        "what was lost is answered as it would have been, whole and with the same bytes",
        arguments: ["single", "sharded:hash", "balanced:shared"])
    func replayOfLost(pattern: String) throws {
        let server = try ServerUnderTest(
            pattern, ["--faults", "drop-before=15%,drop-after=20%,cut-answer=20%,seed=11"])
        var lost = 0
        for key in 0..<40 {
            let request =
                "POST /payments HTTP/1.1\r\nHost: a\r\nIdempotency-Key: k\(key)\r\n"
                + "Content-Length: 1\r\n\r\nx"
            var replies: [HTTPReply] = []
            while replies.count < 3 {
                do {
                    var reply = try server.connect().ask(request)
                    reply.fields.removeAll { $0.name.lowercased() == "date" }
                    replies.append(reply)
                } catch {
                    lost += 1
                    if lost > 2_000 { throw error }
                }
            }
            #expect(replies.allSatisfy { $0 == replies[0] && $0.status == 201 }, "\(replies)")
        }
        let workers = try server.stop()
        #expect(workers.sum(\.cutAnswers) > 10 && workers.sum(\.dropsAfterWork) > 10)
        let planned =
            workers.sum(\.cutAnswers) + workers.sum(\.dropsAfterWork)
            + workers.sum(\.dropsBeforeWork)
        #expect(lost == planned)
    }

    @Test(
        "wrong options are told in one line",
        arguments: [
            (["-X", "POST", "--retry", "2"], "may have its effect twice"),
            (["--retry-unsafe"], "--retry-unsafe means nothing without --retry"),
            (["--retry", "2", "--protocol", "ws"], "--retry is not for WebSocket"),
            (["--retry", "1001"], "--retry"),
            (["--retry", "1", "--connection-rate", "5"], "--retry means nothing with"),
            (
                ["--idempotency-key", "--connection-rate", "5"],
                "--idempotency-key means nothing with"
            ),
            (["--idempotency-key", "--protocol", "h2"], "--idempotency-key is for HTTP/1.1"),
            (["--idempotency-key", "-H", "idempotency-key: 1"], "are given"),
        ])
    func wrong(arguments: [String], words: String) throws {
        let outcome = try LoadRun(arguments + ["http://127.0.0.1:9/"]).outcome()
        #expect(outcome.ending == .exited(64) && outcome.isOneLine, "\(outcome.errors)")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
}
