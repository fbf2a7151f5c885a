/// Why requests and connections failed, by the phase they failed in.
package struct ErrorCounts: Equatable, Sendable {
    /// Attempts to connect that were refused or took too long.
    package var connect: UInt64 = 0
    package var handshake: UInt64 = 0
    package var write: UInt64 = 0
    /// Requests whose connection ended before the answer.
    package var read: UInt64 = 0
    /// Requests without an answer within the time limit.
    package var timeout: UInt64 = 0
    /// Answers of class 4xx and 5xx.
    package var status: UInt64 = 0
    /// Answers that were not of the protocol.
    package var protocolViolation: UInt64 = 0

    package init() {}

    /// Requests that failed. A connection that can't be made carries none: a request that waits for
    /// it is answered by another or runs out of time.
    package var requests: UInt64 { write + read + timeout + status + protocolViolation }
    /// Connections that could not be made.
    package var attempts: UInt64 { connect + handshake }

    package var total: UInt64 { requests + attempts }

    package mutating func add(_ other: ErrorCounts) {
        connect += other.connect
        handshake += other.handshake
        write += other.write
        read += other.read
        timeout += other.timeout
        status += other.status
        protocolViolation += other.protocolViolation
    }
}
