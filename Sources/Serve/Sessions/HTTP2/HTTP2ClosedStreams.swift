/// The streams that have ended last. What still arrives for them was under way when we reset them,
/// or breaks a rule if they ended otherwise (RFC 9113 §5.1).
struct HTTP2ClosedStreams: ~Copyable {
    enum Kind { case ended, resetByUs }

    /// Identifiers; for a stream that we reset the even number below its own. As many as a peer
    /// may well send frames for within a round trip.
    private var ring = InlineArray<64, UInt32>(repeating: 0)
    private var next = 0

    @inline(always)
    mutating func note(_ id: UInt32, _ kind: Kind) {
        ring[next] = kind == .ended ? id : id &- 1
        next = (next &+ 1) & 63
    }

    func kind(of id: UInt32) -> Kind? {
        for index in ring.indices where ring[index] | 1 == id {
            return ring[index] == id ? .ended : .resetByUs
        }
        return nil
    }
}
