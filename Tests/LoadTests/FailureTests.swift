import Basis
import Platform
import Secure
import Testing

@testable import Load
@testable import Measure

/// Servers that die, stall, reset or talk nonsense: the run goes on, counts, and ends in time.
struct FailureTests {
    @Test("an unanswered request is recorded at the age it reached", arguments: [1, 3])
    func timeouts(pipeline: Int) throws {
        var run = WorldRun(connections: 2, duration: .seconds(1))
        run.plan.timeout = .milliseconds(200)
        run.pipeline = pipeline
        let begin = run.start
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 0)
        #expect(result.tally.errors.timeout == UInt64(run.world.requests))
        #expect(result.tally.errors.timeout >= UInt64(8 * pipeline))
        #expect(result.tally.errors.total == result.tally.errors.timeout)
        #expect(result.tally.response.totalCount == result.tally.errors.timeout)
        #expect(result.tally.response.min > .milliseconds(200))
        #expect(result.tally.response.max <= .milliseconds(210))
        #expect(run.world.now <= begin + .milliseconds(1_220))
        #expect(run.world.open <= 2)
    }

    @Test("a second interrupt ends the wait for answers, which count at their age")
    func cutShort() throws {
        var run = WorldRun(connections: 2, duration: .seconds(10))
        run.plan.timeout = .seconds(6)
        let (control, begin) = (run.control, run.start)
        run.world.onWait = { at in
            if at.since(begin) >= .seconds(1) { control.stop() }
            if at.since(begin) >= .milliseconds(1_500) { control.endWait() }
        }
        let result = try run.result(ConstantPacing(rate: PerSecond(raw: 100), phase: 0))
        #expect(run.world.now <= begin + .milliseconds(1_550))
        #expect(result.window.duration <= .milliseconds(1_030))
        // Two are under way, the others never found a free connection.
        #expect(result.tally.errors.timeout >= 100 && result.tally.succeeded == 0)
        #expect(result.tally.unsent == result.tally.errors.timeout - 2)
        #expect(result.tally.errors.total == result.tally.errors.timeout)
        #expect(result.tally.response.totalCount == result.tally.errors.timeout)
        #expect(result.tally.response.max >= .milliseconds(1_500))
        #expect(result.tally.service.totalCount == 2)
    }

    @Test("a refused connect before the start is reported, not tried again")
    func refusedAtStart() throws {
        let run = WorldRun(connections: 5, duration: .seconds(1))
        run.world.welcome = { _, _ in .refused }
        #expect(try run.runOnceTold(ClosedPacing()) == nil)
        guard case .refused(let error)? = run.control.openingRefusal else {
            Issue.record("no refusal: \(String(describing: run.control.openingRefusal))")
            return
        }
        #expect(error.reason == "Connection refused")
        #expect(run.control.phase == .finished)
    }

    @Test("a connect that never ends is given up after the time limit")
    func ignoredAtStart() throws {
        var run = WorldRun(connections: 2, duration: .seconds(1))
        run.plan.timeout = .milliseconds(300)
        run.world.welcome = { _, _ in .ignored }
        let begin = run.start
        #expect(try run.runOnceTold(ClosedPacing()) == nil)
        #expect(run.control.openingRefusal == .tookTooLong)
        #expect(run.world.now.since(begin) <= .milliseconds(330))
    }

    @Test("a server that dies is tried again a hundred times a second, no more")
    func diesMidway() throws {
        let run = WorldRun(connections: 2, duration: .seconds(2))
        let death = run.start + .seconds(1)
        run.world.answer = { _, at in
            at < death
                ? [.send(WireText.ok, after: .milliseconds(1))] : [.reset(after: .zero)]
        }
        run.world.welcome = { _, at in at < death ? .accepted : .refused }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 2_000)
        #expect(result.tally.errors.read == 2)
        let attempts = run.world.connects.count { $0 >= death }
        #expect(attempts >= 2 * 80 && attempts <= 2 * 101, "\(attempts) attempts")
        // An attempt at the very end of the window is none of it.
        #expect(result.tally.errors.connect <= UInt64(attempts))
        #expect(result.tally.errors.connect >= UInt64(attempts - 2))
        #expect(result.lastRefusal?.reason == "Connection refused")
    }

    @Test("after a server comes back the load goes on")
    func comesBack() throws {
        let run = WorldRun(connections: 2, duration: .seconds(2))
        let (gone, back) = (run.start + .seconds(1), run.start + .milliseconds(1_500))
        run.world.answer = { _, at in
            at < gone || at >= back
                ? [.send(WireText.ok, after: .milliseconds(1))] : [.close(after: .zero)]
        }
        run.world.welcome = { _, at in at < gone || at >= back ? .accepted : .refused }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded >= 2 * 1_480)
        #expect(result.tally.errors.read == 2)
    }

    @Test(
        "what is no answer is counted as such, and the connection replaced",
        arguments: [
            WireText.garbage,
            Array("HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n".utf8),
            Array("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n".utf8),
            Array("HTTP/1.1 200 OK\r\nX: ".utf8) + [UInt8](repeating: 0x61, count: 310_000),
        ])
    func garbage(bytes: [UInt8]) throws {
        let run = WorldRun(connections: 2, duration: .milliseconds(100))
        run.world.answerAll(bytes, after: .milliseconds(1))
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 0)
        #expect(result.tally.errors.protocolViolation == UInt64(run.world.requests))
        #expect(result.tally.errors.total == result.tally.errors.protocolViolation)
        // Every attempt brings nothing, so it is slowed down.
        #expect(run.world.requests <= 2 * 11)
    }

    @Test("an answer that nobody asked for is a violation")
    func unsolicited() throws {
        let run = WorldRun(duration: .milliseconds(20))
        run.world.answer = { _, _ in
            [.send(WireText.ok + WireText.ok, after: .milliseconds(1))]
        }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded > 0)
        #expect(result.tally.errors.protocolViolation > 0)
    }

    @Test("a close in the middle of an answer loses the request", arguments: [1, 4])
    func truncated(pipeline: Int) throws {
        var run = WorldRun(duration: .milliseconds(50))
        run.pipeline = pipeline
        run.world.answer = { _, _ in
            [
                .send(Array(WireText.ok.dropLast(2)), after: .milliseconds(1)),
                .close(after: .milliseconds(1)),
            ]
        }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 0)
        #expect(result.tally.errors.read == UInt64(run.world.requests))
    }

    @Test("a server that closes idle connections does no harm")
    func idleClose() throws {
        let run = WorldRun(connections: 2, duration: .seconds(1))
        run.world.answer = { _, _ in
            [.send(WireText.ok, after: .milliseconds(1)), .close(after: .milliseconds(5))]
        }
        // Each connection is used every 20 ms and closed long before.
        let result = try run.result(
            ConstantPacing(rate: PerSecond(raw: 100), phase: 0))
        #expect(result.tally.succeeded == 100)
        #expect(result.tally.errors.total == 0)
    }

    @Test("a server that closes every fresh connection does not make the engine spin")
    func closesAtOnce() throws {
        let run = WorldRun(connections: 1, duration: .seconds(1))
        run.world.greeting = { _ in [.close(after: .zero)] }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 0)
        #expect(run.world.connects.count <= 102)
    }

    /// Every call that can fail, failing once, at any time of a run: what was sent is either
    /// answered or counted as an error, and the run ends when it should.
    @Test("the N-th call may fail", arguments: [1, 3])
    func anyCallFails(pipeline: Int) throws {
        var failing = 1
        while true {
            var run = WorldRun(connections: 2, duration: .milliseconds(25))
            run.plan.requestsPerConnection = 7
            run.plan.timeout = .milliseconds(100)
            run.pipeline = pipeline
            run.world.failingCall = failing
            run.world.answerAll(after: .milliseconds(1))
            let begin = run.start
            let result = try run.result(ClosedPacing())
            let tally = result.tally.succeeded
            let errors = result.tally.errors
            #expect(errors.total <= UInt64(2 * pipeline), "call \(failing)")
            #expect(tally + errors.total + 2 >= UInt64(run.world.requests), "call \(failing)")
            // An opening is tried again after 10 ms, before the start with all waiting for it.
            #expect(tally >= UInt64(2 * 11 * pipeline), "call \(failing)")
            #expect(run.world.now <= begin + .milliseconds(235), "call \(failing)")
            if run.world.calls < failing { break }
            failing += 1
        }
        #expect(failing > 60)
    }
}
