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
}
