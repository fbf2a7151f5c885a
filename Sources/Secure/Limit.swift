/// What TLS may take, and why.
enum Limit {
    /// Received from a socket at once: a few records of the largest kind (RFC 8446 §5.1), since a
    /// call costs more than copying them.
    static let receivedBytes = 64 * 1_024
    /// Plaintext that is encrypted for one send. What the socket does not take of it waits with the
    /// connection.
    static let plainBytes = 64 * 1_024
    /// Bytes that may wait for the socket. More than a send's only come of a peer that has keys
    /// changed again and again and takes nothing.
    static let pendingBytes = 256 * 1_024
    /// Storage that an idle connection may keep of what waited.
    static let keptBytes = 4 * 1_024
    /// Early data that a connection takes or sends: one record's plaintext (RFC 8446 §5.1).
    static let earlyBytes = 16 * 1_024
    /// Tickets that a thread of a client keeps, of 2 to 4 KiB each.
    static let keptTickets = 4_096
    /// Sessions that a server with early data remembers, of about 1.1 KiB each.
    static let rememberedSessions = 20_480
}
