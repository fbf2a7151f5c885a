import Basis

/// What a ring knows of one descriptor: what it was asked for, and what has come of it that its
/// loop has not heard of.
struct RingPlace: ~Copyable {
    enum Kind { case none, listener, connection }

    var kind = Kind.none
    /// Tells the requests of one descriptor from those of one before it that had its number.
    var generation: UInt16 = 0
    /// What the loop calls it.
    var token: UInt64 = 0
    /// What the loop wants to hear of.
    var interest: Interest = []
    /// What it is to be told with the next events.
    var news: Interest = []
    /// Whether it is in the list of those that have news.
    var isListed = false

    /// Whether a request that brings bytes, or connections, is with the kernel.
    var isBringing = false
    /// Whether that was told to end.
    var isEnding = false
    /// Whether a receive has left something in the socket that no other has brought yet.
    var hasRest = false
    /// Whether it is in the list of those that have a rest.
    var isAmongRests = false
    /// What has come, as long as nobody has taken it.
    var input = ByteQueue()
    /// Whether the peer has ended its half, behind the input.
    var hasEnded = false
    /// What broke the connection; 0 where nothing did.
    var error: CInt = 0
    /// Connections that nobody has taken, of a listener.
    var accepted: [CInt] = []

    /// What is on its way out, until the kernel has all of it.
    var output = ByteQueue()
    var isSending = false
    /// Whether the loop is to hear when more can be sent.
    var wantsRoom = false
    /// What is to be done once the output has gone.
    var finishesBehind = false
    var closesBehind = false

    /// Whether more is to be asked for: of bytes, as long as they are taken.
    var mustBring: Bool {
        switch kind {
        case .none: false
        case .listener: !isBringing && error == 0
        case .connection: !isBringing && wantsInput
        }
    }

    /// Whether bytes of a connection are wanted that can still come.
    var wantsInput: Bool {
        interest.contains(.readable) && !hasEnded && error == 0
            && input.count < Limit.ringInputBytes
    }

    /// Forgets the descriptor.
    mutating func reset() {
        let (generation, isAmongRests) = (generation &+ 1, isAmongRests)
        self = RingPlace()
        self.generation = generation
        self.isAmongRests = isAmongRests
    }
}
