import Basis
import Platform
import Secure
import Testing

@testable import Load

/// What the generator asks of the kernel when its writes are cut, corked or acknowledged at once.
@Suite("writes of a shape")
struct WriteShapeTests {
    private static let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
    private static let request = Array((head + "123456789").utf8)

    private static func manner(
        _ shape: WriteShape, corks: Bool = false, acknowledges: Bool = false
    ) -> Transmission {
        var manner = Transmission()
        (manner.shape, manner.corks, manner.acknowledgesAtOnce) = (shape, corks, acknowledges)
        return manner
    }

    private static func ends(_ shape: WriteShape) -> [Int] {
        let count = request.count
        switch shape {
        case .one: return [count]
        case .headThenBody: return [head.utf8.count, count]
        case .trickle:
            var ends = [0]
            for left in [4, 3, 2, 1] {
                ends.append(ends.last! + (count - ends.last! + left - 1) / left)
            }
            return Array(ends.dropFirst())
        }
    }

    /// A run whose peer answers whole requests, and must be told nothing else.
    private static func run(
        _ manner: Transmission, pipeline: Int = 1, _ change: (VirtualWorld) -> Void = { _ in }
    ) throws -> Outcome {
        var run = WorldRun(connections: 2, duration: .milliseconds(20))
        run.plan.timeout = .milliseconds(50)
        run.plan.transmission = manner
        let heard = Heard()
        run.world.hear = { connection, bytes, _ in
            let before = heard.told[connection, default: []].count / request.count
            heard.told[connection, default: []] += bytes
            let after = heard.told[connection, default: []].count / request.count
            return (before..<after).map { _ in .send(WireText.ok, after: .milliseconds(1)) }
        }
        change(run.world)
        run.control.begin(at: run.start)
        let client = HTTP1Client(request: request, answersHead: false, pipeline: pipeline)
        var outcome = Outcome(world: run.world)
        if let result = try run.run(
            ClosedPacing(), over: PlainStream.self, PlainStream.Context(), client)
        {
            outcome.succeeded = Int(result.tally.succeeded)
            outcome.errors = Int(result.tally.errors.total)
        }
        outcome.told = heard.told
        return outcome
    }

    /// What became of a run; no successes where it had no result.
    private struct Outcome {
        let world: VirtualWorld
        var succeeded = 0
        var errors = 0
        var told: [Int: [UInt8]] = [:]
    }

    private final class Heard {
        var told: [Int: [UInt8]] = [:]
    }

    private static func isRequests(_ told: [Int: [UInt8]]) -> Bool {
        told.values.allSatisfy { bytes in
            bytes.enumerated().allSatisfy { $0.element == request[$0.offset % request.count] }
        }
    }

    @Test(
        "a request leaves in the pieces that were asked for", arguments: WriteShape.allCases,
        [false, true])
    func pieces(shape: WriteShape, isAll: Bool) throws {
        let run = try Self.run(Self.manner(shape, corks: isAll, acknowledges: isAll))
        #expect(run.succeeded > 10 && run.errors == 0)
        #expect(Self.isRequests(run.told))
        var sizes: [Int] = []
        var end = 0
        for border in Self.ends(shape) {
            sizes.append(border - end)
            end = border
        }
        let writes = sizes.map { VirtualWorld.Step.sent($0, taken: $0) }
        let flush: [VirtualWorld.Step] =
            isAll ? [.option(.cork, true)] + writes + [.option(.cork, false)] : writes
        let receipt: [VirtualWorld.Step] =
            isAll ? [.option(.quickAck, true), .received] : [.received]
        var rest = run.world.steps[...]
        while !rest.isEmpty {
            let next = rest.starts(with: flush) ? flush : receipt
            #expect(rest.starts(with: next), "\(rest.prefix(8))")
            if !rest.starts(with: next) { return }
            rest = rest.dropFirst(next.count)
        }
    }

    @Test(
        "requests go whole however little the kernel takes, and no write leaves its piece",
        arguments: WriteShape.allCases, [1, 2, 5, 17, 40])
    func shortWrites(shape: WriteShape, limit: Int) throws {
        for isFull in [false, true] {
            let run = try Self.run(Self.manner(shape, corks: isFull)) { world in
                world.sendLimit = limit
                world.sendTime = .microseconds(7)
                // For half of the time there is no room at all.
                if isFull {
                    world.nextRoom = {
                        let turn = $0.raw / 100_000
                        return turn % 2 == 0 ? $0 : Instant(raw: (turn + 1) * 100_000)
                    }
                }
            }
            #expect(run.succeeded > 2 && run.errors == 0)
            #expect(Self.isRequests(run.told))
            // What is offered never goes beyond the end of its piece.
            let longest = zip([0] + Self.ends(shape), Self.ends(shape)).map { $1 - $0 }.max()!
            for case .sent(let offered, _) in run.world.steps { #expect(offered <= longest) }
        }
    }

    @Test("pipelined requests are one flush, cut once", arguments: WriteShape.allCases)
    func pipelined(shape: WriteShape) throws {
        let run = try Self.run(Self.manner(shape), pipeline: 3)
        #expect(run.succeeded > 10 && run.errors == 0)
        #expect(Self.isRequests(run.told))
        let first = run.world.steps.compactMap {
            if case .sent(let count, _) = $0 { count } else { nil }
        }
        let all = 3 * Self.request.count
        switch shape {
        case .one: #expect(first.first == all)
        case .headThenBody:
            #expect(Array(first.prefix(2)) == [Self.head.utf8.count, all - Self.head.utf8.count])
        case .trickle: #expect(first.prefix(4).reduce(0, +) == all)
        }
    }

    @Test("any call may fail: the request is lost, and no byte is sent twice")
    func failures() throws {
        let manner = Self.manner(.trickle, corks: true, acknowledges: true)
        var hasRun = false
        for call in 1...120 {
            let run = try Self.run(manner) { $0.failingCall = call }
            // Before the start a failure ends the run.
            #expect(run.errors <= 1, "call \(call)")
            hasRun = hasRun || run.succeeded > 0
            #expect(run.succeeded > 0 || !hasRun, "call \(call)")
            #expect(Self.isRequests(run.told), "call \(call)")
        }
    }

    @Test(
        "over records too, each piece is a record of its own", arguments: WriteShape.allCases,
        [1, 9, 16_384])
    func records(shape: WriteShape, limit: Int) throws {
        var stage = RecordStreamTests.Stage(connections: 2, duration: .milliseconds(20))
        stage.run.plan.transmission = Self.manner(shape, corks: true, acknowledges: true)
        stage.run.world.sendLimit = limit
        stage.run.world.sendTime = .microseconds(7)
        stage.run.world.nextRoom = {
            let turn = $0.raw / 100_000
            return turn % 2 == 0 ? $0 : Instant(raw: (turn + 1) * 100_000)
        }
        let result = try stage.result()
        #expect(result.tally.succeeded > 0 && result.tally.errors.total == 0)
        #expect(stage.server.wasToldRequests)
        #expect(Int(result.tally.succeeded) == stage.server.requests)
        let records = shape == .trickle ? 4 : 1
        #expect(stage.server.records == records * stage.server.requests)
    }
}
