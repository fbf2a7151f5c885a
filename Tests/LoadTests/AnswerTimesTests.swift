import Basis
import Platform
import Report
import TestSupport
import Testing

@testable import Load
@testable import Measure

/// What is kept of answers and connections beside their latencies, in a virtual world.
@Suite("load: first bytes, openings, codes, and so many requests")
struct AnswerTimesTests {
    @Test("the first byte of an answer has a time of its own", arguments: [1, 20, 38, 41, 43])
    func firstByte(cut: Int) throws {
        let run = WorldRun(connections: 2, duration: .milliseconds(20))
        #expect(WireText.ok.count == 43)
        run.world.answer = { _, _ in
            let (head, rest) = (Array(WireText.ok[..<cut]), Array(WireText.ok[cut...]))
            return [.send(head, after: .milliseconds(1))]
                + (rest.isEmpty ? [] : [.send(rest, after: .milliseconds(4))])
        }
        let result = try run.result(ClosedPacing())
        let isWhole = cut == WireText.ok.count
        #expect(result.tally.errors.total == 0)
        #expect(result.tally.firstByte.totalCount == result.tally.response.totalCount)
        #expect(result.tally.firstByte.min == .milliseconds(1))
        #expect(result.tally.firstByte.max == .milliseconds(1))
        #expect(result.tally.response.max == .milliseconds(isWhole ? 1 : 4))
    }

    @Test("of pipelined answers each has its own")
    func pipelined() throws {
        var run = WorldRun(duration: .milliseconds(1))
        run.pipeline = 2
        var count = 0
        run.world.answer = { _, _ in
            count += 1
            // The second begins together with the end of the first.
            let (head, rest) = (Array(WireText.ok[..<10]), Array(WireText.ok[10...]))
            return count.isMultiple(of: 2)
                ? [.send(head, after: .milliseconds(5)), .send(rest, after: .milliseconds(7))]
                : [.send(head, after: .milliseconds(3)), .send(rest, after: .milliseconds(5))]
        }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.firstByte.totalCount == 2)
        #expect(result.tally.response.totalCount == 2)
        #expect(result.tally.firstByte.min == .milliseconds(3))
        #expect(result.tally.firstByte.max == .milliseconds(5))
        #expect(result.tally.response.min == .milliseconds(5))
        #expect(result.tally.response.max == .milliseconds(7))
    }

    @Test("an empty line that nobody asked for begins no answer")
    func strayLine() throws {
        let run = WorldRun(connections: 1, duration: .milliseconds(45))
        run.world.answer = { _, _ in
            [
                .send(WireText.ok, after: .milliseconds(1)),
                .send([13, 10], after: .milliseconds(5)),
            ]
        }
        let pacing = OpenPacing(.constant(ConstantPacing(rate: PerSecond(raw: 100), phase: 0)))
        let result = try run.result(pacing)
        #expect(result.tally.errors.total == 0 && result.tally.firstByte.totalCount == 5)
        #expect(result.tally.firstByte.min == .milliseconds(1))
    }

    @Test("from when a request was due, and not from when it was sent")
    func open() throws {
        let run = WorldRun(connections: 1, duration: .milliseconds(2))
        run.world.answer = { _, _ in
            [
                .send(Array(WireText.ok[..<9]), after: .milliseconds(3)),
                .send(Array(WireText.ok[9...]), after: .milliseconds(4)),
            ]
        }
        // Due at 0 and 1 ms; the second waits for the connection until 4 ms.
        let pacing = OpenPacing(.constant(ConstantPacing(rate: PerSecond(raw: 1_000), phase: 0)))
        let result = try run.result(pacing)
        #expect(result.tally.firstByte.totalCount == 2)
        #expect(result.tally.firstByte.max >= .milliseconds(6))
        #expect(result.tally.firstByte.max < result.tally.response.max)
    }

    @Test("how long a connection took to be made is kept of each, those of the warm-up, too")
    func connect() throws {
        var run = WorldRun(
            connections: 3, warmUp: .milliseconds(10), duration: .milliseconds(40))
        run.plan.requestsPerConnection = 4
        run.world.acceptance = { _ in .milliseconds(2) }
        run.world.answerAll(after: .milliseconds(1))
        let result = try run.result(ClosedPacing())
        #expect(result.connectionsOpened > 6)
        #expect(result.openingTimes.connect.totalCount >= UInt64(result.connectionsOpened))
        #expect(result.openingTimes.connect.min == .milliseconds(2))
        #expect(result.openingTimes.connect.max == .milliseconds(2))
        #expect(result.openingTimes.handshake.totalCount == 0, "it has no keys")
    }

    @Test("answers are counted by their codes, whatever these are")
    func codes() throws {
        let run = WorldRun(duration: .milliseconds(60))
        let answers = [WireText.ok, WireText.notFound, WireText.unavailable, WireText.beyond]
        var count = 0
        run.world.answer = { _, _ in
            count += 1
            return [.send(answers[count % 4], after: .milliseconds(1))]
        }
        let result = try run.result(ClosedPacing())
        let found = result.tally.codes.answers.entries
        #expect(found.map(\.code) == [200, 404, 503, 799])
        #expect(found.allSatisfy { $0.answers == 15 })
        let counted = found.reduce(0) { $0 + $1.answers }
        #expect(UInt64(counted) == result.tally.succeeded + result.tally.errors.status)
    }

    @Test("a code that no protocol has is the last one")
    func strange() {
        var counts = CodeCounts()
        for code: UInt16 in [0, 16, 200, 999, 1_023, 1_024, .max] { counts.note(code) }
        #expect(counts.answers.entries.map(\.code) == [0, 16, 200, 999, 1_023])
        #expect(counts.answers.entries.last?.answers == 3)
        var sum = CodeCounts()
        sum.add(counts)
        sum.add(counts)
        #expect(sum.answers.entries.map(\.answers) == [2, 2, 2, 2, 6])
        sum.reset()
        #expect(sum.answers.entries.isEmpty)
    }

    @Test(
        "as many requests as were asked for, and the window ends with the last answer",
        arguments: [(1, 1, 1), (10, 1, 1), (10, 4, 1), (7, 4, 1), (3, 8, 1), (50, 3, 4)])
    func requests(count: Int, connections: Int, pipeline: Int) throws {
        var run = WorldRun(connections: connections, duration: .seconds(3_600))
        run.plan.requests = count
        run.pipeline = pipeline
        run.world.answerAll(after: .milliseconds(2))
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == UInt64(count) && run.world.requests == count)
        #expect(result.hasSentAll && result.tally.errors.total == 0)
        let rounds = (count + connections * pipeline - 1) / (connections * pipeline)
        #expect(result.window.duration == .milliseconds(2 * rounds))
    }

    @Test("those of the warm-up do not count")
    func requestsBehindWarmUp() throws {
        var run = WorldRun(warmUp: .milliseconds(10), duration: .seconds(60))
        run.plan.requests = 5
        run.world.answerAll(after: .milliseconds(1))
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 5)
        #expect(run.world.requests >= 15)
    }

    @Test("a schedule ends with them, also where connections lack", arguments: [1, 8])
    func requestsDue(connections: Int) throws {
        var run = WorldRun(connections: connections, duration: .seconds(60))
        run.plan.requests = 12
        run.world.answerAll(after: .milliseconds(3))
        let pacing = OpenPacing(.constant(ConstantPacing(rate: PerSecond(raw: 1_000), phase: 0)))
        let result = try run.result(pacing)
        #expect(result.tally.succeeded == 12 && run.world.requests == 12)
        #expect(result.tally.lateness.totalCount == 12 && result.hasSentAll)
        #expect(result.tally.unsent == 0 && result.tally.errors.total == 0)
    }

    @Test("a time limit comes before a number of requests that is too high")
    func durationFirst() throws {
        var run = WorldRun(duration: .milliseconds(20))
        run.plan.requests = 1_000
        run.world.answerAll(after: .milliseconds(2))
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 10 && !result.hasSentAll)
        #expect(result.window.duration == .milliseconds(20))
    }

    @Test("what is left of them counts as unsent where the server has gone")
    func gone() throws {
        var run = WorldRun(connections: 2, duration: .seconds(600))
        run.plan.requests = 100
        run.plan.timeout = .milliseconds(500)
        var count = 0
        run.world.answer = { _, _ in
            count += 1
            return count > 10
                ? [.reset(after: .milliseconds(1))] : [.send(WireText.ok, after: .milliseconds(1))]
        }
        run.world.welcome = { number, _ in number < 2 ? .accepted : .refused }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 10 && result.tally.errors.read == 2)
        #expect(result.tally.unsent == 88 && result.tally.errors.timeout == 88)
        #expect(result.window.duration < .seconds(2) && result.tally.errors.connect > 0)
    }

    @Test("lost ones count, too, so that a dead server is not asked for ever")
    func lost() throws {
        var run = WorldRun(connections: 2, duration: .seconds(600))
        run.plan.requests = 6
        run.world.answer = { _, _ in [.reset(after: .milliseconds(1))] }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.errors.requests == 6 && result.hasSentAll)
    }
}
