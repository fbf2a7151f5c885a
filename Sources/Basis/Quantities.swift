/// A span of time, in nanoseconds. May be negative (a difference), never fractional.
package struct Nanoseconds: BitwiseCopyable, Equatable, Hashable, Comparable, Sendable {
    package let raw: Int64

    @inline(always)
    package init(raw: Int64) { self.raw = raw }

    package static let zero = Nanoseconds(raw: 0)
    /// The largest representable span, about 292 years: "never" as a timeout.
    package static let forever = Nanoseconds(raw: .max)

    package static func microseconds(_ count: Int) -> Nanoseconds {
        .init(raw: Int64(count) * 1_000)
    }
    package static func milliseconds(_ count: Int) -> Nanoseconds {
        .init(raw: Int64(count) * 1_000_000)
    }
    package static func seconds(_ count: Int) -> Nanoseconds {
        .init(raw: Int64(count) * 1_000_000_000)
    }
    /// Rounds to the nearest nanosecond; traps outside the representable range.
    package static func seconds(_ count: Double) -> Nanoseconds {
        .init(raw: Int64((count * 1e9).rounded()))
    }

    /// This span as a fractional number of seconds.
    package var inSeconds: Double { Double(raw) / 1e9 }
    /// This span as a fractional number of microseconds.
    package var inMicroseconds: Double { Double(raw) / 1e3 }

    @inline(always)
    package static func < (a: Nanoseconds, b: Nanoseconds) -> Bool { a.raw < b.raw }
    @inline(always)
    package static func + (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds {
        .init(raw: a.raw + b.raw)
    }
    @inline(always)
    package static func - (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds {
        .init(raw: a.raw - b.raw)
    }
    @inline(always)
    package static func * (a: Nanoseconds, b: Int64) -> Nanoseconds { .init(raw: a.raw * b) }
    @inline(always)
    package static func / (a: Nanoseconds, b: Int64) -> Nanoseconds { .init(raw: a.raw / b) }
}

/// A point on the monotonic clock, in nanoseconds since an arbitrary origin (clock_gettime(2),
/// CLOCK_MONOTONIC). Never compared across machines or boots.
package struct Instant: BitwiseCopyable, Equatable, Hashable, Comparable, Sendable {
    package let raw: Int64

    @inline(always)
    package init(raw: Int64) { self.raw = raw }

    /// Later than every instant the clock can show: "no deadline".
    package static let distantFuture = Instant(raw: .max)

    /// The span from `earlier` to this instant; negative when `earlier` is in fact later.
    @inline(always)
    package func since(_ earlier: Instant) -> Nanoseconds { .init(raw: raw - earlier.raw) }

    @inline(always)
    package static func < (a: Instant, b: Instant) -> Bool { a.raw < b.raw }
    @inline(always)
    package static func + (a: Instant, b: Nanoseconds) -> Instant { .init(raw: a.raw + b.raw) }
    @inline(always)
    package static func - (a: Instant, b: Nanoseconds) -> Instant { .init(raw: a.raw - b.raw) }
}

/// Events in each second. Finite and not negative.
package struct PerSecond: BitwiseCopyable, Equatable, Hashable, Comparable, Sendable {
    package let raw: Double

    package init(raw: Double) {
        precondition(raw.isFinite && raw >= 0, "a rate is finite and not negative")
        self.raw = raw
    }

    /// The mean gap between two events; `forever` at rate zero and where it would be longer than
    /// that.
    package var interval: Nanoseconds {
        let gap = (1e9 / raw).rounded()
        return gap < 0x1p63 ? Nanoseconds(raw: Int64(gap)) : .forever
    }

    package static func < (a: PerSecond, b: PerSecond) -> Bool { a.raw < b.raw }
}

/// An amount of memory or of data on the wire.
package struct ByteCount: BitwiseCopyable, Equatable, Hashable, Comparable, Sendable {
    package let raw: Int

    package init(raw: Int) { self.raw = raw }

    package static func kibibytes(_ count: Int) -> ByteCount { .init(raw: count * 1_024) }
    package static func mebibytes(_ count: Int) -> ByteCount { .init(raw: count * 1_048_576) }

    package static func < (a: ByteCount, b: ByteCount) -> Bool { a.raw < b.raw }
}
