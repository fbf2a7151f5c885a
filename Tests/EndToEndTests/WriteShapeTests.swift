import Basis
import Report
import TestSupport
import Testing

/// Both programs with writes of every shape, over every protocol, in the clear and over TLS.
@Suite("writes of a shape, end to end", .serialized)
struct WriteShapeTests {
    static let spoken: [[String]] = [
        ["--body", "a body of some bytes", "/echo"], ["--pipeline", "4", "/json"],
        ["--protocol", "h2", "-m", "4", "--body", "a body of some bytes", "/echo"],
        ["--protocol", "grpc", "-m", "2"], ["--protocol", "grpc", "--grpc-kind", "bidi"],
        ["--protocol", "ws", "-m", "2", "/ws"],
        ["--protocol", "sse", "/sse?tokens=3&interval_ms=0"], ["/bytes/200000"],
    ]

    static let manners: [[String]] = [
        ["--write-shape", "head-then-body"], ["--write-shape", "trickle"],
        ["--quickack", "on"], ["--cork", "on"],
        ["--write-shape", "trickle", "--cork", "on", "--quickack", "on", "--nodelay", "off"],
    ]

    @Test("every protocol is answered rightly", arguments: manners, [false, true])
    func protocols(manner: [String], isSecure: Bool) throws {
        let server = try ServerUnderTest(
            "sharded:hash", manner + (isSecure ? ["--tls", "self-signed"] : []))
        for words in Self.spoken {
            let path = words.last.flatMap { $0.hasPrefix("/") ? $0 : nil } ?? ""
            let scheme = isSecure ? "https" : "http"
            let run = try LoadRun(
                ["--json", "-", "-q", "-c", "2", "-d", "150ms", "--warmup", "0s"] + manner
                    + words.dropLast(path.isEmpty ? 0 : 1)
                    + ["\(scheme)://localhost:\(server.port)\(path)"])
            let report = try run.outcome().report()
            #expect(
                report.requests > 0 && report.errors.total == 0,
                "\(words): \(report.errors) \(report.firstFailure as Any)")
            #expect(report.statuses.success2xx == report.requests, "\(words)")
            if words.contains("--body") { #expect(report.bodyBytes == 20 * report.requests) }
            if path.hasPrefix("/bytes") { #expect(report.bodyBytes == 200_000 * report.requests) }
        }
        _ = try server.stop()
    }

    @Test(
        "the counters of both sides tell of it",
        arguments: [
            ([], 1, 0), (["--write-shape", "head-then-body"], 2, 0),
            (["--write-shape", "trickle"], 4, 0), (["--quickack", "on"], 1, 1),
            (["--cork", "on"], 1, 2),
        ])
    func counts(manner: [String], sends: Int, options: Int) throws {
        let server = try ServerUnderTest("single", manner)
        let report = try server.load(
            "/echo", ["-c", "1", "-d", "200ms", "--body", "a body"] + manner
        ).report()
        let requests = Double(report.requests)
        #expect(report.errors.total == 0 && requests > 2)
        // One request may be under way at either end, and a connection has calls of its own.
        let calls = report.syscalls
        #expect(abs(Double(calls.send) - requests * Double(sends)) <= 8)
        #expect(abs(Double(calls.other) - requests * Double(options)) <= 12, "\(calls)")
        let served = try server.stop()
        let counted = served.workers[0].syscalls
        #expect(counted["send"] == sends * served.requests)
        let other = try #require(counted["other"])
        #expect(other >= options * served.requests && other <= (options + 2) * served.requests + 20)
    }
}
