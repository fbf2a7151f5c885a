// Hot path
package import Basis

/// The time that an event carries at the beginning of its text: 19 decimal digits, nanoseconds
/// since 1970-01-01 UTC, behind which the text ends or goes on with a space.
package struct Stamp: BitwiseCopyable, Equatable, Sendable {
    package static let digits = 19

    /// Not negative.
    package let unixNanoseconds: Int64

    package init(unixNanoseconds: Int64) {
        precondition(unixNanoseconds >= 0, "19 digits have no sign")
        self.unixNanoseconds = unixNanoseconds
    }

    /// The time at which the engine's clock shows `instant`.
    ///
    /// - Parameter offset: what CLOCK_REALTIME is ahead of that clock.
    @inline(always)
    package init(_ instant: Instant, unixOffset offset: Nanoseconds) {
        let (time, overflows) = instant.raw.addingReportingOverflow(offset.raw)
        unixNanoseconds = overflows ? .max : max(0, time)
    }

    /// What `text` begins with; nil when that is no time.
    @inline(always)
    package init?(_ text: Span<UInt8>) {
        var reader = StampReader()
        reader.take(text)
        guard let stamp = reader.stamp else { return nil }
        self = stamp
    }

    /// What the engine's clock showed then; its zero for what was before that.
    @inline(always)
    package func instant(unixOffset offset: Nanoseconds) -> Instant {
        let (time, overflows) = unixNanoseconds.subtractingReportingOverflow(offset.raw)
        return overflows ? .distantFuture : Instant(raw: max(0, time))
    }

    /// Puts the digits in the place of the first bytes of `text`.
    @inline(always)
    package func write(over text: inout [UInt8]) {
        let said = said
        for index in said.indices { text[index] = said[index] }
    }

    package func write(to output: inout ByteQueue) { output.append(said.span) }

    @inline(always)
    private var said: InlineArray<19, UInt8> {
        var said = InlineArray<19, UInt8>(repeating: 0)
        var rest = UInt64(unixNanoseconds)
        for index in said.indices.reversed() {
            said[index] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
            rest /= 10
        }
        return said
    }
}
