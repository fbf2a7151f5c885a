package import Basis
package import Measure

/// What one direction of a link has done.
package struct DirectionCounts: Equatable, Sendable {
    package var packets: UInt64 = 0
    package var bytes: UInt64 = 0
    /// By chance, as was asked.
    package var lost: UInt64 = 0
    /// In front of the rate.
    package var dropped: UInt64 = 0
    /// By the forwarder itself: more under way than it keeps.
    package var overflowed: UInt64 = 0
    /// By the receiving side, which took none.
    package var refused: UInt64 = 0
    /// By the system, before the forwarder saw them: it did not keep up.
    package var missed: UInt64 = 0

    package init() {}
}

/// The packets of one direction that are under way, in their order. Knows no clock and does no
/// input or output: bytes and times in, bytes out.
package struct DelayLine: ~Copyable {
    private struct Waiting {
        let due: Instant
        let length: Int
    }

    private var channel: Channel
    private let headLength: Int
    private var bytes = ByteQueue()
    private var waiting: [Waiting] = []
    /// Of the oldest in `waiting`; those before it are gone.
    private var first = 0

    package private(set) var counts = DirectionCounts()
    /// By how much packets left later than they were due.
    package private(set) var lateness = Histogram()

    /// - Parameter headLength: bytes of each packet that are no part of it on the wire.
    package init(_ channel: Channel, headLength: Int = 0) {
        self.channel = channel
        self.headLength = headLength
    }

    /// How many packets are under way.
    package var count: Int { waiting.count - first }

    /// When the next packet is to leave.
    @inline(always)
    package var nextDue: Instant? { first < waiting.count ? waiting[first].due : nil }

    /// Lets `append` put a packet behind the bytes of the others, and decides on it. What `append`
    /// returns is the packet's length, nil when there was none.
    ///
    /// - Parameter now: read after that: a packet may have come while `append` looked, and with an
    ///   older time would be early at its end.
    @inline(always)
    package mutating func admit<Failure: Error>(
        at now: @autoclosure () -> Instant,
        _ append: (inout ByteQueue) throws(Failure) -> Int?
    ) throws(Failure) {
        guard let length = try append(&bytes) else { return }
        switch channel.decide(on: length - headLength, at: now()) {
        case .due(let due) where count < Limit.packetsUnderWay:
            waiting.append(Waiting(due: due, length: length))
            return
        case .due: counts.overflowed += 1
        case .lost: counts.lost += 1
        case .dropped: counts.dropped += 1
        }
        bytes.removeLast(length)
    }

    /// Gives the oldest packet to `send` if it is due at `now`; says when that was done, nil when
    /// none is due. `send` says when it is done, and whether the packet was taken.
    @inline(always)
    package mutating func release(
        at now: Instant, _ send: (Span<UInt8>) -> (done: Instant, isTaken: Bool)
    ) -> Instant? {
        guard first < waiting.count, waiting[first].due <= now else { return nil }
        let packet = waiting[first]
        let (done, isTaken) = send(bytes.bytes.extracting(0..<packet.length))
        if isTaken {
            counts.packets += 1
            counts.bytes += UInt64(packet.length - headLength)
            lateness.record(done.since(packet.due))
        } else {
            counts.refused += 1
        }
        bytes.consume(packet.length)
        first += 1
        if first == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            first = 0
        } else if first >= Limit.packetsUnderWay {
            waiting.removeFirst(first)
            first = 0
        }
        return done
    }
}
