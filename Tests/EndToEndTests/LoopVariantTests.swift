import Basis
import Serve
import TestSupport
import Testing

/// What `proactor`, `structured` and `structured:global` do otherwise than the loops of
/// `sharded:hash`, by what their threads have counted.
@Suite("server: other loops")
struct LoopVariantTests {
    private static let request = HTTPText.get("/plaintext")

    /// A server's counts after 300 requests on 3 connections, one after the other on each.
    private func report(_ pattern: String) throws -> ServerReport {
        let server = try ServerUnderTest(pattern, threads: 2)
        let clients = try (0..<3).map { _ in try server.connect() }
        for _ in 0..<100 {
            for client in clients { try client.send(Self.request) }
            for client in clients { #expect(try client.reply().text == "Hello, World!") }
        }
        return try server.stop()
    }

    @Test("bytes come and go without a call each", .enabled(if: Machine.hasRings))
    func proactor() throws {
        let report = try report("proactor")
        #expect(report.requests == 300 && report.accepted == 3)
        #expect(report.workers.map(\.role) == ["loop", "loop"])
        for worker in report.workers {
            #expect(worker.syscalls["recv"] == 0 && worker.syscalls["send"] == 0)
            #expect((worker.syscalls["accept"] ?? 1) == 0)
        }
        // A request by itself takes one that brings it, and one that hands in the reply and comes
        // back with its completion, where others take three; some turns serve several.
        let calls = report.sum { $0.syscalls["epoll_wait"] ?? 0 }
        #expect(calls > 0 && Double(calls) < 2.5 * 300)
    }

    @Test("tasks on the loop's own thread pass nothing on")
    func structured() throws {
        let report = try report("structured")
        #expect(report.requests == 300 && report.sum(\.handoffs) == 0)
        #expect(report.workers.map(\.role) == ["loop", "loop"])
    }

    @Test("tasks on the pool are passed on, and wake the loop when they are done")
    func structuredGlobal() throws {
        let report = try report("structured:global")
        #expect(report.requests == 300 && report.sum(\.handoffs) == 300)
        #expect(report.sum(\.wakeups) > 0)
    }

    @Test(
        "who holds a task's thread holds up the loop, or one thread of the pool",
        arguments: ["structured", "structured:global"])
    func blocking(pattern: String) throws {
        let server = try ServerUnderTest(pattern, threads: 1)
        let slow = try server.connect()
        let quick = try server.connect()
        try slow.send(HTTPText.get("/block?us=20000"))
        #expect(try quick.ask(HTTPText.get("/wait?us=1000")).text == "waited\n")
        #expect(try slow.reply().text == "blocked\n")
        #expect(try server.stop().requests == 2)
    }
}
