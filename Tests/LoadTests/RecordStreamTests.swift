import Basis
import Platform
import Report
import Secure
import Testing

@testable import Load
@testable import Measure

/// The seam of transports, by one that cuts and withholds records.
@Suite("A stream of records")
struct RecordStreamTests {
    /// A run and the server in front of it.
    struct Stage {
        var run: WorldRun
        let server: RecordServer
        var context = RecordStream.Context()

        init(connections: Int = 1, duration: Nanoseconds) {
            run = WorldRun(connections: connections, duration: duration)
            server = RecordServer(run.world)
        }

        func result<Pace: Pacing>(_ pacing: Pace = ClosedPacing()) throws -> GeneratorResult {
            run.control.begin(at: run.start)
            return try run.run(pacing, over: RecordStream.self, context, run.http1).unwrapped()
        }
    }

    /// A record ends at every position of an answer; a receive of the kernel brings any part of
    /// one record or many of them.
    @Test("answers come whole wherever records are cut", arguments: 1...WireText.ok.count)
    func cuts(recordBytes: Int) throws {
        for kernelBytes in [1, 5, 64, 16_384] {
            var stage = Stage(connections: 2, duration: .milliseconds(3))
            stage.run.pipeline = 3
            stage.run.plan.timeout = .milliseconds(50)
            stage.server.recordBytes = recordBytes
            stage.context.kernelBytes = kernelBytes
            let result = try stage.result()
            #expect(result.tally.succeeded == 18 && result.tally.errors.total == 0)
            // A poll takes a microsecond.
            let slowest = result.tally.response.max
            #expect(slowest < .microseconds(1_300), "\(kernelBytes): \(slowest)")
        }
    }

    @Test(
        "what is held of a long head outlives receives that bring nothing",
        arguments: [100, 3_000, 6_000], [50, 999, 7_000])
    func held(recordBytes: Int, pieceBytes: Int) throws {
        let stage = Stage(duration: .milliseconds(100))
        stage.server.recordBytes = recordBytes
        stage.server.pieceBytes = pieceBytes
        let field = "X: " + String(repeating: "y", count: 9_000)
        stage.server.answer = { _ in
            Array("HTTP/1.1 200 OK\r\n\(field)\r\nContent-Length: 2\r\n\r\nok".utf8)
        }
        let result = try stage.result()
        #expect(result.tally.succeeded > 1 && result.tally.errors.total == 0)
        #expect(result.tally.bodyBytes == 2 * result.tally.succeeded)
    }

    @Test("requests go whole however little the kernel takes", arguments: 1...40)
    func sends(limit: Int) throws {
        for recordBytes in [1, 10, 16_384] {
            var stage = Stage(connections: 2, duration: .milliseconds(10))
            stage.run.pipeline = 2
            stage.run.world.sendLimit = limit
            stage.context.recordBytes = recordBytes
            // For half of the time there is no room at all.
            stage.run.world.nextRoom = {
                Instant(raw: $0.raw / 200_000 % 2 == 0 ? $0.raw : ($0.raw / 200_000 + 1) * 200_000)
            }
            stage.run.world.sendTime = .microseconds(7)
            let result = try stage.result()
            #expect(result.tally.succeeded > 0 && result.tally.errors.total == 0)
            #expect(stage.server.wasToldRequests)
            #expect(Int(result.tally.succeeded) == stage.server.requests)
        }
    }

    @Test("an opening that waits for room, then for bytes, then for room again is gone on with")
    func openings() throws {
        let stage = Stage(connections: 3, duration: .milliseconds(20))
        let begin = stage.run.start
        // No room before 1 ms, then until 3 ms.
        stage.run.world.nextRoom = {
            let at = $0.since(begin)
            if at < .milliseconds(1) { return begin + .milliseconds(1) }
            if at > .milliseconds(1), at < .milliseconds(3) { return begin + .milliseconds(3) }
            return $0
        }
        stage.server.openingTime = .milliseconds(1)
        let control = stage.run.control
        stage.run.world.onWait = { if $0.since(begin) > .seconds(1) { control.stop() } }
        let result = try stage.result()
        #expect(result.tally.succeeded > 3 * 10 && result.tally.errors.total == 0)
        #expect(result.connectionsOpened == 3)
    }

    @Test("what came with the end of the opening is received", arguments: 1...20)
    func behindTheOpening(recordBytes: Int) throws {
        let stage = Stage(duration: .milliseconds(100))
        stage.server.recordBytes = recordBytes
        stage.server.greeting = WireText.unavailable
        let result = try stage.result()
        // Nobody had asked: it is told at once, and not taken for the answer to the first request.
        let note = result.firstFailure
        let reason = "the server sent what no request had asked for"
        #expect(try #require(note).failure.reason == reason)
        #expect(result.tally.errors.protocolViolation > 0)
        #expect(result.tally.succeeded == 0 && result.tally.errors.timeout == 0)
    }

    @Test("who has many records waiting keeps nobody else waiting")
    func fairness() throws {
        var stage = Stage(connections: 2, duration: .milliseconds(5))
        let log = ReceiveLog()
        stage.context.log = log
        stage.server.recordBytes = 1
        _ = try stage.result()
        // Both answers lie in the streams whole; each receive brings a byte of one.
        let turns = log.numbers.prefix(2 * WireText.ok.count)
        #expect(turns.count == 2 * WireText.ok.count)
        for pair in stride(from: 0, to: turns.count, by: 2) {
            #expect(Set(turns[pair..<pair + 2]) == [0, 1], "at \(pair)")
        }
    }

    @Test("a due request does not wait for records", arguments: [1, 50])
    func dueSends(recordBytes: Int) throws {
        var stage = Stage(connections: 8, duration: .milliseconds(50))
        let (log, world) = (ReceiveLog(), stage.run.world)
        stage.context.log = log
        stage.server.recordBytes = recordBytes
        stage.server.delay = .zero
        stage.server.answer = { _ in
            Array("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n".utf8)
                + [UInt8](repeating: 0x61, count: 2_000)
        }
        // The time that passes is that of polls between receives.
        let result = try stage.result(ConstantPacing(rate: PerSecond(raw: 1_000), phase: 0.5))
        #expect(result.tally.errors.total == 0 && result.tally.succeeded == 50)
        #expect(result.tally.lateness.max <= .microseconds(20), "\(result.tally.lateness.max)")
        #expect(world.open == 8)
    }

    @Test(
        "early bytes are sent once: with the opening if they are accepted, else behind it",
        arguments: [0, 1, 30, 1_000], [false, true])
    func early(room: Int, isAccepted: Bool) throws {
        for (pipeline, isOpen) in [(1, false), (4, false), (1, true)] {
            var stage = Stage(connections: 2, duration: .milliseconds(60))
            stage.run.pipeline = pipeline
            stage.run.plan.requestsPerConnection = 5
            stage.context.earlyBytes = room
            stage.server.acceptsEarly = isAccepted
            stage.server.openingTime = .milliseconds(2)
            let result =
                isOpen
                ? try stage.result(ConstantPacing(rate: PerSecond(raw: 2_000), phase: 0))
                : try stage.result()
            #expect(result.tally.errors.total == 0)
            #expect(result.connectionsOpened > 4)
            #expect(stage.server.wasToldRequests)
            #expect(Int(result.tally.succeeded) == stage.server.requests)
            #expect(room > 0 || stage.server.early == 0)
            if isOpen { continue }
            #expect(room == 0 || stage.server.early > 0)
            // An accepted request is answered before the opening would have been done, and one
            // that was offered in vain has waited for it.
            let isWhole = isAccepted && room >= pipeline * WireText.request.count
            let longest: Nanoseconds = .milliseconds(room == 0 ? 1 : isWhole ? 2 : 3)
            let slowest = result.tally.response.max
            #expect(slowest >= longest && slowest < longest + .microseconds(10), "\(slowest)")
        }
    }

    /// An answer of status 425 (RFC 8470 §5.2).
    private static func tooEarly(closes: Bool) -> [UInt8] {
        let close = closes ? "Connection: close\r\n" : ""
        return Array("HTTP/1.1 425 Too Early\r\n\(close)Content-Length: 0\r\n\r\n".utf8)
    }

    @Test(
        "a request that the server calls too early is asked again, and not early",
        arguments: [1, 2, 5], [false, true])
    func tooEarly(requests: Int, closes: Bool) throws {
        for isOpen in [false, true] {
            var stage = Stage(connections: 2, duration: .milliseconds(60))
            stage.run.plan.requestsPerConnection = requests
            stage.context.earlyBytes = 1_000
            stage.server.acceptsEarly = true
            stage.server.openingTime = .milliseconds(2)
            stage.server.earlyAnswer = Self.tooEarly(closes: closes)
            let result =
                isOpen
                ? try stage.result(ConstantPacing(rate: PerSecond(raw: 500), phase: 0))
                : try stage.result()
            #expect(result.tally.errors.total == 0 && result.tally.succeeded > 10)
            #expect(result.handshakes.tooEarly > 0 || isOpen)
            #expect(stage.server.early >= result.handshakes.tooEarly)
            // Each refused one was told twice.
            #expect(
                Int(result.tally.succeeded) + result.handshakes.tooEarly == stage.server.requests)
        }
    }

    @Test("status 425 of a request that was not early is an answer like others")
    func notEarly() throws {
        let stage = Stage(connections: 2, duration: .milliseconds(60))
        stage.server.answer = { _ in Self.tooEarly(closes: false) }
        let result = try stage.result()
        #expect(result.tally.succeeded == 0 && result.tally.errors.status > 10)
        #expect(result.handshakes.tooEarly == 0)
    }

    @Test("a connection that went early stays until its ticket has come, or long enough")
    func ticket() throws {
        for delay in [Nanoseconds.milliseconds(3), nil] {
            let log = ReceiveLog()
            var stage = Stage(connections: 2, duration: .milliseconds(400))
            stage.run.plan.requestsPerConnection = 1
            stage.run.plan.timeout = .milliseconds(100)
            stage.context.earlyBytes = 1_000
            stage.context.wantsTicket = true
            stage.context.log = log
            stage.server.acceptsEarly = true
            stage.server.ticketDelay = delay
            let result = try stage.result()
            #expect(result.tally.errors.total == 0)
            #expect(result.tally.succeeded >= (delay == nil ? 4 : 100))
            // Two may be open at the end.
            #expect(delay == nil || log.ends.without <= 2, "\(log.ends)")
            #expect(delay != nil || log.ends.with == 0)
        }
    }

    @Test("every call that opens may fail: early requests are begun again", arguments: [1, 3])
    func anyCallFails(pipeline: Int) throws {
        var failing = 1
        while true {
            var stage = Stage(connections: 2, duration: .milliseconds(20))
            stage.run.pipeline = pipeline
            stage.run.plan.requestsPerConnection = 4
            stage.run.plan.timeout = .milliseconds(100)
            stage.run.world.failingCall = failing
            stage.context.earlyBytes = 1_000
            stage.server.acceptsEarly = true
            let result = try stage.result()
            #expect(result.tally.errors.total <= UInt64(pipeline), "call \(failing)")
            #expect(result.tally.succeeded > 0, "call \(failing)")
            if stage.run.world.calls < failing { break }
            failing += 1
        }
        #expect(failing > 60)
    }
}
