package import Basis

/// What becomes of the packets of one direction: which are lost, and when the others arrive. Knows
/// lengths and times only.
///
/// A packet is lost or not by itself, before anything else. What is not lost is sent behind what
/// was not, at the link's rate, as soon as there is room; then it travels for the delay and its own
/// share of the jitter, but never overtakes: a packet out of order would tell TCP of a loss.
package struct Channel: Sendable {
    /// What is decided as a packet comes.
    package enum Verdict: Equatable, Sendable {
        case due(Instant)
        case lost
        /// Too much waits for the rate already.
        case dropped
    }

    private let delay: Nanoseconds
    private let jitter: Nanoseconds
    private let rate: Int64?
    /// How long the sender may be busy with all that waits.
    private let queueTime: Nanoseconds
    /// Lost is what draws less; nil loses all.
    private let lossBound: UInt64?
    private var losses: SeededGenerator
    private var jitters: SeededGenerator
    /// When the last packet was on the wire as a whole.
    private var sentAt = Instant(raw: .min)
    /// The part of a nanosecond that it took in addition, in units of one by the rate.
    private var remainder: Int64 = 0
    private var lastDue = Instant(raw: .min)

    package init(_ settings: LinkSettings, _ direction: Direction) {
        delay = settings.delay(direction)
        jitter = settings.jitter
        rate = settings.rate.map { Int64($0) }
        queueTime =
            rate.map { Nanoseconds.seconds(Double(settings.queue.raw) * 8 / Double($0)) } ?? .zero
        lossBound = settings.loss < 1 ? UInt64(settings.loss * 0x1p64) : nil
        let index = direction == .forth ? 0 : 2
        losses = .stream(seed: settings.seed, index: index)
        jitters = .stream(seed: settings.seed, index: index + 1)
    }

    /// Decides on a packet of `length` bytes that came at `now`, which is not before the last one.
    package mutating func decide(on length: Int, at now: Instant) -> Verdict {
        let draw = losses.next()
        guard let lossBound, draw >= lossBound else { return .lost }
        guard let departure = departure(of: length, at: now) else { return .dropped }
        var due = departure + delay
        if jitter > .zero {
            due = due + Nanoseconds(raw: Int64.random(in: 0...jitter.raw, using: &jitters))
        }
        lastDue = max(lastDue, due)
        return .due(lastDue)
    }

    private mutating func departure(of length: Int, at now: Instant) -> Instant? {
        guard let rate else { return now }
        let isIdle = sentAt <= now
        let start = isIdle ? now : sentAt
        let work = Int64(length) * 8_000_000_000 + (isIdle ? 0 : remainder)
        let end = start + Nanoseconds(raw: work / rate)
        if end.since(now) > queueTime { return nil }
        remainder = work % rate
        sentAt = end
        return end
    }
}
