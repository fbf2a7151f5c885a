import Basis
import Platform
import Report
import Testing

@testable import Load
@testable import Measure

/// What a closed loop calls its rate when answers are slow against the window.
struct ClosedRateTests {
    private static let window = Nanoseconds.milliseconds(1_000)

    /// The result of a run in a virtual world whose requests take `time`.
    private func result(
        connections: Int = 4, warmUp: Nanoseconds, pipeline: Int = 1,
        requestsPerConnection: Int? = nil, time: @escaping (_ connection: Int) -> Nanoseconds
    ) throws -> LoadResult {
        var run = WorldRun(connections: connections, warmUp: warmUp, duration: Self.window)
        run.pipeline = pipeline
        run.plan.timeout = .seconds(60)
        run.plan.requestsPerConnection = requestsPerConnection
        run.world.answer = { connection, _ in [.send(WireText.ok, after: time(connection))] }
        let plan = try Sample.plan {
            $0.connections = connections
            $0.pipeline = pipeline
            $0.warmUp = warmUp
            $0.duration = Self.window
        }
        var whole = LoadResult(plan: plan, began: .zero)
        let part = try run.result(ClosedPacing())
        whole.add(part)
        return whole
    }

    /// Answer times from a thousandth of the window to half as long again, among them the window
    /// itself and its neighbours, where a count of answers jumps.
    static let times: [Int] = [
        1, 3, 7, 10, 49, 99, 100, 101, 150, 249, 333, 334, 400, 499, 500, 501, 650, 800, 950, 999,
        1_000, 1_001, 1_100, 1_333, 1_499, 1_500,
    ]

    @Test(
        "the rate is connections over round trip, however long the answers take",
        arguments: times, [0, 250, 1_000] as [Int])
    func rate(milliseconds: Int, warmUp: Int) throws {
        for pipeline in [1, 3] {
            let result = try result(warmUp: .milliseconds(warmUp), pipeline: pipeline) { _ in
                .milliseconds(milliseconds)
            }
            let truth = Double(4 * pipeline) / (Double(milliseconds) / 1_000)
            let share = result.achievedRate / truth
            #expect((0.99...1.01).contains(share), "\(share) of \(truth)/s")
            let occupancy = result.occupancy ?? 1
            #expect(occupancy <= 1.01)
        }
    }

    @Test("connections that are replaced after each request have the same rate", arguments: times)
    func churn(milliseconds: Int) throws {
        let result = try result(warmUp: .milliseconds(300), requestsPerConnection: 1) { _ in
            .milliseconds(milliseconds)
        }
        let share = result.achievedRate * Double(milliseconds) / 4_000
        #expect((0.99...1.01).contains(share), "\(share)")
    }

    @Test("an answer that fails carries nothing over a border", arguments: [0, 300] as [Int])
    func failures(warmUp: Int) throws {
        let run = WorldRun(
            connections: 2, warmUp: .milliseconds(warmUp), duration: Self.window)
        run.world.answerAll(WireText.unavailable, after: .milliseconds(700))
        let result = try run.result(ClosedPacing())
        #expect(result.borders == BorderShares())
        #expect(result.tally.errors.status > 0)
    }

    @Test(
        "times that vary have the rate of their mean, without a bias from the borders",
        arguments: [20, 100, 400] as [Int])
    func random(mean: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let result = try result(connections: 200, warmUp: .milliseconds(2_500)) { _ in
            let exponential = -Elementary.log(Double.random(in: 1e-9..<1, using: &generator))
            return Nanoseconds(raw: Int64(exponential * Double(mean) * 1e6) + 1_000)
        }
        // Of at least 500 requests; four and a half standard deviations.
        let share = result.achievedRate * Double(mean) / 200_000
        #expect((0.8...1.2).contains(share), "\(share), seed \(seed)")
    }

    @Test("a window whose rate the connections can't carry is refused")
    func impossible() throws {
        // One connection is answered at once, the other three times as late as the window is long.
        let result = try result(connections: 2, warmUp: .zero) { connection in
            .milliseconds(connection == 0 ? 1 : 3_000)
        }
        #expect(result.occupancy ?? 0 > 1.9)
        // What came is said all the same.
        #expect((1_000...1_001).contains(result.achievedRate))
        let report = result.report
        #expect(report.verdict == .tooFewSamples)
        #expect(
            report.verdictReasons.contains {
                $0.hasPrefix("1.00s are too short for answers of up to 3.00s")
            }, "\(report.verdictReasons)")
    }

    @Test("a few requests that run out of time do not make a rate impossible")
    func timeouts() throws {
        var run = WorldRun(connections: 4, duration: Self.window)
        run.plan.timeout = .milliseconds(500)
        let start = run.start
        run.world.answer = { _, at in
            at.since(start) < .milliseconds(900)
                ? [.send(WireText.ok, after: .milliseconds(1))] : []
        }
        let plan = try Sample.plan {
            $0.connections = 4
            $0.duration = Self.window
        }
        var whole = LoadResult(plan: plan, began: .zero)
        let part = try run.result(ClosedPacing())
        whole.add(part)
        #expect(whole.tally.errors.timeout == 4 && whole.tally.timedOut == 4)
        #expect((3_590...3_610).contains(whole.achievedRate))
        let occupancy = whole.occupancy ?? 2
        #expect(occupancy < 1)
    }

    @Test("an open loop past what its connections carry has no higher rate either")
    func openLoop() throws {
        // 64 are under way at once and take 3 s each: 21.3 a second, however many are due.
        var run = WorldRun(connections: 64, duration: Self.window)
        run.plan.timeout = .seconds(5)
        run.world.answerAll(after: .seconds(3))
        let plan = try Sample.plan {
            $0.connections = 64
            $0.duration = Self.window
            $0.arrivals = .constant(PerSecond(raw: 1_000))
        }
        var whole = LoadResult(plan: plan, began: .zero)
        let part = try run.result(ConstantPacing(rate: PerSecond(raw: 1_000), phase: 0))
        whole.add(part)
        #expect(whole.achievedRate <= 64.0 / 3 * 1.001)
        #expect(whole.report.verdict == .errors, "most were never sent")
    }
}
