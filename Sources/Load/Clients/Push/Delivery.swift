// Hot path
package import Wire

/// An event that a subscription brought.
package struct Delivery: BitwiseCopyable, Sendable {
    /// When it was due.
    package let stamp: Stamp
    /// Of its text.
    package let bytes: UInt64
    /// Events between this one and the one before that did not come, by their numbers.
    package let missed: UInt32
    /// Where in the input it ends.
    package let end: Int

    @inline(always)
    package init(stamp: Stamp, bytes: UInt64, missed: UInt32 = 0, end: Int) {
        self.stamp = stamp
        self.bytes = bytes
        self.missed = missed
        self.end = end
    }
}
