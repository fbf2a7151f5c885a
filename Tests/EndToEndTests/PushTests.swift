import Basis
import Measure
import Platform
import Report
import Serve
import TestSupport
import Testing

/// The server and the generator, events between them.
@Suite("push", .serialized)
struct PushTests {
    private func report(
        _ server: ServerUnderTest, _ path: String, _ arguments: [String], scheme: String = "http"
    ) throws -> LoadReport {
        let outcome = try LoadRun(
            ["--json", "-", "-c", "4", "-d", "300ms", "--warmup", "50ms"] + arguments
                + ["\(scheme)://127.0.0.1:\(server.port)\(path)"]
        ).outcome()
        #expect(outcome.ending == .exited(0), "\(path): \(outcome.errors)")
        return try outcome.report()
    }

    @Test("answers that are events, in every pattern", arguments: bytePatterns)
    func tokens(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        for (path, parts) in [
            ("/sse?tokens=3&interval_ms=5&first_ms=1&bytes=40", 3),
            ("/sse?tokens=16&interval_ms=0", 16),
        ] {
            let report = try report(server, path, ["--protocol", "sse"])
            #expect(report.requests > 0 && report.errors.total == 0, "\(path)")
            #expect(report.firstPart.samples == report.requests)
            #expect(report.eventDelay.samples == Int64(parts) * report.requests)
            #expect(report.protocol == "sse")
        }
        _ = try server.stop()
    }

    @Test("subscribers by every way, in every pattern", arguments: bytePatterns)
    func subscribers(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        for (scheme, path) in [
            ("http", "/sse?topic=tick-5ms-40"), ("http", "/long-poll?topic=tick-5ms"),
            ("http", "/poll?topic=tick-5ms&every_ms=20"), ("ws", "/ws/topic/tick-5ms-100"),
        ] {
            let report = try report(server, path, ["--subscribe"], scheme: scheme)
            #expect(report.mode == .subscribe && report.errors.total == 0, "\(path)")
            // Every event of the window to each of four; at its borders one more or less.
            #expect((4 * 58...4 * 62).contains(Int(report.requests)), "\(path)")
            #expect(report.missedEvents == 0 && report.latency.samples == report.requests)
        }
        _ = try server.stop()
    }

    @Test("what one process publishes, another measures", arguments: ["single", "sharded:hash"])
    func published(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let url = "ws://127.0.0.1:\(server.port)/ws/topic/news"
        let publisher = try LoadRun(
            ["-q", "-c", "1", "-R", "200", "-d", "3s", "--warmup", "0s", "--message", "time", url])
        let report = try report(server, "/ws/topic/news", ["--subscribe"], scheme: "ws")
        #expect(report.requests > 0 && report.errors.total == 0)
        publisher.interrupt()
        #expect(try publisher.outcome().ending == .exited(130))
        _ = try server.stop()
    }
}
