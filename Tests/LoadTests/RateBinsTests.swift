import Basis
import Measure
import Report
import Testing

@testable import Load

struct RateBinsTests {
    private let window = Window(start: Instant(raw: 1_000_000_000), duration: .seconds(20))

    private func counts(_ succeeded: UInt64) -> RateBins.Counts {
        RateBins.Counts(succeeded: succeeded, due: 2 * Double(succeeded))
    }

    @Test("readings a little late make the right rates")
    func rates() {
        var bins = RateBins(window)
        var now = window.start
        var succeeded: UInt64 = 0
        while now < window.end {
            now = now + .milliseconds(7)
            succeeded = UInt64(now.since(window.start).raw / 100_000)
            bins.note(at: now, counts(succeeded))
        }
        bins.finish(at: now, counts(succeeded))
        #expect(bins.values.count == Limit.rateBins)
        #expect(bins.values.allSatisfy { abs($0.succeeded - 10_000) < 1 }, "\(bins.values)")
        #expect(bins.values.allSatisfy { abs($0.due - 20_000) < 2 }, "\(bins.values)")
        #expect(bins.nextEnd == .distantFuture)
    }

    @Test("after a thread stood still its pieces are at their places")
    func gap() {
        var bins = RateBins(window)
        bins.note(at: window.start + .seconds(1), counts(100))
        bins.note(at: window.start + .seconds(6), counts(150))
        bins.note(at: window.start + .seconds(7), counts(250))
        #expect(bins.values.map(\.succeeded) == [100, 10, 10, 10, 10, 10, 100])
        bins.note(at: window.end + .seconds(9), counts(272))
        bins.finish(at: window.end + .seconds(9), counts(272))
        #expect(bins.values.count == Limit.rateBins)
    }

    @Test("before the window there are none")
    func none() {
        var bins = RateBins()
        bins.note(at: Instant(raw: 5), counts(5))
        #expect(bins.values.isEmpty)
    }

    @Test("a Poisson schedule that is met is steady, whatever its seed", arguments: 1...40)
    func poisson(seed: UInt64) throws {
        let run = WorldRun(connections: 50, duration: .seconds(1))
        run.world.answerAll(after: .microseconds(100))
        let worked = try run.result(
            PoissonPacing(rate: PerSecond(raw: 1_000), generator: SeededGenerator(seed: seed)))
        let plan = try Sample.plan { $0.arrivals = .poisson(PerSecond(raw: 1_000)) }
        var result = LoadResult(plan: plan, began: .zero)
        result.add(worked)
        let steadiness = try #require(Steadiness(result.evidence.rates))
        #expect(abs(steadiness.difference) < 0.02, "seed \(seed): \(steadiness)")
    }

    @Test("what could not be sent was due all the same")
    func backlog() throws {
        // 500/s of the 1000/s that are due.
        let run = WorldRun(connections: 1, duration: .seconds(1))
        run.world.answerAll(after: .milliseconds(2))
        let result = try run.result(ConstantPacing(rate: PerSecond(raw: 1_000), phase: 0))
        #expect(result.rates.count == Limit.rateBins)
        #expect(result.rates.allSatisfy { abs($0.due - 1_000) < 50 }, "\(result.rates)")
        #expect(result.rates.allSatisfy { abs($0.succeeded - 500) < 50 }, "\(result.rates)")
    }
}
