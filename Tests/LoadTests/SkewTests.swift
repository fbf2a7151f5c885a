import Basis
import Report
import Testing

@testable import Load
@testable import Measure

/// Requests with connections of their own, in a virtual world where every time is known.
@Suite("load: skewed connections")
struct SkewTests {
    private static let seed: UInt64 = 0x5EED

    private func run(
        _ skew: Skew, connections: Int, duration: Nanoseconds = .seconds(1)
    ) -> WorldRun {
        var run = WorldRun(connections: connections, duration: duration)
        run.plan.weights = (0..<connections).map { skew.weight(of: $0) }
        run.plan.draws = SeededGenerator(seed: Self.seed)
        return run
    }

    /// All but one in a billion of what is due belong to the first of two connections.
    private func lopsided(_ duration: Nanoseconds = .milliseconds(100)) -> WorldRun {
        var run = run(.even, connections: 2, duration: duration)
        run.plan.weights = [1, 1e-9]
        return run
    }

    private func constant(_ rate: Double) -> ConstantPacing {
        ConstantPacing(rate: PerSecond(raw: rate), phase: 0)
    }

    @Test("connections have shares by their weights", arguments: [0.5, 1, 2])
    func shares(exponent: Double) throws {
        let skew = Skew.zipf(exponent)
        let run = run(skew, connections: 8)
        run.world.answerAll(after: .microseconds(10))
        let result = try run.result(constant(10_000))
        #expect(result.tally.succeeded == 10_000)
        #expect(result.served.reduce(0, +) == 10_000)
        let weights = run.plan.weights
        for (served, weight) in zip(result.served, weights) {
            let share = weight / weights.reduce(0, +)
            // Five standard deviations of a binomial share.
            let slack = 5 * (share * (1 - share) / 10_000).squareRoot()
            let found = Double(served) / 10_000
            #expect(abs(found - share) < slack, "\(found) of \(share), seed \(Self.seed)")
        }
    }

    @Test("the first connection has the greatest weight, and none has all")
    func weights() {
        let weights = (0..<4).map { Skew.zipf(2).weight(of: $0) }
        #expect(zip(weights, [1, 1 / 4, 1 / 9, 1 / 16]).allSatisfy { abs($0 - $1) < 1e-12 })
        var chooser = ConnectionChooser(weights: [1], generator: SeededGenerator(seed: 1))
        #expect((0..<100).allSatisfy { _ in chooser.next() == 0 })
    }

    @Test("a request waits for its own connection while others are free, from when it was due")
    func waits() throws {
        // The first connection answers 500 a second of the 1,000 that are due.
        let run = lopsided()
        run.world.answerAll(after: .milliseconds(2))
        let begin = run.start
        let result = try run.result(constant(1_000))
        #expect(result.served == [100, 0])
        // The k-th is due at k ms, sent at 2k ms, answered at 2k + 2 ms.
        #expect(result.tally.service.max == .milliseconds(2))
        #expect(result.tally.response.max == .milliseconds(101))
        #expect(result.tally.lateness.max == .milliseconds(99))
        #expect(result.tally.starved == 99 && result.heldBack == 0)
        #expect(result.sentUntil == begin + .milliseconds(198))
        // With no skew the other one helps.
        let even = WorldRun(connections: 2, duration: .milliseconds(100))
        even.world.answerAll(after: .milliseconds(2))
        #expect(try even.result(constant(1_000)).tally.response.max == .milliseconds(2))
    }

    @Test("requests share their connection up to its depth")
    func pipelined() throws {
        var run = lopsided()
        run.pipeline = 4
        run.world.answerAll(after: .milliseconds(3))
        let result = try run.result(constant(1_000))
        #expect(result.served == [100, 0] && result.tally.lateness.max == .zero)
    }

    @Test("a connection that ends keeps what waits for it")
    func reopened() throws {
        let run = lopsided()
        run.world.answer = { _, _ in [.send(WireText.closing, after: .milliseconds(2))] }
        let result = try run.result(constant(1_000))
        #expect(result.served == [100, 0] && result.tally.errors.total == 0)
        #expect(result.connectionsOpened >= 100)
    }

    @Test("what never found its connection free is counted at the age it reached")
    func unsent() throws {
        var run = lopsided()
        run.plan.timeout = .milliseconds(50)
        run.world.answerAll(after: .milliseconds(10))
        let result = try run.result(constant(1_000))
        #expect(result.tally.succeeded + result.tally.unsent == 100)
        #expect(result.tally.unsent > 80 && result.tally.errors.timeout == result.tally.unsent)
        #expect(result.tally.response.totalCount == 100)
        #expect(result.firstFailure?.failure.reason == "its connection was never free")
    }

    @Test("pieces of the window count as due what waits for its connection")
    func pieces() throws {
        var run = lopsided(.seconds(1))
        run.plan.timeout = .seconds(10)
        run.world.answerAll(after: .milliseconds(2))
        let result = try run.result(constant(1_000))
        // A look at a border comes up to a tick late, and so many requests move with it.
        #expect(result.rates.count == Limit.rateBins)
        #expect(result.rates.allSatisfy { abs($0.due - 1_000) < 450 }, "\(result.rates)")
        let due = result.rates.map(\.due).reduce(0, +) / Double(Limit.rateBins)
        #expect(abs(due - 1_000) < 25)
    }

    @Test("with no more room to wait, the schedule stands still and nothing is lost")
    func held() throws {
        // 80,000 are due in a second, and 250 answered.
        var run = lopsided(.seconds(1))
        run.plan.timeout = .milliseconds(20)
        run.world.answerAll(after: .milliseconds(4))
        let result = try run.result(constant(80_000))
        #expect(result.tally.succeeded + result.tally.errors.timeout == 80_000)
        #expect(result.tally.response.totalCount == 80_000)
        #expect(result.heldBack > 0)
    }

    @Test("queues keep their order and their bound")
    func queues() {
        var queues = RequestQueues(connections: 3, capacity: 4)
        #expect(queues.isEmpty(0) && queues.pop(2) == nil && !queues.isFull)
        for round in 0..<3 {
            let base = Int64(round * 10)
            queues.push(Instant(raw: base + 1), on: 1)
            queues.push(Instant(raw: base + 2), on: 0)
            queues.push(Instant(raw: base + 3), on: 1)
            queues.push(Instant(raw: base + 4), on: 1)
            #expect(queues.isFull && queues.count == 4 && queues.isEmpty(2))
            #expect(queues.pop(1) == Instant(raw: base + 1))
            queues.push(Instant(raw: base + 5), on: 2)
            #expect(queues.pop(1) == Instant(raw: base + 3))
            #expect(queues.pop(2) == Instant(raw: base + 5) && queues.pop(2) == nil)
            #expect(queues.pop(1) == Instant(raw: base + 4) && queues.pop(1) == nil)
            #expect(queues.pop(0) == Instant(raw: base + 2) && queues.count == 0)
        }
    }

    @Test("threads have the connections in turn, and of the rate what is due on theirs")
    func threads() throws {
        let plan = try Sample.plan {
            ($0.connections, $0.threads, $0.skew) = (8, 2, .zipf(1))
            $0.arrivals = .constant(PerSecond(raw: 1_000))
        }
        let shares = plan.shares(of: PerSecond(raw: 1_000)).map(\.raw)
        let all = (1...8).reduce(0) { $0 + 1 / Double($1) }
        let first = 1 + 1 / 3.0 + 1 / 5.0 + 1 / 7.0
        #expect(abs(shares[0] - 1_000 * first / all) < 1e-6)
        #expect(abs(shares.reduce(0, +) - 1_000) < 1e-6)
        let weights = plan.share(ofThread: 1).weights
        #expect(zip(weights, [2, 4, 6, 8]).allSatisfy { abs($0 - 1 / $1) < 1e-12 })
        #expect(weights.count == 4)
        var even = plan
        even.skew = .even
        #expect(even.shares(of: PerSecond(raw: 1_000)).map(\.raw) == [500, 500])
        #expect(even.share(ofThread: 0).weights.isEmpty)
        var closed = plan
        closed.arrivals = .closed
        #expect(closed.share(ofThread: 0).weights.isEmpty)
    }

    @Test("the report says the skew, the busiest connection's share, and no unevenness")
    func report() throws {
        var tally = LoadTally()
        tally.statuses[2] = 1_000
        for _ in 0..<1_000 { tally.response.record(.milliseconds(1)) }
        let plan = try Sample.plan {
            ($0.skew, $0.arrivals) = (.zipf(1), .poisson(PerSecond(raw: 1_000)))
        }
        let report = try Sample.result(tally, plan: plan, served: [900, 50, 50]).report
        #expect(report.skew == .zipf(1) && report.busiestConnectionShare == 0.9)
        #expect(!report.warnings.contains { $0.contains("unevenly") })
        #expect(try LoadReport(json: JSONValue(parsing: report.json.compact)) == report)
        let text = TextReport.text(report, objectives: [], colours: false)
        #expect(text.contains("poisson, seed 42, zipf:1;"))
        #expect(text.contains("skew           the busiest connection had 90.0% of it"))
    }

    @Test(
        "a skew that can't be carried out is refused in one line",
        arguments: [
            (["--skew", "zipf:1"], "--skew means nothing in a closed loop; give a --rate"),
            (["-R", "1k", "--skew", "zipf"], "--skew 'zipf' is no skew; write even, or zipf:S"),
            (["-R", "1k", "--skew", "zipf:0"], "--skew 'zipf:0' is no skew; write even, or"),
            (["-R", "1k", "--skew", "zipf:11"], "--skew 'zipf:11' is no skew; write even, or"),
            (
                ["--connection-rate", "1k", "--skew", "zipf:1"],
                "--skew means nothing with --connection-rate, whose connections come and go; leave"
            ),
            (
                ["-R", "1k", "--requests-per-connection", "9", "--skew", "zipf:1"],
                "--skew means nothing with --requests-per-connection, which is of connections"
            ),
            (
                ["-R", "1k", "--retry", "3", "--skew", "zipf:1"],
                "--skew means nothing with --retry, whose requests go to whichever connection"
            ),
            (
                ["--find-rate", "p99<5ms", "--skew", "zipf:1"],
                "--skew means nothing with --find-rate, which takes a busy connection for a lack"
            ),
        ])
    func refusal(arguments: [String], complaint: String) throws {
        #expect {
            let options = try LoadOptions.parser.parse(arguments + ["http://127.0.0.1:1/"])
            _ = try LoadOptions.plan(options, randomSeed: 1) { (_) throws(Complaint) in [] }
        } throws: {
            "\($0)".hasPrefix(complaint)
        }
    }

    @Test("a skew reaches the plan", arguments: ["even", "zipf:1", "zipf:0.8", "zipf:2.0"])
    func plan(text: String) throws {
        let options = try LoadOptions.parser.parse(
            ["-R", "1k", "--skew", text, "http://127.0.0.1:1/"])
        let plan = try LoadOptions.plan(options, randomSeed: 1) { (_) throws(Complaint) in [] }
        #expect(plan.skew.text == text.replacing("2.0", with: "2"))
    }
}
