import Basis

/// What is left of a connection whose last reply has been handed to the kernel and whose sending
/// half has ended (RFC 9112 §9.6).
///
/// What the peer still sends is received and dropped: a close over unread bytes, or bytes that come
/// behind a close, draw a reset, and with it the kernel drops what it has not sent yet. That lasts
/// until the peer ends its half, which is the usual case, but no longer than these limits allow.
struct Lingering: BitwiseCopyable {
    enum Verdict: Equatable {
        case close
        /// Look again then, if the peer has not ended before.
        case wait(until: Instant)
    }

    /// Bytes that may still be dropped.
    private var budget = Limit.lingerBytes
    /// Bytes that the peer had not acknowledged at the last look.
    private var unacknowledged = 0
    /// Until when the peer must have acknowledged more.
    private var patience: Instant

    /// - Parameter now: when the sending half ended.
    init(at now: Instant) { patience = now + Limit.writeTime }

    /// Takes note of bytes that were dropped; false when they are more than any peer may send.
    mutating func drop(_ count: Int) -> Bool {
        budget -= count
        return budget >= 0
    }

    /// Decides whether a peer that has not ended its half is waited for.
    ///
    /// Once it has acknowledged everything, no reset can take anything from it. Until then it must
    /// go on taking bytes: each buys it time, at 1 KiB/s or more, and none buys a long silence.
    /// - Parameters:
    ///   - count: bytes that the peer has not acknowledged, its end included.
    ///   - interval: how long the peer has before the next look.
    mutating func look(
        unacknowledged count: Int, at now: Instant, interval: Nanoseconds
    ) -> Verdict {
        if count == 0 { return .close }
        let bought = Limit.bodyTimePerByte * Int64(max(0, unacknowledged - count))
        unacknowledged = count
        patience = min(patience + bought, now + Limit.writeTime)
        return now >= patience ? .close : .wait(until: min(patience, now + interval))
    }
}
