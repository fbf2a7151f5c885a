extension HTTP2 {
    /// What the peer may still send us, on a stream or in all, RFC 9113 §6.9: its bytes are given
    /// back once they are dealt with, several at a time.
    package struct ReceiveWindow: BitwiseCopyable, Equatable, Sendable {
        private var left: Int32
        /// Dealt with, but not yet announced.
        private var returned: Int32 = 0

        @inline(always)
        package init(_ bytes: UInt32 = Limit.initialWindow) {
            precondition(bytes <= Limit.windowMax)
            left = Int32(truncatingIfNeeded: bytes)
        }

        /// Bytes the peer may send.
        @inline(always)
        package var bytes: Int { Int(left) }

        /// Takes what a DATA frame counts for: payload, padding and the padding's length (§6.9.1),
        /// on whatever stream and in whatever state that is.
        @inline(always)
        package mutating func take(_ flowBytes: UInt32, _ scope: Scope) throws(Failure) {
            // §6.9.1: an empty frame may come whatever the window is, and that may be negative.
            guard flowBytes == 0 || Int64(flowBytes) <= Int64(left) else {
                throw Failure(.flowControl, scope, "more DATA than the window allows")
            }
            left &-= Int32(truncatingIfNeeded: flowBytes)
        }

        /// Gives back what was taken and is dealt with.
        @inline(always)
        package mutating func giveBack(_ flowBytes: UInt32) {
            let sum = Int64(returned) &+ Int64(flowBytes)
            precondition(sum &+ Int64(left) <= Int64(Limit.windowMax), "more than was taken")
            returned = Int32(truncatingIfNeeded: sum)
        }

        /// The increment of a WINDOW_UPDATE that is due: when as much is unannounced as the peer
        /// has left, so that it never waits for us and hears from us seldom.
        @inline(always)
        package mutating func update() -> UInt32? {
            guard returned > 0, returned >= left else { return nil }
            let increment = returned
            left &+= increment
            returned = 0
            return UInt32(truncatingIfNeeded: increment)
        }

        /// Our own SETTINGS_INITIAL_WINDOW_SIZE has changed by `delta` and the peer has
        /// acknowledged it; or the window of the connection was widened by an update of its own.
        package mutating func shift(by delta: Int64) {
            let sum = Int64(left) &+ delta
            precondition(sum &+ Int64(returned) <= Int64(Limit.windowMax))
            left = Int32(truncatingIfNeeded: sum)
        }
    }
}
