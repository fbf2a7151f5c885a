import Basis
import Serve
import TestSupport
import Testing

/// The times that a server takes of itself. Counts of them, and no more of the times than that a
/// handler can't be quicker than its sleep.
@Suite("server: its own times", .serialized)
struct ServerTimeTests {
    @Test("each connection's first answer is timed once", arguments: PatternID.runnable)
    func firstBytes(pattern: PatternID) throws {
        let server = try ServerUnderTest(pattern.rawValue, threads: 2)
        let clients = try (0..<3).map { _ in try server.connect() }
        for _ in 0..<2 {
            for client in clients {
                #expect(try client.ask(HTTPText.get("/plaintext")).status == 200)
            }
        }
        // One that never asks, and so is owed nothing.
        let silent = try server.connect()
        let report = try server.stop()
        #expect(report.sum(\.firstBytes) == 3 && report.sum(\.firstByteNs) > 0)
        #expect(report.sum { $0.firstByteBuckets.reduce(0, +) } == 3)
        _ = silent
    }

    @Test(
        "an answer in pieces, a refusal and a switch of protocols begin with their first byte",
        arguments: [
            ([], HTTPText.get("/bytes/3000000"), 200), ([], "nonsense\r\n\r\n", 400),
            (["--write-shape", "trickle"], HTTPText.get("/plaintext"), 200),
        ] as [([String], String, Int)])
    func kinds(arguments: [String], request: String, status: Int) throws {
        let server = try ServerUnderTest("single", arguments)
        let client = try server.connect()
        #expect(try client.ask(request).status == status)
        #expect(try server.stop().sum(\.firstBytes) == 1)
    }

    @Test(
        "one message of 61 that workers get is timed",
        arguments: [
            (.offload, 2), (.balancedShared, 2), (.balancedPerWorker, 2), (.workStealing, 2),
            (.staged, 2), (.single, 0), (.readersQueue, 0), (.structured, 0),
        ] as [(PatternID, Int)])
    func messages(pattern: PatternID, count: Int) throws {
        let server = try ServerUnderTest(pattern.rawValue, threads: 2)
        let client = try server.connect()
        for _ in 0..<62 {
            #expect(try client.ask(HTTPText.get("/block?us=100")).status == 200)
        }
        let report = try server.stop()
        #expect(report.sum(\.timedMessages) == count)
        #expect(report.sum(\.handlerNs) >= 100_000 * count)
        #expect((report.sum(\.queueWaitNs) > 0) == (count > 0))
        let others = report.workers.filter { $0.role != "worker" }
        #expect(others.allSatisfy { $0.timedMessages == 0 })
    }
}
