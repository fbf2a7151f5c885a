import Basis
import Testing

@testable import Serve

@Suite("lingering")
struct LingeringTests {
    private static let interval = Nanoseconds.seconds(2)

    @Test("a peer that has acknowledged everything is not waited for any more")
    func acknowledged() {
        var lingering = Lingering(at: Instant(raw: 0))
        let end = Instant(raw: 0) + Self.interval
        let verdict = lingering.look(unacknowledged: 0, at: end, interval: Self.interval)
        #expect(verdict == .close)
    }

    @Test("a peer that goes on taking bytes is waited for, one that stops is not")
    func progress() {
        var lingering = Lingering(at: Instant(raw: 0))
        var now = Instant(raw: 0)
        // Ten minutes at 20 kB/s.
        for step in 0..<300 {
            now = now + Self.interval
            let left = 12_000_000 - step * 40_000
            let verdict = lingering.look(
                unacknowledged: left, at: now, interval: Self.interval)
            #expect(verdict == .wait(until: now + Self.interval))
        }
        let stopped = now
        while case .wait(let next) = lingering.look(
            unacknowledged: 40_000, at: now, interval: Self.interval)
        {
            #expect(next > now)
            now = next
        }
        #expect(now.since(stopped) == Limit.writeTime)
    }

    @Test("a drip buys no time, and a burst no long silence")
    func drip() {
        var lingering = Lingering(at: Instant(raw: 0))
        var now = Instant(raw: 0)
        // Four bytes a second.
        while case .wait(let next) = lingering.look(
            unacknowledged: 4_000_000 - Int(now.raw / 250_000_000), at: now,
            interval: .milliseconds(250))
        {
            now = next
        }
        #expect(now < Instant(raw: 0) + Limit.writeTime + Nanoseconds.seconds(1))

        lingering = Lingering(at: Instant(raw: 0))
        now = Instant(raw: 0)
        _ = lingering.look(unacknowledged: 4_000_000, at: now, interval: Self.interval)
        while case .wait(let next) = lingering.look(
            unacknowledged: 1, at: now, interval: Self.interval)
        {
            now = next
        }
        #expect(now == Instant(raw: 0) + Limit.writeTime)
    }

    @Test("what may be dropped is bounded, however it is cut", arguments: [1_024, 65_536])
    func dropped(piece: Int) {
        var lingering = Lingering(at: Instant(raw: 0))
        for _ in 0..<(Limit.lingerBytes / piece) {
            let mayGoOn = lingering.drop(piece)
            #expect(mayGoOn)
        }
        let mayGoOn = lingering.drop(1)
        #expect(!mayGoOn)
    }
}
