import Basis
import Foundation
import Measure
import Platform
import Report
import Serve
import TestSupport
import Testing

/// The generator against the server: what it says must be what the server counted.
@Suite("load: modes", .serialized)
struct LoadModeTests {
    /// What holds for every run that nothing disturbs, and the server's side of it.
    private func check(
        _ server: ServerUnderTest, _ report: LoadReport, hasWarmUp: Bool = false
    ) throws {
        #expect(report.requests > 0)
        #expect(report.errors.total == 0, "\(report.errors)")
        #expect(report.statuses.success2xx == report.requests)
        #expect(report.latency.samples == report.requests)
        #expect(report.service.samples == report.requests)
        let served = try server.stop()
        // What is under way at the end is answered but not among the successes of the window.
        #expect(Int64(served.requests) >= report.requests)
        if hasWarmUp { #expect(Int64(served.requests) > report.requests) }
        #expect(Int64(served.accepted) == report.connectionsOpened)
    }

    @Test("a closed loop", arguments: bytePatterns)
    func closed(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let outcome = try server.load(
            "/plaintext", ["-d", "300ms", "--warmup", "100ms", "--pipeline", "1", "-c", "8"])
        #expect(outcome.ending == .exited(0))
        let report = try outcome.report()
        #expect(report.mode == .closed && report.arrivals == nil && report.targetRate == nil)
        #expect(report.connectionsOpened == 8 && report.connections == 8)
        #expect(report.bodyBytes == 13 * report.requests)
        #expect(report.latenessHistogram == nil)
        let histogram = try HistogramCodec.decode(base64: report.latencyHistogram)
        #expect(Int64(histogram.totalCount) == report.requests)
        #expect(outcome.errors.contains("round trip"))
        try check(server, report, hasWarmUp: true)
    }

    @Test("an open loop", arguments: ["constant", "poisson"])
    func open(arrivals: String) throws {
        let server = try ServerUnderTest("sharded:hash")
        let outcome = try server.load(
            "/plaintext", ["-R", "500", "--arrivals", arrivals, "--seed", "7"])
        #expect(outcome.ending == .exited(0))
        let report = try outcome.report()
        #expect(report.mode == .open && report.arrivals == arrivals && report.seed == 7)
        #expect(report.targetRate == 500)
        // The schedule, not the machine, says how many requests there are: all that are due are
        // sent and waited for. That is every 2 ms, or for Poisson arrivals the same draw of this
        // seed each time, within 3 deviations (3/sqrt(500)).
        let ratio = try #require(report.rateRatio)
        #expect(abs(ratio - 1) < (arrivals == "constant" ? 0.05 : 0.14), "\(ratio)")
        #expect(report.lateness.samples == report.requests)
        #expect(report.latency.mean >= report.service.mean)
        #expect(outcome.errors.contains("response time"))
        try check(server, report)
    }

    @Test("the seed is the schedule of random arrivals")
    func seeds() throws {
        let counts = try [7, 7, 8, 9, 10].map { seed in
            let server = try ServerUnderTest("single")
            return try server.load(
                "/plaintext",
                ["-R", "500", "--arrivals", "poisson", "--seed", "\(seed)", "-d", "600ms"]
            ).report().requests
        }
        #expect(counts[0] == counts[1], "\(counts)")
        // Counts of different seeds differ by about the root of their mean, 17; that four of them
        // are equal would be one chance in some 40^3, and with fixed seeds always or never.
        #expect(Set(counts).count > 1, "\(counts)")
    }

    @Test("connections are replaced after as many requests as were asked for")
    func churn() throws {
        let server = try ServerUnderTest("acceptors:exclusive")
        let outcome = try server.load(
            "/plaintext", ["-R", "500", "--requests-per-connection", "10"])
        let report = try outcome.report()
        // 500 requests need at least 50 connections of 10.
        #expect(report.connectionsOpened >= report.requests / 10)
        #expect(report.connectionsOpened > 4)
        try check(server, report)
    }

    @Test("pipelining keeps more under way than there are connections")
    func pipeline() throws {
        let server = try ServerUnderTest("sharded:hash")
        let report = try server.load("/plaintext", ["--pipeline", "8", "-d", "300ms"]).report()
        #expect(report.pipeline == 8 && report.connectionsOpened == 4)
        try check(server, report)
    }

    @Test("a body goes out and comes back")
    func bodies() throws {
        let server = try ServerUnderTest("balanced:shared")
        let folder = try TemporaryFolder()
        let body = String(repeating: "switchyard ", count: 1_000)
        try Data(body.utf8).write(to: URL(filePath: folder.file("body")))
        for (arguments, count) in [
            (["-X", "POST", "--body", "abc"], 3), (["--body", "@\(folder.file("body"))"], 11_000),
        ] {
            let report = try server.load("/echo", arguments + ["-d", "200ms"]).report()
            #expect(report.requests > 0)
            #expect(report.errors.total == 0 && report.statuses.success2xx == report.requests)
            #expect(report.bodyBytes == Int64(count) * report.requests)
        }
        _ = try server.stop()
    }

    @Test("answers that refuse are errors, and no latencies")
    func refused() throws {
        let server = try ServerUnderTest("single")
        let report = try server.load("/nowhere", ["-d", "100ms"]).report()
        #expect(report.requests == 0 && report.latency.samples == 0)
        #expect(report.statuses.client4xx > 0)
        #expect(report.errors.status == report.statuses.client4xx)
        #expect(report.errors.total == report.errors.status && report.verdict == .errors)
        _ = try server.stop()
    }
}
