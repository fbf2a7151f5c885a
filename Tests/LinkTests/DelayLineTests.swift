import Basis
import Measure
import Testing

@testable import Link

/// A line on a clock that only the test moves.
@Suite("delay lines")
struct DelayLineTests {
    private static let start = Instant(raw: 5_000_000_000)

    private static func line(
        _ change: (inout LinkSettings) -> Void = { _ in }, headLength: Int = 0
    ) -> DelayLine {
        var settings = LinkSettings(roundTrip: .milliseconds(20))
        settings.seed = 7
        change(&settings)
        return DelayLine(Channel(settings, .forth), headLength: headLength)
    }

    private static func admit(_ packet: [UInt8], to line: inout DelayLine, at now: Instant) {
        line.admit(at: now) { (queue) -> Int? in
            queue.append(packet.span)
            return packet.count
        }
    }

    /// Whatever is due at `now`, which takes no time to send.
    private static func release(
        _ line: inout DelayLine, at now: Instant, isTaken: Bool = true
    ) -> [[UInt8]] {
        var packets: [[UInt8]] = []
        while line.release(
            at: now,
            { bytes in
                packets.append(bytes.indices.map { bytes[$0] })
                return (now, isTaken)
            }) != nil
        {}
        return packets
    }

    @Test("packets leave in their order, whole, when they are due and not before")
    func order() {
        var line = Self.line()
        for index in 0..<100 {
            let packet = [UInt8](repeating: UInt8(index), count: 1 + index * 15)
            Self.admit(packet, to: &line, at: Self.start + .milliseconds(index))
        }
        #expect(line.count == 100 && line.nextDue == Self.start + .milliseconds(10))
        #expect(Self.release(&line, at: Self.start + Nanoseconds(raw: 9_999_999)).isEmpty)
        for index in 0..<100 {
            let now = Self.start + .milliseconds(10 + index)
            #expect(line.nextDue == now)
            let packet = [UInt8](repeating: UInt8(index), count: 1 + index * 15)
            #expect(Self.release(&line, at: now) == [packet])
        }
        #expect(line.count == 0 && line.nextDue == nil)
        #expect(line.counts.packets == 100)
        #expect(line.counts.bytes == UInt64((0..<100).reduce(0) { $0 + 1 + $1 * 15 }))
        #expect(line.lateness.max == .zero && line.lateness.totalCount == 100)
    }

    @Test("a packet's delay begins when it is there, not when it was first looked for")
    func beginning() {
        var line = Self.line()
        var now = Self.start
        line.admit(at: now) { (queue) -> Int? in
            now = now + .milliseconds(3)
            queue.append(UInt8(1))
            return 1
        }
        #expect(line.nextDue == Self.start + .milliseconds(13))
    }

    @Test("lateness is how much later than due a packet has left")
    func lateness() {
        var line = Self.line()
        Self.admit([1], to: &line, at: Self.start)
        let done = line.release(at: Self.start + .milliseconds(11)) { _ in
            (Self.start + .milliseconds(12), true)
        }
        #expect(done == Self.start + .milliseconds(12))
        #expect(line.lateness.max == .milliseconds(2))
    }

    @Test("what is lost, dropped or refused leaves the others as they are, and is counted")
    func counted() {
        var lossy = Self.line { $0.loss = 0.5 }
        for index in 0..<200 { Self.admit([UInt8(index), 1, 2], to: &lossy, at: Self.start) }
        let survivors = Self.release(&lossy, at: Self.start + .seconds(1))
        #expect(survivors.allSatisfy { $0.count == 3 && $0[1...] == [1, 2] })
        #expect(survivors.map { $0[0] } == survivors.map { $0[0] }.sorted())
        #expect(Int(lossy.counts.lost) == 200 - survivors.count && survivors.count > 50)
        #expect(lossy.counts.packets == UInt64(survivors.count) && lossy.counts.dropped == 0)

        // Two of a kilobyte fit.
        var narrow = Self.line {
            $0.rate = 8_000
            $0.queue = ByteCount(raw: 2_048)
        }
        for index in 0..<5 {
            Self.admit([UInt8](repeating: UInt8(index), count: 1_000), to: &narrow, at: Self.start)
        }
        #expect(Self.release(&narrow, at: Self.start + .seconds(9)).map { $0[0] } == [0, 1])
        #expect(narrow.counts.dropped == 3)

        var deaf = Self.line()
        Self.admit([1], to: &deaf, at: Self.start)
        #expect(Self.release(&deaf, at: Self.start + .seconds(1), isTaken: false) == [[1]])
        #expect(deaf.counts.refused == 1 && deaf.counts.packets == 0 && deaf.lateness.isEmpty)
    }

    @Test("there is an end to what may be under way")
    func bound() {
        var line = Self.line()
        for _ in 0..<(Link.Limit.packetsUnderWay + 3) { Self.admit([9], to: &line, at: Self.start) }
        #expect(line.count == Link.Limit.packetsUnderWay && line.counts.overflowed == 3)
        // Those that left make room, again and again.
        for round in 1...3 {
            let now = Self.start + .seconds(round)
            #expect(Self.release(&line, at: now).count == Link.Limit.packetsUnderWay)
            for _ in 0..<Link.Limit.packetsUnderWay { Self.admit([9], to: &line, at: now) }
        }
        #expect(line.counts.overflowed == 3)
    }

    @Test("a head that is not on the wire takes no part in the rate and the bytes")
    func heads() {
        var line = Self.line({ $0.rate = 8_000_000 }, headLength: 14)
        Self.admit([UInt8](repeating: 1, count: 1_014), to: &line, at: Self.start)
        #expect(line.nextDue == Self.start + .milliseconds(11))
        #expect(Self.release(&line, at: Self.start + .seconds(1)).first?.count == 1_014)
        #expect(line.counts.bytes == 1_000)
    }

    @Test(
        "whatever comes and goes, nothing is lost, doubled, early or out of order", arguments: 1...8
    )
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var line = Self.line { $0.jitter = .milliseconds(Int(seed % 3) * 5) }
        var now = Self.start
        var sent: [(Instant, UInt8, Int)] = []
        var got = 0
        for _ in 0..<5_000 {
            now = now + .microseconds(Int(generator.next() % 3_000))
            if generator.next() % 2 == 0 {
                let packet = (
                    now, UInt8(truncatingIfNeeded: sent.count), Int(generator.next() % 1_500)
                )
                sent.append(packet)
                Self.admit(
                    [UInt8](repeating: packet.1, count: 1 + packet.2), to: &line, at: now)
            } else {
                for packet in Self.release(&line, at: now) {
                    #expect(packet[0] == sent[got].1 && packet.count == 1 + sent[got].2)
                    #expect(now.since(sent[got].0) >= .milliseconds(10))
                    got += 1
                }
            }
        }
        got += Self.release(&line, at: now + .seconds(1)).count
        #expect(got == sent.count && line.count == 0)
    }
}
