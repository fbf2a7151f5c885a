import Basis

/// The newest events of a topic, in the order in which they were published, within a fixed memory.
struct EventLog: ~Copyable {
    private var bytes = ByteQueue()
    /// Where each event ends, counted from the first byte ever published; events go round.
    private var ends: [UInt64] = []
    /// Bytes that are no longer kept.
    private var forgotten: UInt64 = 0
    /// The number of the newest event, from 1.
    private(set) var newest: UInt64 = 0
    private var kept: UInt64 = 0

    /// Keeps an event and gives it a number; the oldest make room.
    mutating func append(_ text: Span<UInt8>) -> UInt64 {
        precondition(text.count <= Limit.eventBytes, "an event is refused before it is kept")
        while kept == Limit.topicEvents || kept > 0 && bytes.count + text.count > Limit.topicBytes {
            forgetOldest()
        }
        // The first event makes the memory; topics that nobody writes to cost none.
        if ends.isEmpty { ends = Array(repeating: 0, count: Limit.topicEvents) }
        bytes.append(text)
        newest += 1
        kept += 1
        ends[place(of: newest)] = forgotten + UInt64(bytes.count)
        return newest
    }

    /// The events behind `number`, the oldest first, as many as fit into `room` bytes, but at least
    /// one.
    func copy(after number: UInt64, room: Int) -> EventBatch {
        var batch = EventBatch(after: number, oldest: newest - kept)
        while batch.last < newest {
            let text = text(of: batch.last + 1)
            if batch.count > 0, batch.bytes.count + text.count > room { break }
            batch.append(bytes.bytes.extracting(text))
        }
        return batch
    }

    private mutating func forgetOldest() {
        let text = text(of: newest - kept + 1)
        bytes.consume(text.count)
        forgotten += UInt64(text.count)
        kept -= 1
    }

    private func text(of number: UInt64) -> Range<Int> {
        let start = number - 1 > newest - kept ? ends[place(of: number - 1)] - forgotten : 0
        return Int(start)..<Int(ends[place(of: number)] - forgotten)
    }

    private func place(of number: UInt64) -> Int { Int(number % UInt64(Limit.topicEvents)) }
}

/// Some events of a topic, in their order and without a gap.
struct EventBatch: Sendable {
    private(set) var bytes: [UInt8] = []
    private var lengths: [Int] = []
    /// The number of the last one; of none, the number behind which they were asked for, or that of
    /// the last one that is no longer kept.
    private(set) var last: UInt64
    /// How many events before the first one are no longer kept.
    let missed: UInt64

    /// An empty one.
    ///
    /// - Parameters:
    ///   - number: the last event that is known to who asks.
    ///   - oldest: the last event that is no longer kept.
    init(after number: UInt64, oldest: UInt64) {
        last = max(number, oldest)
        missed = oldest - min(number, oldest)
    }

    var count: Int { lengths.count }

    mutating func append(_ text: Span<UInt8>) {
        for index in text.indices { bytes.append(text[index]) }
        lengths.append(text.count)
        last += 1
    }

    /// Shows each with its number.
    func show(_ body: (UInt64, Span<UInt8>) -> Void) {
        var start = 0
        var number = last - UInt64(lengths.count)
        for length in lengths {
            number += 1
            body(number, bytes.span.extracting(start..<(start + length)))
            start += length
        }
    }
}
