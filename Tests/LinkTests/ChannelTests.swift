import Basis
import Testing

@testable import Link

@Suite("channels")
struct ChannelTests {
    private static let start = Instant(raw: 1_000_000_000)

    private static func settings(
        _ roundTrip: Nanoseconds = .milliseconds(20), jitter: Nanoseconds = .zero,
        loss: Double = 0, rate: Int? = nil, queue: Int = 256 * 1_024, seed: UInt64 = 1
    ) -> LinkSettings {
        var settings = LinkSettings(roundTrip: roundTrip)
        settings.jitter = jitter
        settings.loss = loss
        settings.rate = rate
        settings.queue = ByteCount(raw: queue)
        settings.seed = seed
        return settings
    }

    @Test(
        "a packet is due after half of the round trip, and both halves are the whole",
        arguments: [0, 1, 3, 20_000_000, 20_000_001, 10_000_000_000] as [Int64])
    func halves(roundTrip: Int64) {
        let settings = Self.settings(Nanoseconds(raw: roundTrip))
        var sum = Nanoseconds.zero
        for direction in Direction.allCases {
            var channel = Channel(settings, direction)
            guard case .due(let due) = channel.decide(on: 100, at: Self.start) else {
                Issue.record("lost")
                return
            }
            sum = sum + due.since(Self.start)
        }
        #expect(sum.raw == roundTrip)
    }

    @Test(
        "a rate spaces packets by their length, to the nanosecond in the long run",
        arguments: [
            (8_000_000, 1_000, 1_000_000), (100_000_000, 1_500, 120_000),
            (1_000_000_000, 40, 320), (3_000_000, 1, 2_666), (100_000_000_000, 1_500, 120),
        ])
    func spacing(rate: Int, length: Int, gap: Int64) {
        var channel = Channel(Self.settings(.zero, rate: rate), .forth)
        // Three at once, of which the first takes its own time too.
        for index in 1...3 {
            let exact = Int64(index) * Int64(length) * 8_000_000_000 / Int64(rate)
            let due = Self.start + Nanoseconds(raw: exact)
            #expect(channel.decide(on: length, at: Self.start) == .due(due))
            #expect(exact / Int64(index) == gap)
        }
        // The line has long been idle.
        let later = Self.start + .seconds(1)
        #expect(channel.decide(on: length, at: later) == .due(later + Nanoseconds(raw: gap)))
    }

    @Test("what does not fit in front of the rate is dropped, and what fits again is not")
    func queue() {
        // One kilobyte takes a millisecond; four fit.
        var channel = Channel(Self.settings(.zero, rate: 8_000_000, queue: 4_000), .forth)
        for index in 1...4 {
            let due = Self.start + .milliseconds(index)
            #expect(channel.decide(on: 1_000, at: Self.start) == .due(due))
        }
        #expect(channel.decide(on: 1, at: Self.start) == .dropped)
        let later = Self.start + .milliseconds(1)
        #expect(channel.decide(on: 1_001, at: later) == .dropped)
        #expect(channel.decide(on: 1_000, at: later) == .due(Self.start + .milliseconds(5)))
    }

    private static func losses(
        _ settings: LinkSettings, _ direction: Direction, count: Int = 10_000
    ) -> [Int] {
        var channel = Channel(settings, direction)
        return (0..<count).filter { _ in channel.decide(on: 100, at: start) == .lost }
    }

    @Test("the same seed loses the same packets, another seed and the other way lose others")
    func seeds() {
        let settings = Self.settings(loss: 0.01)
        let lost = Self.losses(settings, .forth)
        #expect(lost == Self.losses(settings, .forth))
        #expect(lost != Self.losses(settings, .back))
        #expect(lost != Self.losses(Self.settings(loss: 0.01, seed: 2), .forth))
        // Neither the time nor the jitter nor the rate has a say.
        #expect(lost == Self.losses(Self.settings(.zero, jitter: .seconds(1), loss: 0.01), .forth))
        // Whoever loses at 1 % loses at 2 % too.
        #expect(Set(lost).isSubset(of: Self.losses(Self.settings(loss: 0.02), .forth)))
    }

    @Test(
        "as many are lost as were asked for",
        arguments: [
            (0.0, 0...0), (0.001, 50...150), (0.5, 49_000...51_000), (1.0, 100_000...100_000),
        ])
    func share(loss: Double, expected: ClosedRange<Int>) {
        // Five standard deviations, with a seed for which it is so.
        #expect(
            expected.contains(Self.losses(Self.settings(loss: loss), .forth, count: 100_000).count))
    }

    @Test("jitter is within its bounds, spreads over them, and never lets a packet overtake")
    func jitter() {
        var channel = Channel(Self.settings(jitter: .milliseconds(4)), .forth)
        // So far apart that none waits for the one before it.
        var extras: [Nanoseconds] = []
        for index in 0..<1_000 {
            let now = Self.start + .milliseconds(100 * index)
            guard case .due(let due) = channel.decide(on: 100, at: now) else { continue }
            extras.append(due.since(now) - .milliseconds(10))
        }
        #expect(extras.count == 1_000)
        #expect(extras.allSatisfy { ($0 >= .zero) && $0 <= .milliseconds(4) })
        #expect(extras.contains { $0 < .milliseconds(1) })
        #expect(extras.contains { $0 > .milliseconds(3) })

        var close = Channel(Self.settings(jitter: .milliseconds(4)), .forth)
        var last = Self.start
        for index in 0..<1_000 {
            let now = Self.start + Nanoseconds.microseconds(index)
            guard case .due(let due) = close.decide(on: 100, at: now) else { continue }
            #expect(due >= last && due.since(now) >= .milliseconds(10))
            last = due
        }
    }
}
