package import Measure

/// How long connections took to be made, over the whole run, warm-up included.
package struct OpeningTimes: ~Copyable, Sendable {
    /// Until the kernel said that the socket was connected: a round trip, and what the server's
    /// listener and this thread added to it. None where Fast Open carried data.
    package var connect = Histogram()
    /// From there to the end of a stream's handshake of keys; with Fast Open from the first SYN.
    package var handshake = Histogram()

    package init() {}

    package mutating func add(_ other: borrowing OpeningTimes) {
        connect.add(other.connect)
        handshake.add(other.handshake)
    }
}
