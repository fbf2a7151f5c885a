import Basis
import Platform
import TestSupport
import Testing

@testable import Load
@testable import Measure

/// The engine in a closed loop, in a virtual world where every time is known.
struct ClosedLoopTests {
    @Test("a known latency is measured exactly", arguments: [1, 4, 200])
    func knownLatency(connections: Int) throws {
        let run = WorldRun(connections: connections, duration: .milliseconds(100))
        run.world.answerAll(after: .milliseconds(3))
        let result = try run.result(ClosedPacing())
        // Sent at 0, 3 … 99 ms: 34 requests a connection.
        #expect(result.tally.succeeded == UInt64(34 * connections))
        #expect(result.tally.response.totalCount == UInt64(34 * connections))
        #expect(result.tally.response.min == .milliseconds(3))
        #expect(result.tally.response.max == .milliseconds(3))
        #expect(result.tally.response.mean == 3e6)
        #expect(result.tally.service.isEmpty && result.tally.lateness.isEmpty)
        #expect(result.tally.errors.total == 0)
        #expect(result.window.duration == .milliseconds(100))
        #expect(result.served.allSatisfy { $0 == 34 })
        #expect(result.connectionsOpened == connections)
        // The last answers come after the window.
        #expect(result.usage.bytesRead == UInt64(33 * connections * WireText.ok.count))
        #expect(result.usage.bytesWritten == UInt64(34 * connections * WireText.request.count))
        #expect(result.tally.bodyBytes == UInt64(34 * connections * 5))
        #expect(run.world.open == connections, "open until the generator goes")
    }

    @Test("a bimodal server shows both of its latencies")
    func bimodal() throws {
        let run = WorldRun(duration: .seconds(1))
        var count = 0
        run.world.answer = { _, _ in
            count += 1
            return [.send(WireText.ok, after: .milliseconds(count.isMultiple(of: 10) ? 9 : 1))]
        }
        let result = try run.result(ClosedPacing())
        let summary = LatencySummary(result.tally.response)
        let total = result.tally.response.totalCount
        #expect(summary.min == .milliseconds(1) && summary.max == .milliseconds(9))
        #expect(result.tally.response.countAtOrBelow(.milliseconds(2)) == total - total / 10)
    }

    @Test("every first request has its own start")
    func firstRequests() throws {
        // Sending to all of 1000 connections takes 10 ms, of which no round trip has more than one
        // send.
        let run = WorldRun(connections: 1_000, duration: .milliseconds(15))
        run.world.sendTime = .microseconds(10)
        run.world.answerAll(after: .milliseconds(20))
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 1_000)
        #expect(result.tally.response.max <= .milliseconds(21), "\(result.tally.response.max)")
    }

    @Test("nothing of the warm-up is in the result, not even what it leaves under way")
    func warmUp() throws {
        let run = WorldRun(
            connections: 3, warmUp: .milliseconds(50), duration: .milliseconds(50))
        let turn = run.start + .milliseconds(50)
        run.world.answer = { _, at in
            [.send(WireText.ok, after: at < turn ? .milliseconds(20) : .milliseconds(1))]
        }
        let result = try run.result(ClosedPacing())
        // The last slow answers, sent for at 40 ms, come at 60 ms.
        #expect(result.tally.response.max == .milliseconds(1))
        #expect(result.tally.succeeded == 3 * 40)
        #expect(result.usage.bytesRead >= UInt64(3 * 40 * WireText.ok.count))
    }

    @Test("pipelined requests are all answered, in order", arguments: [2, 3, 16])
    func pipelining(depth: Int) throws {
        var run = WorldRun(duration: .milliseconds(10))
        run.pipeline = depth
        run.world.answerAll(after: .milliseconds(1))
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == UInt64(10 * depth))
        #expect(result.tally.response.min == .milliseconds(1))
        #expect(result.tally.response.max == .milliseconds(1))
        // One write for all requests that answers made room for.
        #expect(result.usage.syscalls.send <= 11)
    }

    @Test(
        "a connection is replaced after its requests", arguments: [(1, 1), (3, 1), (7, 2), (2, 4)])
    func requestsPerConnection(limit: Int, pipeline: Int) throws {
        var run = WorldRun(duration: .milliseconds(42))
        run.plan.requestsPerConnection = limit
        run.pipeline = pipeline
        run.world.answerAll(after: .milliseconds(1))
        let result = try run.result(ClosedPacing())
        let requests = Int(result.tally.succeeded)
        #expect(result.tally.errors.total == 0)
        #expect(requests == run.world.requests)
        #expect(requests >= 42)
        // The connection that was there when the window ended has not used up its share.
        #expect(result.connectionsOpened == (requests + limit - 1) / limit)
    }

    @Test("the server's close after an answer is obeyed and is no error")
    func serverCloses() throws {
        let run = WorldRun(duration: .milliseconds(20))
        run.world.answer = { _, _ in
            [
                .send(WireText.closing, after: .milliseconds(1)),
                .close(after: .milliseconds(1)),
            ]
        }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 20)
        #expect(result.tally.errors.total == 0)
        #expect(result.connectionsOpened == 20)
    }

    @Test("what was pipelined behind a last answer is sent again and keeps its start")
    func unprocessed() throws {
        var run = WorldRun(duration: .milliseconds(40))
        run.pipeline = 4
        // Two answers a connection, 1 ms apart; what came behind them is never looked at.
        var seen: [Int: Int] = [:]
        run.world.answer = { connection, _ in
            seen[connection, default: 0] += 1
            switch seen[connection]! {
            case 1: return [.send(WireText.ok, after: .milliseconds(1))]
            case 2:
                return [
                    .send(WireText.closing, after: .milliseconds(2)),
                    .close(after: .milliseconds(2)),
                ]
            default: return []
            }
        }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.errors.total == 0, "\(result.tally.errors)")
        // Two in 2 ms, and the four that are under way at the end.
        #expect((40...46).contains(result.tally.succeeded), "\(result.tally.succeeded)")
        #expect(result.tally.response.totalCount == result.tally.succeeded)
        // The fourth of a run is answered by the second connection.
        #expect(result.tally.response.max == .milliseconds(4))
    }

    @Test("what waits for a connection that can't be made runs out of time")
    func unprocessedForEver() throws {
        var run = WorldRun(duration: .milliseconds(50))
        run.pipeline = 3
        run.plan.timeout = .milliseconds(100)
        let begin = run.start
        run.world.welcome = { number, _ in number == 0 ? .accepted : .refused }
        var count = 0
        run.world.answer = { _, _ in
            count += 1
            return count == 1 ? [.send(WireText.closing, after: .milliseconds(1))] : []
        }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 1)
        #expect(result.tally.errors.timeout == 2 && result.tally.errors.read == 0)
        #expect(result.tally.response.max > .milliseconds(100))
        #expect(run.world.now <= begin + .milliseconds(125))
    }

    @Test("an answer that ends with the connection counts")
    func untilClose() throws {
        let run = WorldRun(duration: .milliseconds(20))
        run.world.answer = { _, _ in
            [
                .send(WireText.untilClose, after: .milliseconds(1)),
                .close(after: .milliseconds(2)),
            ]
        }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 10)
        #expect(result.tally.errors.total == 0)
        #expect(result.tally.response.min == .milliseconds(2))
    }

    @Test("an answer means the same wherever the network cuts it")
    func cutAnywhere() throws {
        for text in [WireText.ok, WireText.chunked] {
            for cut in 1..<text.count {
                let run = WorldRun(duration: .milliseconds(10))
                run.world.answer = { _, _ in
                    [
                        .send(Array(text[..<cut]), after: .milliseconds(1)),
                        .send(Array(text[cut...]), after: .milliseconds(2)),
                    ]
                }
                let result = try run.result(ClosedPacing())
                #expect(result.tally.succeeded == 5, "cut at \(cut)")
                #expect(result.tally.errors.total == 0, "cut at \(cut)")
                #expect(result.tally.response.min == .milliseconds(2), "cut at \(cut)")
                #expect(result.tally.bodyBytes == 25, "cut at \(cut)")
            }
        }
    }

    @Test(
        "pipelined answers in one read, one byte or odd pieces a read",
        arguments: [1, 7, 50, 1_000])
    func pieces(limit: Int) throws {
        var run = WorldRun(duration: .milliseconds(5))
        run.pipeline = 3
        run.world.receiveLimit = limit
        run.world.answerAll(after: .milliseconds(1))
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 15)
        #expect(result.tally.errors.total == 0)
    }

    @Test("requests leave whole through any send buffer", arguments: [1, 5, 27, 28, 40])
    func shortWrites(limit: Int) throws {
        var run = WorldRun(duration: .milliseconds(5))
        run.pipeline = 3
        run.world.sendLimit = limit
        run.world.answerAll(after: .milliseconds(1))
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 15)
        #expect(run.world.requests == 15)
    }

    @Test("a full send buffer is waited for")
    func fullBuffer() throws {
        let run = WorldRun(duration: .milliseconds(100))
        let begin = run.start
        // Full in every second millisecond.
        run.world.nextRoom = { at in
            let passed = at.since(begin).raw / 1_000_000
            return passed % 2 == 1 ? at : begin + .milliseconds(Int(passed) + 1)
        }
        run.world.answerAll(after: .milliseconds(1))
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded > 0)
        #expect(result.tally.errors.total == 0)
        #expect(UInt64(run.world.requests) == result.tally.succeeded)
    }

    @Test("answers with an error status are failures apart from the latencies")
    func statuses() throws {
        let run = WorldRun(duration: .milliseconds(30))
        var count = 0
        run.world.answer = { _, _ in
            count += 1
            let text = [WireText.ok, WireText.notFound, WireText.unavailable][count % 3]
            return [.send(text, after: .milliseconds(1))]
        }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded == 10)
        #expect(result.tally.statuses[2] == 10)
        #expect(result.tally.statuses[4] == 10)
        #expect(result.tally.statuses[5] == 10)
        #expect(result.tally.errors.status == 20)
        #expect(result.tally.response.totalCount == 10)
        #expect(result.tally.refused.totalCount == 20)
    }

    @Test("a status beyond all classes counts as one of the server's failures")
    func beyond() throws {
        let run = WorldRun(duration: .milliseconds(10))
        run.world.answerAll(WireText.beyond, after: .milliseconds(1))
        let result = try run.result(ClosedPacing())
        #expect(result.tally.statuses[5] == 10 && result.tally.errors.status == 10)
    }

    @Test("a stop ends the run early with what there is")
    func stop() throws {
        let run = WorldRun(duration: .seconds(100))
        let (world, control) = (run.world, run.control)
        let begin = run.start
        world.answer = { _, at in
            if at.since(begin) >= .seconds(1) { control.stop() }
            return [.send(WireText.ok, after: .milliseconds(1))]
        }
        let result = try run.result(ClosedPacing())
        #expect(result.window.duration >= .seconds(1))
        #expect(result.window.duration <= .milliseconds(1_050))
        #expect(result.tally.succeeded == UInt64(world.requests))
        #expect(result.tally.errors.total == 0)
    }

    @Test("a stop during the warm-up leaves an empty result")
    func stopInWarmUp() throws {
        let run = WorldRun(warmUp: .seconds(10), duration: .seconds(10))
        run.world.answerAll(after: .milliseconds(1))
        run.control.stop()
        run.control.begin(at: run.start)
        #expect(try run.runOnceTold(ClosedPacing()) == nil, "stopped while connecting")

        let later = WorldRun(warmUp: .seconds(10), duration: .seconds(10))
        let control = later.control
        later.world.answer = { _, _ in
            control.stop()
            return [.send(WireText.ok, after: .milliseconds(1))]
        }
        let result = try later.result(ClosedPacing())
        #expect(result.tally.succeeded == 0 && result.window.duration == .zero)
    }

    @Test("counts handed over while running add up to the whole")
    func collection() throws {
        let run = WorldRun(connections: 2, duration: .seconds(1))
        let (world, control) = (run.world, run.control)
        world.answerAll(after: .milliseconds(1))
        var collected = LoadTally()
        var hands: Set<UInt64> = []
        world.answer = { _, _ in
            control.askForCounts()
            control.collect(into: &collected)
            hands.insert(collected.succeeded)
            return [.send(WireText.ok, after: .milliseconds(1))]
        }
        let result = try run.result(ClosedPacing())
        control.collect(into: &collected)
        collected.add(result.tally)
        #expect(hands.count > 10)
        #expect(collected.succeeded == 2_000)
        #expect(collected.response.totalCount == 2_000)
        #expect(result.rates.count == Limit.rateBins)
        #expect(result.rates.allSatisfy { abs($0.succeeded - 2_000) < 400 }, "\(result.rates)")
    }
}
