package import Basis

/// Bounds of a link, and why.
package enum Limit {
    /// Beyond it TCP has long given up, and memory would be all that is measured.
    package static let delay = Nanoseconds.seconds(10)
    /// What a rate may be, in bits a second: at the least a packet takes a second and a half, at
    /// the most it takes 120 ns.
    package static let rate = 8_000...100_000_000_000
    /// What may wait for the rate: at the least one packet.
    package static let queueBytes = 2_048...1_073_741_824
    /// The longest IP packet, as on Ethernet, so that segments are of the usual size.
    static let packet = ByteCount(raw: 1_500)
    /// What a device keeps for the forwarder: a tenth of a second at 100,000 packets a second.
    static let deviceQueue = 10_000
    /// The same where packets wait in a socket.
    static let socketBuffer = ByteCount.mebibytes(32)
    /// Packets under way in one direction at a time: more than 100,000 a second at a round trip of
    /// one second.
    static let packetsUnderWay = 65_536
    /// Packets read from one side before the other has its turn, and what is due goes out.
    static let packetsInTurn = 64
    /// For the far command to listen.
    static let readyTime = Nanoseconds.seconds(10)
    /// Between two looks whether it does.
    static let readyStep = Nanoseconds.milliseconds(5)
    /// For the far command to end in order, which a server that drains may take.
    static let endTime = Nanoseconds.seconds(5)
}
