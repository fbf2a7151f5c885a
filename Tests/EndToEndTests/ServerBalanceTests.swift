import Basis
import Measure
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
