import Secure

/// Handshakes of a transport with keys, over the whole run, by kind.
package struct HandshakeCounts: Equatable, Sendable {
    package private(set) var full = 0
    package private(set) var resumed = 0

    package init() {}

    mutating func note(_ facts: OpeningFacts) {
        if !facts.isSecure { return }
        if facts.isResumed { resumed += 1 } else { full += 1 }
    }

    package mutating func add(_ other: HandshakeCounts) {
        full += other.full
        resumed += other.resumed
    }
}
