import Basis
import Report
import Testing

@testable import Load
@testable import Measure

/// Connections on a schedule, in a virtual world where every time is known.
struct ConnectionRateTests {
    private func constant(_ rate: Double, phase: Double = 0) -> OpenPacing {
        OpenPacing(
            .constant(ConstantPacing(rate: PerSecond(raw: rate), phase: phase)),
            opensConnections: true)
    }

    private func run(
        connections: Int, requests: Int, warmUp: Nanoseconds = .zero,
        duration: Nanoseconds = .milliseconds(100)
    ) -> WorldRun {
        var run = WorldRun(connections: connections, warmUp: warmUp, duration: duration)
        run.plan.requestsPerConnection = requests
        return run
    }

    @Test("every connection is begun when it is due and carries its requests", arguments: [1, 3])
    func onTime(requests: Int) throws {
        let run = run(connections: 16, requests: requests)
        run.world.answerAll(after: .milliseconds(2))
        let begin = run.start
        let result = try run.result(constant(1_000, phase: 0.5))
        #expect(result.tally.succeeded == UInt64(100 * requests))
        #expect(result.tally.connections == 100)
        #expect(result.tally.lateness.totalCount == 100 && result.tally.lateness.max == .zero)
        // One more shows beforehand that connections can be made.
        #expect(result.connectionsOpened == 101)
        let due = (0..<100).map { begin + .microseconds(500 + 1_000 * $0) }
        #expect(Array(run.world.connects.dropFirst()) == due)
        #expect(result.tally.response.min == .milliseconds(2))
        #expect(result.tally.response.max == .milliseconds(2))
        #expect(result.tally.errors.total == 0 && result.tally.starved == 0)
        #expect(run.world.open == 0)
        #expect(result.sentUntil <= begin + .milliseconds(100))
    }

    @Test("the time of a first request begins when its connection was due")
    func opening() throws {
        let run = run(connections: 64, requests: 2)
        let begin = run.start
        // The server takes connections only at the whole 10 ms.
        run.world.acceptance = { at in
            let rest = at.since(begin).raw % 10_000_000
            return rest == 0 ? .zero : Nanoseconds(raw: 10_000_000 - rest)
        }
        run.world.answerAll(after: .milliseconds(1))
        let result = try run.result(constant(1_000))
        #expect(result.tally.succeeded == 200 && result.tally.lateness.max == .zero)
        // Due 9 ms before they stand, at the most; the second requests wait for nothing.
        #expect(result.tally.response.max == .milliseconds(10))
        #expect(result.tally.service.max == .milliseconds(10))
        #expect(result.tally.response.min == .milliseconds(1))
        let mean = (10 * (10 + 9 + 8 + 7 + 6 + 5 + 4 + 3 + 2 + 1) + 100 * 1) / 200.0
        #expect(abs(result.tally.response.mean / 1e6 - mean) < 0.01)
    }

    @Test("a connection that found no free place counts from when it was due")
    func starved() throws {
        // One at a time takes 2 ms, and two are due in that time.
        let run = run(connections: 1, requests: 1)
        run.world.answerAll(after: .milliseconds(2))
        let begin = run.start
        let result = try run.result(constant(1_000))
        #expect(result.tally.succeeded == 100 && result.tally.connections == 100)
        #expect(result.tally.starved == 99)
        #expect(result.tally.response.max == .milliseconds(101))
        #expect(result.tally.service.max == .milliseconds(2))
        #expect(result.tally.lateness.max == .milliseconds(99))
        #expect(result.sentUntil == begin + .milliseconds(198))
    }

    @Test("what never found a place is counted at the age it reached")
    func unsent() throws {
        var run = run(connections: 1, requests: 1)
        run.plan.timeout = .milliseconds(50)
        run.world.answerAll(after: .milliseconds(10))
        let result = try run.result(constant(1_000))
        #expect(result.tally.succeeded + result.tally.unsent == 100)
        #expect(result.tally.unsent > 80 && result.tally.response.totalCount == 100)
    }

    @Test("connections of the warm-up count nothing, not even what they carry into the window")
    func warmUp() throws {
        let run = run(
            connections: 64, requests: 4, warmUp: .milliseconds(50), duration: .milliseconds(100))
        run.world.answerAll(after: .milliseconds(5))
        let result = try run.result(constant(1_000))
        #expect(result.tally.succeeded == 400 && result.tally.connections == 100)
        #expect(result.tally.warmUpAnswers == 200)
    }

    @Test("a refused connection is an error of its own, and the next ones are begun")
    func refused() throws {
        let run = run(connections: 8, requests: 2)
        run.world.answerAll(after: .milliseconds(1))
        run.world.welcome = { connection, _ in connection % 10 == 5 ? .refused : .accepted }
        let result = try run.result(constant(1_000))
        #expect(result.tally.errors.connect == 10 && result.tally.errors.total == 10)
        #expect(result.tally.connections == 90 && result.tally.succeeded == 180)
        #expect(result.firstFailure?.failure.phase == .connect)
    }

    @Test("one that never stands is given up at the time limit, as a part of the tail")
    func ignored() throws {
        var run = run(connections: 200, requests: 1)
        run.plan.timeout = .milliseconds(40)
        run.world.answerAll(after: .milliseconds(1))
        run.world.welcome = { connection, _ in connection == 50 ? .ignored : .accepted }
        let result = try run.result(constant(1_000))
        #expect(result.tally.errors.connect == 1 && result.tally.errors.total == 1)
        #expect(result.tally.succeeded == 99 && result.tally.response.totalCount == 100)
        #expect(result.tally.response.max >= .milliseconds(40))
        #expect(result.tally.response.max <= .milliseconds(42))
    }

    @Test("requests that a closing server left behind are lost, not begun elsewhere")
    func closing() throws {
        let run = run(connections: 8, requests: 3)
        run.world.answer = { _, _ in [.send(WireText.closing, after: .milliseconds(1))] }
        let result = try run.result(constant(1_000))
        #expect(result.tally.succeeded == 100 && result.tally.connections == 100)
        #expect(result.tally.errors.total == 0)
    }

    @Test("pipelined requests all begin with their connection")
    func pipelined() throws {
        var run = run(connections: 8, requests: 4)
        run.pipeline = 4
        run.world.answerAll(after: .milliseconds(1))
        let result = try run.result(constant(1_000))
        #expect(result.tally.succeeded == 400 && result.tally.response.max == .milliseconds(1))
    }

    @Test("a reset before the answer loses one request")
    func reset() throws {
        let run = run(connections: 8, requests: 2)
        run.world.answer = { connection, _ in
            connection % 10 == 5
                ? [.reset(after: .milliseconds(1))] : [.send(WireText.ok, after: .milliseconds(1))]
        }
        let result = try run.result(constant(1_000))
        #expect(result.tally.errors.read == 10 && result.tally.succeeded == 180)
    }

    @Test("an interrupt that waits for nothing leaves nothing behind")
    func interrupted() throws {
        var run = run(connections: 200, requests: 2, duration: .seconds(10))
        run.plan.timeout = .seconds(1)
        run.world.answerAll(after: .milliseconds(100))
        run.world.welcome = { connection, _ in connection == 20 ? .ignored : .accepted }
        let (control, begin) = (run.control, run.start)
        run.world.onWait = { at in
            if at >= begin + .milliseconds(60) {
                control.stop()
                control.endWait()
            }
        }
        let result = try run.result(constant(1_000))
        #expect(result.tally.errors.timeout > 40 && result.tally.errors.connect == 0)
        #expect(run.world.open == 0)
    }

    @Test("the verdict tells when connections were not made as fast as asked")
    func judgement() throws {
        var evidence = Evidence()
        evidence.isOpenLoop = true
        evidence.succeeded = 27_000
        evidence.duration = .seconds(10)
        evidence.targetConnectionRate = 1_000
        evidence.targetRate = 3_000
        evidence.connectionRate = 900
        evidence.achievedRate = 2_700
        evidence.connections = 9_000
        evidence.failedAttempts = 1_000
        let judgement = Judgement(evidence)
        #expect(judgement.verdict == .errors)
        #expect(
            judgement.reasons == [
                "1000 of 10000 connections failed, 10.0% (limit 0.1%)",
                "900/s of 1000/s connections were reached, 90.0% (limit 99.0%)",
                "2700/s of 3000/s requests were reached, 90.0% (limit 99.0%)",
            ])
        evidence.failedAttempts = 0
        evidence.connectionRate = 1_000
        evidence.achievedRate = 3_000
        #expect(Judgement(evidence).verdict == .valid)
    }

    @Test("a Poisson schedule makes its connections due, to the last one")
    func poisson() throws {
        let seed: UInt64 = 0x5EED
        let run = run(connections: 50, requests: 2, duration: .seconds(1))
        run.world.answerAll(after: .microseconds(100))
        let begin = run.start
        let pacing = PoissonPacing(
            rate: PerSecond(raw: 1_000), generator: SeededGenerator(seed: seed))
        let result = try run.result(OpenPacing(.poisson(pacing), opensConnections: true))
        var schedule = pacing
        schedule.start(at: begin)
        var due: UInt64 = 0
        while schedule.next < begin + .seconds(1) {
            due += 1
            schedule.advance()
        }
        #expect(result.tally.connections == due, "seed \(seed)")
        #expect(result.tally.succeeded == 2 * due, "seed \(seed)")
    }
}
