extension HTTP2 {
    /// What one end may still send, on a stream or in all, RFC 9113 §5.2 and §6.9.
    ///
    /// It may be negative: then nothing is sent until the peer has made up for it (§6.9.2). Sums
    /// are made in 64 bits and looked at once.
    package struct Window: BitwiseCopyable, Equatable, Sendable {
        private var left: Int32

        @inline(always)
        package init(_ bytes: UInt32 = Limit.initialWindow) {
            precondition(bytes <= Limit.windowMax)
            left = Int32(truncatingIfNeeded: bytes)
        }

        /// Bytes that may be sent; negative while more was sent than is allowed by now.
        @inline(always)
        package var bytes: Int { Int(left) }

        /// Takes what is sent; the caller sends no more than there is. An empty DATA frame may go
        /// whatever the window is.
        @inline(always)
        package mutating func spend(_ count: Int) {
            precondition(count >= 0 && count <= max(0, Int(left)), "more than the peer allows")
            left &-= Int32(truncatingIfNeeded: count)
        }

        /// WINDOW_UPDATE, RFC 9113 §6.9.1: beyond 2^31-1 the stream or the connection ends.
        @inline(always)
        package mutating func widen(by increment: UInt32, _ scope: Scope) throws(Failure) {
            let sum = Int64(left) &+ Int64(increment)
            guard sum <= Int64(Limit.windowMax) else {
                throw Failure(.flowControl, scope, "a window beyond 2^31-1")
            }
            left = Int32(truncatingIfNeeded: sum)
        }

        /// SETTINGS_INITIAL_WINDOW_SIZE has changed by `delta`, RFC 9113 §6.9.2. Only the windows
        /// of streams move, but one that gets too large ends the connection.
        package mutating func shift(by delta: Int64) throws(Failure) {
            let sum = Int64(left) &+ delta
            guard sum <= Int64(Limit.windowMax) else {
                throw .connection(
                    .flowControl, "SETTINGS_INITIAL_WINDOW_SIZE makes a window beyond 2^31-1")
            }
            // Only what is positive can be spent, so that at worst all of the largest initial
            // size is owed: -(2^31-1).
            left = Int32(truncatingIfNeeded: sum)
        }
    }
}
