extension HTTP2 {
    /// What a peer may cost beyond what it gets done, counted for a connection. Nothing here is an
    /// error by RFC 9113; §10.5 leaves it to each end to find what is abuse, and the answer to it
    /// is ENHANCE_YOUR_CALM.
    package struct Budget: BitwiseCopyable, Equatable, Sendable {
        /// The bounds. An honest client whose requests time out by the hundred stays within them,
        /// as each stream that is served wins back one that is not.
        package enum Limit {
            /// Streams that the peer reset, or made us reset, before they were served: rapid reset
            /// (CVE-2023-44487) and its mirror image (CVE-2025-8671) alike.
            package static let resets: Int32 = 100
            package static let resetsMax: Int32 = 200
            /// Overhead that is free, and then as a multiple of payload.
            package static let overheadBytes: UInt64 = 1 << 20
            package static let overheadShare: UInt64 = 8
            /// DATA frames in a row without payload or end (CVE-2019-9518).
            package static let emptyFrames: UInt32 = 100
        }

        private var resetsLeft = Limit.resets
        private var emptyFrames: UInt32 = 0
        private var payload: UInt64 = 0
        private var overhead: UInt64 = 0

        package init() {}

        /// A stream has got its whole reply.
        @inline(always)
        package mutating func served() {
            if resetsLeft < Limit.resetsMax { resetsLeft &+= 1 }
        }

        /// A stream ended without its reply, by the peer's RST_STREAM or by one it made us send.
        package mutating func resetCaused() throws(Failure) {
            guard resetsLeft > 0 else {
                throw .connection(.enhanceYourCalm, "too many streams reset")
            }
            resetsLeft -= 1
        }

        /// Bytes of use: DATA and field blocks, of both directions, as a peer that only receives
        /// has its updates for overhead.
        @inline(always)
        package mutating func count(payload bytes: Int) { payload &+= UInt64(bytes) }

        /// Bytes of the peer's that are of no use by themselves: frame headers, padding and all
        /// frames but DATA and field blocks.
        @inline(always)
        package mutating func count(overhead bytes: Int) throws(Failure) {
            overhead &+= UInt64(bytes)
            guard overhead <= payload &* Limit.overheadShare &+ Limit.overheadBytes else {
                throw .connection(.enhanceYourCalm, "far more overhead than payload")
            }
        }

        /// A DATA frame with so much payload.
        @inline(always)
        package mutating func data(bytes: Int, endStream: Bool) throws(Failure) {
            if bytes > 0 || endStream {
                emptyFrames = 0
                return
            }
            emptyFrames &+= 1
            guard emptyFrames <= Limit.emptyFrames else {
                throw .connection(.enhanceYourCalm, "too many empty DATA frames")
            }
        }
    }
}
