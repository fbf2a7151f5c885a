import Secure

/// Handshakes of a transport with keys, and of TCP with Fast Open, over the whole run, by kind.
package struct HandshakeCounts: Equatable, Sendable {
    package private(set) var full = 0
    package private(set) var resumed = 0
    /// Resumed ones whose early data the server took, and any whose early data it did not.
    package private(set) var earlyAccepted = 0
    package private(set) var earlyRejected = 0
    /// Requests that the server would not answer so early (RFC 8470), asked again behind the
    /// handshake.
    package var tooEarly = 0
    /// Those of the measured window.
    package private(set) var inWindow = 0
    /// Those of them that were not of the kind that was asked for.
    package private(set) var unlike = 0
    /// SYNs that carried data which the peer took, and such as could have and did not.
    package private(set) var fastOpenAccepted = 0
    package private(set) var fastOpenMissed = 0

    package init() {}

    mutating func noteFastOpen(carriedData: Bool) {
        if carriedData { fastOpenAccepted += 1 } else { fastOpenMissed += 1 }
    }

    mutating func note(
        _ facts: OpeningFacts, asked: TLSSettings.Handshake, isInWindow: Bool
    ) {
        if !facts.isSecure { return }
        if facts.isResumed { resumed += 1 } else { full += 1 }
        switch facts.early {
        case .none: break
        case .accepted: earlyAccepted += 1
        case .rejected: earlyRejected += 1
        }
        if !isInWindow { return }
        inWindow += 1
        let isAsAsked =
            switch asked {
            case .full: !facts.isResumed
            case .resumed: facts.isResumed
            case .early: facts.early == .accepted
            }
        if !isAsAsked { unlike += 1 }
    }

    package mutating func add(_ other: HandshakeCounts) {
        full += other.full
        resumed += other.resumed
        earlyAccepted += other.earlyAccepted
        earlyRejected += other.earlyRejected
        tooEarly += other.tooEarly
        inWindow += other.inWindow
        unlike += other.unlike
        fastOpenAccepted += other.fastOpenAccepted
        fastOpenMissed += other.fastOpenMissed
    }
}
