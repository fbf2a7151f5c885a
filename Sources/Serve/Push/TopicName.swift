import Basis
import Wire

/// A topic's name, and what it says of where the events come from.
struct TopicName: Equatable, Hashable, Sendable {
    let bytes: [UInt8]
    let source: EventOrigin

    /// Nil for what is no name: 1 to 64 letters, digits, `.`, `_` or `-`, of which one that begins
    /// with `tick-` has a meaning.
    init?(_ text: Span<UInt8>) {
        guard (1...Limit.topicNameBytes).contains(text.count),
            text.indices.allSatisfy({ Self.admits(text[$0]) })
        else { return nil }
        bytes = Array(copying: text)
        guard text.count >= 5, text.extracting(first: 5).equals("tick-") else {
            source = .publishers
            return
        }
        guard let clock = Ticks(text.extracting(droppingFirst: 5)) else { return nil }
        source = .clock(clock)
    }

    private static func admits(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

/// Where the events of a topic come from.
enum EventOrigin: Equatable, Hashable, BitwiseCopyable, Sendable {
    /// Whoever publishes them.
    case publishers
    /// The server makes them at their times.
    case clock(Ticks)
}

/// Events at all multiples of an interval. They are nowhere kept: what one says follows from its
/// number.
struct Ticks: Equatable, Hashable, BitwiseCopyable, Sendable {
    let interval: Nanoseconds
    let textBytes: Int

    /// Reads `INTERVAL[-BYTES]`, such as `10ms` or `500us-125`.
    init?(_ text: Span<UInt8>) {
        var dash = 0
        while dash < text.count, text[dash] != UInt8(ascii: "-") { dash += 1 }
        guard let interval = Self.interval(text.extracting(first: dash)),
            (Limit.tickIntervals).contains(interval)
        else { return nil }
        self.interval = interval
        if dash == text.count {
            textBytes = Stamp.digits
        } else if let count = text.extracting(droppingFirst: dash + 1).decimal(
            upTo: Limit.eventBytes), count >= Stamp.digits
        {
            textBytes = count
        } else {
            return nil
        }
    }

    private static func interval(_ text: Span<UInt8>) -> Nanoseconds? {
        for (unit, length) in [("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)]
            as [(StaticString, Int64)]
        {
            let digits = text.count - unit.utf8CodeUnitCount
            guard digits > 0, text.extracting(droppingFirst: digits).equals(unit),
                let count = text.extracting(first: digits).decimal(upTo: 1_000_000)
            else { continue }
            return Nanoseconds(raw: Int64(count) * length)
        }
        return nil
    }

    /// The number of the newest event.
    func newest(at now: Instant) -> UInt64 { UInt64(now.raw / interval.raw) }

    func due(_ number: UInt64) -> Instant { Instant(raw: Int64(number) * interval.raw) }

    /// The events behind `number` that are due, as `EventLog.copy` has them.
    func batch(after number: UInt64, at now: Instant, room: Int) -> EventBatch {
        let newest = newest(at: now)
        let oldest = newest - min(newest, UInt64(Limit.topicEvents))
        var batch = EventBatch(after: number, oldest: oldest)
        var text = ByteQueue()
        while batch.last < newest, batch.count == 0 || batch.bytes.count + textBytes <= room {
            text.removeAll()
            EventText.write(due: due(batch.last + 1), bytes: textBytes, to: &text)
            batch.append(text.bytes)
        }
        return batch
    }
}
