import Basis
import Platform
import Report
import Secure
import Testing

@testable import Load
@testable import Measure

/// The seam of protocols, by one that uses all of it.
@Suite("Sessions")
struct SessionTests {
    /// A run, its server, and the sessions of its client.
    struct Stage {
        var run: WorldRun
        let server: FrameServer
        let census = SessionCensus()
        var capacity = 4
        var keepAlive: Nanoseconds?

        init(connections: Int = 1, warmUp: Nanoseconds = .zero, duration: Nanoseconds) {
            run = WorldRun(connections: connections, warmUp: warmUp, duration: duration)
            server = FrameServer(run.world)
            server.onRequest = { _, number, _ in [FrameServer.answer(number)] }
        }

        func result<Pace: Pacing>(_ pacing: Pace = ClosedPacing()) throws -> GeneratorResult {
            // As the coordinator does it, the load begins when every connection has stood for a
            // while.
            run.control.begin(at: run.start + .milliseconds(5))
            return try run.run(
                pacing, over: PlainStream.self, PlainStream.Context(),
                FrameClient(capacity: capacity, census: census, keepAlive: keepAlive)
            ).unwrapped()
        }
    }

    @Test("what the peer waits for is sent when no request begins")
    func unasked() throws {
        let stage = Stage(connections: 2, duration: .milliseconds(20))
        let begin = stage.run.start
        stage.server.onPreface = { _, _ in
            [.send(Frame.bytes(Frame.ping, 7), after: .milliseconds(2))]
        }
        // Nothing is ever due.
        let pacing = ConstantPacing(rate: PerSecond(raw: 1), phase: 0.9)
        _ = try stage.result(pacing)
        let heard = stage.server.heard.filter { $0.connection == 0 }
        #expect(heard.map(\.kind) == [Frame.preface, Frame.acknowledgement, Frame.pong])
        #expect(heard.map { $0.at.since(begin) } == [.zero, .zero, .milliseconds(2)])
    }

    @Test("a session goes on wherever the bytes are cut", arguments: 1...12)
    func cuts(piece: Int) throws {
        for limit in [(piece, Int.max), (Int.max, piece), (piece, piece)] {
            let stage = Stage(connections: 2, duration: .milliseconds(20))
            (stage.run.world.receiveLimit, stage.run.world.sendLimit) = limit
            stage.server.onRequest = { _, number, _ in
                [
                    .send(Frame.bytes(Frame.part, number, [1, 2, 3]), after: .milliseconds(1)),
                    .send(Frame.bytes(Frame.ping), after: .milliseconds(1)),
                    FrameServer.answer(number),
                ]
            }
            let result = try stage.result()
            #expect(result.tally.succeeded == 160 && result.tally.errors.total == 0, "\(limit)")
            #expect(result.tally.bodyBytes == 480 && result.tally.firstPart.totalCount == 160)
            #expect(stage.server.count(Frame.pong) == 160, "\(limit)")
        }
    }

    @Test("messages that are due at times are held against these")
    func schedule() throws {
        var stage = Stage(connections: 1, duration: .milliseconds(40))
        stage.capacity = 1
        stage.run.plan.messageInterval = .milliseconds(10)
        stage.server.onRequest = { _, number, _ in
            [(0, 2), (1, 13), (2, 21), (3, 29)].map { message, at in
                .send(Frame.bytes(Frame.part, number, [message]), after: .milliseconds(at))
            } + [.send(Frame.bytes(Frame.answer, number, [0]), after: .milliseconds(40))]
        }
        let result = try stage.result()
        #expect(result.tally.eventDelay.totalCount == 4)
        #expect(result.tally.eventDelay.max == .milliseconds(3))
        // One that comes too early is not late.
        #expect(result.tally.eventDelay.min == .zero)
    }

    /// Every frame in two pieces with time between, at every position.
    @Test("a pause may lie anywhere in a frame", arguments: 0...8)
    func pauses(cut: Int) throws {
        let stage = Stage(duration: .milliseconds(20))
        stage.server.onRequest = { _, number, _ in
            let bytes =
                Frame.bytes(Frame.part, number, [9]) + Frame.bytes(Frame.answer, number, [0])
            return [
                .send(Array(bytes[..<cut]), after: .milliseconds(1)),
                .send(Array(bytes[cut...]), after: .milliseconds(2)),
            ].filter { if case .send(let bytes, _) = $0 { !bytes.isEmpty } else { true } }
        }
        let result = try stage.result()
        #expect(result.tally.succeeded > 0 && result.tally.errors.total == 0)
        #expect(result.tally.firstPart.totalCount == result.tally.succeeded)
        #expect(result.tally.partGap.totalCount == 0)
    }

    @Test("no more are under way than the peer allows, and nothing before it has said so")
    func room() throws {
        let stage = Stage(duration: .milliseconds(40))
        stage.server.allowed = 2
        let begin = stage.run.start
        var (sent, mostEarly, mostLate) = ([Instant](), 0, 0)
        stage.server.onPreface = { _, _ in
            [.send(Frame.bytes(Frame.settings, 3), after: .milliseconds(25))]
        }
        stage.server.onRequest = { _, number, at in
            sent.append(at)
            let underWay = sent.count { at.since($0) < .milliseconds(1) }
            if at.since(begin) < .milliseconds(25) { mostEarly = max(mostEarly, underWay) }
            if at.since(begin) > .milliseconds(26) { mostLate = max(mostLate, underWay) }
            return [FrameServer.answer(number)]
        }
        let result = try stage.result()
        #expect(mostEarly == 2 && mostLate == 3)
        #expect(result.tally.errors.total == 0)
        #expect(stage.server.heard[0].kind == Frame.preface)

        // A peer that never agrees to anything gets nothing.
        let silent = Stage(duration: .milliseconds(20))
        silent.server.allowed = 0
        #expect(try silent.result().tally.succeeded == 0)
        #expect(silent.server.count(Frame.request) == 0)
    }

    @Test("first parts and gaps have times of their own, of the window's requests alone")
    func parts() throws {
        let stage = Stage(connections: 3, warmUp: .milliseconds(16), duration: .milliseconds(32))
        stage.server.onRequest = { _, number, _ in
            [1, 3, 7].map { at in
                .send(Frame.bytes(Frame.part, number, [1, 2]), after: .milliseconds(at))
            } + [FrameServer.answer(number, after: .milliseconds(8))]
        }
        var one = stage
        one.capacity = 1
        let tally = try one.result().takenTally()
        #expect(tally.succeeded == 3 * 4 && tally.response.max == .milliseconds(8))
        #expect(tally.firstPart.totalCount == 3 * 4 && tally.partGap.totalCount == 3 * 4 * 2)
        #expect(tally.firstPart.min == .milliseconds(1) && tally.firstPart.max == .milliseconds(1))
        #expect(tally.partGap.min == .milliseconds(2) && tally.partGap.max == .milliseconds(4))
        #expect(tally.bodyBytes == 3 * 4 * 6)
        #expect(tally.warmUpAnswers == 3 * 2)
    }

    @Test("a request that the peer refused is sent again and keeps its time", arguments: [1, 3])
    func refused(connections: Int) throws {
        for isOpen in [false, true] {
            let stage = Stage(connections: connections, duration: .milliseconds(100))
            var refused = 0
            stage.server.onRequest = { _, number, _ in
                if number.isMultiple(of: 3) {
                    refused += 1
                    return [.send(Frame.bytes(Frame.refused, number), after: .milliseconds(1))]
                }
                return [FrameServer.answer(number)]
            }
            var one = stage
            one.capacity = 1
            let tally =
                isOpen
                ? try one.result(ConstantPacing(rate: PerSecond(raw: 200), phase: 0)).takenTally()
                : try one.result().takenTally()
            #expect(refused > 5 && tally.errors.total == 0)
            #expect(Int(tally.succeeded) == stage.server.count(Frame.request) - refused)
            #expect(
                tally.response.max == .milliseconds(2) && tally.response.min == .milliseconds(1))
            if isOpen { #expect(tally.lateness.totalCount == tally.succeeded) }
        }
    }

    @Test("a request that is lost for good is an error of reading, the connection goes on")
    func reset() throws {
        let stage = Stage(duration: .milliseconds(50))
        stage.server.onRequest = { _, number, _ in
            number.isMultiple(of: 4)
                ? [.send(Frame.bytes(Frame.reset, number), after: .milliseconds(1))]
                : [FrameServer.answer(number)]
        }
        let result = try stage.result()
        let requests = UInt64(stage.server.count(Frame.request))
        #expect(result.tally.errors.read == requests / 4)
        #expect(result.tally.errors.total == requests / 4)
        #expect(result.tally.succeeded == requests - requests / 4)
        #expect(result.connectionsOpened == 1)
        let note = result.firstFailure
        #expect(try #require(note).failure.reason == "the server gave up a request")
    }

    @Test("a peer that refuses for ever ends in timeouts", arguments: [1, 2])
    func refusedForEver(connections: Int) throws {
        let stage = Stage(connections: connections, duration: .milliseconds(100))
        var impatient = stage
        impatient.run.plan.timeout = .milliseconds(30)
        stage.server.onRequest = { _, number, _ in
            [.send(Frame.bytes(Frame.refused, number), after: .milliseconds(10))]
        }
        let result = try impatient.result()
        #expect(result.tally.succeeded == 0 && result.tally.errors.timeout > 0)
        #expect(result.tally.errors.total == result.tally.errors.timeout)
        #expect(result.tally.response.max <= .milliseconds(45))
        #expect(stage.census.living == 0)
    }

    @Test("after the peer's last word nothing begins, what is under way ends", arguments: [1, 3])
    func goAway(connections: Int) throws {
        for isOpen in [false, true] {
            let stage = Stage(connections: connections, duration: .milliseconds(100))
            var last: [Int: UInt8] = [:]
            stage.server.onRequest = { connection, number, _ in
                #expect(last[connection] == nil || number <= last[connection]! + 2)
                // Of what is under way, the two before the last frame are processed.
                if number == 10 {
                    last[connection] = number
                    return [.send(Frame.bytes(Frame.goAway, 10), after: .microseconds(500))]
                        + [FrameServer.answer(number, after: .milliseconds(2))]
                }
                return number > 10 ? [] : [FrameServer.answer(number)]
            }
            let result =
                isOpen
                ? try stage.result(ConstantPacing(rate: PerSecond(raw: 2_000), phase: 0))
                : try stage.result()
            let tally = result.tally.succeeded
            #expect(result.tally.errors.total == 0)
            #expect(tally > 100 && result.connectionsOpened > connections)
            #expect(result.connectionsOpened >= Int(tally) / 10)
            #expect(result.tally.response.max <= .milliseconds(8))
            #expect(stage.census.most <= connections + 1)
            #expect(stage.census.living == 0)
        }
    }

    @Test("a peer that is never of use does not make the engine spin")
    func goAwayAtOnce() throws {
        let stage = Stage(duration: .seconds(1))
        stage.server.onPreface = { _, _ in [.send(Frame.bytes(Frame.goAway), after: .zero)] }
        #expect(try stage.result().tally.succeeded == 0)
        #expect(stage.run.world.connects.count <= 102)
    }

    @Test("a session is woken in time, with and without requests", arguments: [0.0, 500])
    func deadlines(rate: Double) throws {
        var stage = Stage(connections: 3, duration: .milliseconds(100))
        stage.keepAlive = .milliseconds(10)
        let begin = stage.run.start
        let result = try stage.result(
            ConstantPacing(rate: PerSecond(raw: max(rate, 0.1)), phase: 0.5))
        #expect(Double(result.tally.succeeded) == rate / 10)
        for connection in 0..<3 {
            let times = stage.server.heard.filter {
                $0.connection == connection && $0.kind == Frame.keepAlive
            }.map { $0.at.since(begin) }
            #expect((9...11).contains(times.count), "\(times)")
            for (earlier, later) in zip(times, times.dropFirst()) {
                let gap = later - earlier
                #expect(gap >= .milliseconds(10) && gap <= .milliseconds(11), "\(gap)")
            }
        }
    }

    @Test("an outcome has a class for the report and a code of its protocol")
    func outcomes() throws {
        let stage = Stage(duration: .milliseconds(30))
        stage.server.onRequest = { _, number, _ in
            [FrameServer.answer(number, code: number.isMultiple(of: 2) ? 14 : 0)]
        }
        let result = try stage.result()
        #expect(result.tally.statuses[2] == result.tally.statuses[5])
        #expect(result.tally.errors.status == result.tally.statuses[5])
        let note = result.firstFailure
        #expect(try #require(note).failure.reason == "an answer had status 14")
    }

    @Test("the classes of HTTP are those of its statuses")
    func classes() {
        for status in UInt16(100)...999 {
            let outcome = Outcome(status: status)
            #expect(outcome.kind.rawValue == min(status / 100, 5) && outcome.code == status)
            #expect(outcome.kind.isError == (status >= 400))
        }
    }

    @Test("a session ends with its socket, each once", arguments: [1, 7])
    func ends(requests: Int) throws {
        let stage = Stage(connections: 5, duration: .milliseconds(30))
        var brief = stage
        brief.run.plan.requestsPerConnection = requests
        let result = try brief.result()
        #expect(result.tally.errors.total == 0)
        #expect(stage.census.living == 0)
        // Besides those of the sockets, each connection may have one that waits for a socket.
        let surplus = stage.census.ended - result.connectionsOpened
        #expect((0...5).contains(surplus), "\(surplus)")
        #expect(stage.census.most <= 6)
    }

    /// Every call that can fail, failing once: nothing is lost uncounted, and every session ends.
    @Test("the N-th call may fail")
    func anyCallFails() throws {
        var failing = 1
        while true {
            let stage = Stage(connections: 2, duration: .milliseconds(15))
            stage.run.world.failingCall = failing
            stage.server.onRequest = { _, number, _ in
                number == 9
                    ? [.send(Frame.bytes(Frame.goAway, 8), after: .milliseconds(1))]
                    : [FrameServer.answer(number)]
            }
            let result = try stage.result()
            #expect(result.tally.errors.total <= 8, "call \(failing)")
            #expect(result.tally.succeeded > 0, "call \(failing)")
            #expect(stage.census.living == 0, "call \(failing)")
            if stage.run.world.calls < failing { break }
            failing += 1
        }
        #expect(failing > 40)
    }
}

extension GeneratorResult {
    /// What was counted, to be looked at under a short name.
    consuming func takenTally() -> LoadTally {
        var result = self
        return result.takeTally()
    }
}
