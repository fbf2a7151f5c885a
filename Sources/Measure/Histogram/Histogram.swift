package import Basis

/// A latency histogram with a bounded relative error, in the layout of HdrHistogram with lowest
/// value 1 ns, highest value one hour and 3 significant digits (Gil Tene, HdrHistogram;
/// HdrHistogram_c, `src/hdr_histogram.c`, `hdr_calculate_bucket_config`).
///
/// Values below 2 048 ns have a bucket each. Above, each power of two is cut into 1 024 buckets of
/// equal width, so that a bucket is never wider than 1/1 024 of the values in it. All histograms
/// share this one layout; adding the counts of two is therefore exact: no sample moves to another
/// bucket.
///
/// Recording never allocates, locks or counts references. A worker owns its histogram; results are
/// merged with `add` after the run, or handed over by `copy`.
@safe
package struct Histogram: ~Copyable {
    /// The largest recordable span, one hour. Longer ones are recorded as this and counted in
    /// `clampedCount`.
    package static let highest = Nanoseconds(raw: 3_600_000_000_000)
    /// A value reported for a bucket exceeds every sample in it by less than this share of the
    /// sample.
    package static let relativeErrorBound = 1.0 / Double(Layout.half)

    private let counts: UnsafeMutablePointer<UInt64>
    /// The index of the highest bucket in use; 0 when there is none. Nothing is counted above it.
    private(set) var topIndex: Int
    /// How many samples were recorded.
    package private(set) var totalCount: UInt64
    /// How many samples were longer than `highest` and so recorded too low.
    package private(set) var clampedCount: UInt64
    /// The sum of all samples in nanoseconds: 64 bits hold only 584 connection-years.
    private(set) var sum: UInt128
    private var minRaw: Int64
    private var maxRaw: Int64

    package init() {
        let fresh = UnsafeMutablePointer<UInt64>.allocate(capacity: Layout.length)
        // SAFETY: `fresh` has room for exactly `Layout.length` counts.
        unsafe fresh.initialize(repeating: 0, count: Layout.length)
        unsafe counts = fresh
        topIndex = 0
        totalCount = 0
        clampedCount = 0
        sum = 0
        minRaw = .max
        maxRaw = 0
    }

    deinit {
        // SAFETY: `init` allocated it, nothing else knows it, and UInt64 needs no deinitialisation.
        unsafe counts.deallocate()
    }

    /// The shortest sample, exactly; zero when there is none.
    package var min: Nanoseconds { Nanoseconds(raw: totalCount == 0 ? 0 : minRaw) }
    /// The longest sample, exactly, at most `highest`; zero when there is none.
    package var max: Nanoseconds { Nanoseconds(raw: maxRaw) }
    package var isEmpty: Bool { totalCount == 0 }

    /// Counts one sample. Hot: once a response.
    ///
    /// A negative span, which only a clock error can give, counts as zero.
    @inline(always)
    package mutating func record(_ value: Nanoseconds) {
        record(value, count: 1)
    }

    /// Counts `count` samples of the same length; none when `count` is zero.
    @inline(always)
    package mutating func record(_ value: Nanoseconds, count: UInt64) {
        if count == 0 { return }
        if value.raw > Self.highest.raw { clampedCount &+= count }
        let raw = Swift.max(0, Swift.min(value.raw, Self.highest.raw))
        let index = Layout.index(of: UInt64(bitPattern: raw))
        // SAFETY: `raw` lies in 0...highest, so `index` lies below `Layout.length`, the allocation.
        unsafe counts[index] &+= count
        totalCount &+= count
        sum &+= UInt128(UInt64(bitPattern: raw)) &* UInt128(count)
        minRaw = Swift.min(minRaw, raw)
        if raw > maxRaw {
            maxRaw = raw
            topIndex = index
        }
    }

    /// Adds every sample of `other`; the result is what recording both streams here would have
    /// given.
    package mutating func add(_ other: borrowing Histogram) {
        for index in 0...other.topIndex {
            // SAFETY: `topIndex` of any histogram lies below `Layout.length`.
            unsafe counts[index] &+= other.counts[index]
        }
        topIndex = Swift.max(topIndex, other.topIndex)
        totalCount &+= other.totalCount
        clampedCount &+= other.clampedCount
        sum &+= other.sum
        minRaw = Swift.min(minRaw, other.minRaw)
        maxRaw = Swift.max(maxRaw, other.maxRaw)
    }

    /// Forgets every sample and keeps the memory.
    package mutating func reset() {
        // SAFETY: `topIndex + 1` is at most `Layout.length`; above it all counts are zero already.
        unsafe counts.update(repeating: 0, count: topIndex + 1)
        topIndex = 0
        totalCount = 0
        clampedCount = 0
        sum = 0
        minRaw = .max
        maxRaw = 0
    }

    /// A second histogram with the same samples.
    package func copy() -> Histogram {
        var duplicate = Histogram()
        duplicate.add(self)
        return duplicate
    }

    /// Counts `count` samples of which only the bucket is known, `index` at most `Layout.topIndex`:
    /// the shortest and longest stand at the ends of the bucket, the sum counts its middle.
    mutating func addBucket(at index: Int, count: UInt64) {
        precondition(index >= 0 && index <= Layout.topIndex, "no such bucket")
        if count == 0 { return }
        let low = Layout.lowest(at: index)
        let high = Swift.min(Layout.highest(at: index), UInt64(Self.highest.raw))
        // SAFETY: `Layout.topIndex` lies below `Layout.length`, the allocation.
        unsafe counts[index] &+= count
        topIndex = Swift.max(topIndex, index)
        totalCount &+= count
        sum &+= UInt128((low + high) / 2) &* UInt128(count)
        minRaw = Swift.min(minRaw, Int64(low))
        maxRaw = Swift.max(maxRaw, Int64(high))
    }

    /// How many samples the bucket at `index` holds.
    func count(at index: Int) -> UInt64 {
        precondition(index >= 0 && index < Layout.length, "no such bucket")
        // SAFETY: checked in the line above.
        return unsafe counts[index]
    }
}

// SAFETY: the memory has one owner, and the type cannot be copied: only one thread can hold it.
extension Histogram: @unchecked Sendable {}

extension Histogram {
    /// Where values go. Indices and borders are those of HdrHistogram, so that counts can be
    /// exchanged.
    enum Layout {
        /// log2 of the number of buckets in one power of two: 1 024 is the least that gives 3
        /// digits.
        static let halfMagnitude = 10
        static let half = 1 << halfMagnitude
        /// Below this, values have a bucket each.
        static let linearEnd = UInt64(2 * half)
        /// Buckets in all: 1 024 for each of the powers of two up to the hour, 1 024 more for the
        /// first.
        static let length = 33 * half

        /// The bucket of `Histogram.highest`.
        static let topIndex = index(of: UInt64(Histogram.highest.raw))

        /// Which bucket holds `value`.
        @inline(always)
        static func index(of value: UInt64) -> Int {
            let shift = widthMagnitude(of: value)
            return ((shift + 1) << halfMagnitude) + Int(truncatingIfNeeded: value >> UInt64(shift))
                - half
        }

        /// log2 of the width of the bucket that holds `value`.
        @inline(always)
        static func widthMagnitude(of value: UInt64) -> Int {
            63 - halfMagnitude - (value | (linearEnd - 1)).leadingZeroBitCount
        }

        /// The least value of the bucket at `index`.
        static func lowest(at index: Int) -> UInt64 {
            if index < 2 * half { return UInt64(index) }
            let shift = (index >> halfMagnitude) - 1
            return UInt64((index & (half - 1)) + half) << UInt64(shift)
        }

        /// The greatest value of the bucket at `index`.
        static func highest(at index: Int) -> UInt64 {
            lowest(at: index) + (UInt64(1) << UInt64(Swift.max(0, (index >> halfMagnitude) - 1)))
                - 1
        }
    }
}
