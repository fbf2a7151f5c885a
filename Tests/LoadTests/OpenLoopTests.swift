import Basis
import Testing

@testable import Load
@testable import Measure

/// The engine on a schedule, in a virtual world where every time is known.
struct OpenLoopTests {
    private func constant(_ rate: Double, phase: Double = 0) -> ConstantPacing {
        ConstantPacing(rate: PerSecond(raw: rate), phase: phase)
    }

    @Test("every due request is sent on time and answered", arguments: [false, true])
    func onTime(spins: Bool) throws {
        var run = WorldRun(connections: 8, duration: .seconds(1))
        run.plan.spins = spins
        run.world.answerAll(after: .milliseconds(2))
        let result = try run.result(constant(1_000, phase: 0.5))
        #expect(result.tally.succeeded == 1_000)
        #expect(result.tally.lateness.totalCount == 1_000)
        #expect(result.tally.lateness.max == .zero)
        #expect(result.tally.response.min == .milliseconds(2))
        #expect(result.tally.response.max == .milliseconds(2))
        #expect(result.tally.service.max == .milliseconds(2))
        #expect(result.tally.starved == 0 && result.tally.lateSends == 0)
        // Connections take turns.
        #expect(result.served.allSatisfy { $0 == 125 })
    }

    @Test("a Poisson schedule is carried out to the last request")
    func poisson() throws {
        let seed: UInt64 = 0x5EED
        let run = WorldRun(
            connections: 50, warmUp: .milliseconds(500), duration: .seconds(1))
        run.world.answerAll(after: .microseconds(100))
        let begin = run.start
        let pacing = PoissonPacing(
            rate: PerSecond(raw: 1_000), generator: SeededGenerator(seed: seed))
        let result = try run.result(pacing)

        var schedule = pacing
        schedule.start(at: begin)
        var due: UInt64 = 0
        while schedule.next < begin + .milliseconds(1_500) {
            if schedule.next >= begin + .milliseconds(500) { due += 1 }
            schedule.advance()
        }
        #expect(result.tally.succeeded == due, "seed \(seed)")
        #expect(result.tally.lateness.max <= VirtualWorld.pollTime, "seed \(seed)")
    }

    @Test("waiting for a connection counts from the intended start")
    func starved() throws {
        // One connection that answers in 2 ms serves 500/s of the 1000/s that are due for 100 ms.
        let run = WorldRun(connections: 1, duration: .milliseconds(100))
        run.world.answerAll(after: .milliseconds(2))
        let begin = run.start
        let result = try run.result(constant(1_000))
        #expect(result.tally.succeeded == 100)
        #expect(result.tally.service.max == .milliseconds(2))
        // The k-th is due at k ms, sent at 2k ms, answered at 2k + 2 ms.
        let last = result.tally.response.max
        #expect(last == .milliseconds(101))
        #expect(result.tally.lateness.max == .milliseconds(99))
        #expect(result.tally.starved == 99)
        #expect(result.sentUntil == begin + .milliseconds(198))
    }

    @Test("the backlog of the warm-up is no time of the window")
    func warmUpBacklog() throws {
        // 100/s of the 1000/s that are due: the warm-up's 100 requests leave until 1 s, the 100 of
        // the window from then on.
        let run = WorldRun(
            connections: 1, warmUp: .milliseconds(100), duration: .milliseconds(100))
        run.world.answerAll(after: .milliseconds(10))
        let begin = run.start
        let worked = try run.result(constant(1_000))
        #expect(worked.sentFrom == begin + .seconds(1))
        #expect(worked.sentUntil == begin + .milliseconds(1_990))
        #expect(worked.warmUpUnsent == 0)
        var result = LoadResult(plan: try Sample.plan(), began: .zero)
        result.add(worked)
        #expect(result.succeeded == 100)
        #expect(result.duration == .milliseconds(990))
    }

    @Test("where the warm-up's backlog outlives the time limit no request of the window is sent")
    func warmUpTakesAll() throws {
        var run = WorldRun(
            connections: 1, warmUp: .milliseconds(100), duration: .milliseconds(100))
        run.plan.timeout = .milliseconds(300)
        run.world.answerAll(after: .milliseconds(10))
        let result = try run.result(constant(1_000))
        // Given up at 500 ms, when 50 are sent and one more may just have been.
        #expect(result.sentFrom == nil)
        #expect((49...50).contains(result.warmUpUnsent), "\(result.warmUpUnsent)")
        #expect(result.tally.unsent == 100 && result.tally.succeeded == 0)
    }

    @Test("what is sent in time is measured over the whole window")
    func noBacklog() throws {
        let run = WorldRun(
            connections: 4, warmUp: .milliseconds(50), duration: .milliseconds(100))
        run.world.answerAll(after: .milliseconds(1))
        let begin = run.start
        let result = try run.result(constant(100, phase: 0.5))
        #expect(result.sentFrom == begin + .milliseconds(50))
        #expect(result.tally.succeeded == 10)
    }

    @Test("what is never sent is counted at the age it reached")
    func unsent() throws {
        var run = WorldRun(connections: 1, duration: .milliseconds(100))
        run.plan.timeout = .milliseconds(50)
        run.world.answerAll(after: .milliseconds(10))
        let begin = run.start
        let result = try run.result(constant(1_000))
        // Sent at 0, 10 … 150 ms; the rest is given up at 150 ms.
        #expect(result.tally.succeeded + result.tally.unsent == 100)
        #expect(result.tally.unsent > 80)
        #expect(result.tally.errors.timeout == result.tally.unsent)
        #expect(result.tally.response.totalCount == 100)
        #expect(run.world.now <= begin + .milliseconds(100 + 2 * 50 + 20))
    }

    /// A server that stands still for the last second of every ten.
    private func stallingWorld(_ connections: Int) -> WorldRun {
        let run = WorldRun(connections: connections, duration: .seconds(10))
        let begin = run.start
        run.world.answer = { _, at in
            let phase = at.since(begin).raw % 10_000_000_000
            let stall = max(0, phase - 9_000_000_000)
            let wait = stall == 0 ? Nanoseconds.zero : Nanoseconds(raw: 1_000_000_000 - stall)
            return [.send(WireText.ok, after: wait + .milliseconds(5))]
        }
        return run
    }

    @Test("an open loop sees a stall of which a closed loop hides the extent")
    func coordinatedOmission() throws {
        let open = try stallingWorld(16).result(constant(400))
        let response = LatencySummary(open.tally.response)
        let p99 = try #require(response.p99)
        // A tenth of the requests wait for what is left of the second: the 99th percentile is 0.9
        // s, and some more for the backlog.
        #expect(p99 >= .milliseconds(895) && p99 <= .seconds(1))
        // What was sent late fared well once it was sent.
        #expect(try #require(LatencySummary(open.tally.service).p99) <= .milliseconds(6))
        #expect(open.tally.response.totalCount == 4_000)

        let closed = try stallingWorld(1).result(ClosedPacing())
        let roundTrip = LatencySummary(closed.tally.response)
        #expect(try #require(roundTrip.p99) <= .milliseconds(6))
        #expect(roundTrip.max >= .milliseconds(999))
    }

    @Test("pipelining in an open loop uses connections in turn up to their depth")
    func pipelined() throws {
        var run = WorldRun(connections: 2, duration: .milliseconds(100))
        run.pipeline = 4
        run.world.answerAll(after: .milliseconds(7))
        let result = try run.result(constant(1_000))
        // Eight places and seven requests under way: none waits.
        #expect(result.tally.succeeded == 100)
        #expect(result.tally.lateness.max == .zero)
        #expect(result.tally.response.max == .milliseconds(7))
    }

    @Test("what a closing server left unprocessed keeps its intended start")
    func unprocessed() throws {
        var run = WorldRun(connections: 1, duration: .milliseconds(100))
        run.pipeline = 8
        var seen: [Int: Int] = [:]
        run.world.answer = { connection, _ in
            seen[connection, default: 0] += 1
            switch seen[connection]! {
            case 10:
                return [
                    .send(WireText.closing, after: .milliseconds(3)),
                    .close(after: .milliseconds(3)),
                ]
            case 11...: return []
            default: return [.send(WireText.ok, after: .milliseconds(3))]
            }
        }
        let result = try run.result(constant(1_000))
        #expect(result.tally.succeeded == 100)
        #expect(result.tally.errors.total == 0, "\(result.tally.errors)")
        #expect(result.tally.lateness.totalCount == 100 && result.tally.lateness.max == .zero)
        // Due 1 ms behind the last request that was answered, sent again 2 ms later.
        #expect(result.tally.response.max == .milliseconds(5))
        #expect(result.tally.service.max == .milliseconds(5))
    }

    @Test("a schedule goes on over replaced connections")
    func replaced() throws {
        var run = WorldRun(connections: 4, duration: .milliseconds(100))
        run.plan.requestsPerConnection = 1
        run.world.answerAll(after: .milliseconds(1))
        let result = try run.result(constant(1_000))
        #expect(result.tally.succeeded == 100)
        #expect(result.tally.errors.total == 0)
        #expect(result.connectionsOpened >= 100)
    }
}
