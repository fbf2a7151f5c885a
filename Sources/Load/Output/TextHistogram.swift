import Basis
import Measure
import Report

/// A distribution of times as bars of characters, for the terminal.
///
/// The bounds rise by one factor, so that a tail ten times as long as the bulk is as well seen as
/// the bulk; each bar says how many times lie above the bound before and up to its own.
enum TextHistogram {
    private enum Limit {
        /// One more than a power of two, whose root is roots of roots.
        static let bars = 17
        static let width = 40
        /// Two figures at least are told apart.
        static let leastFactor = 1.02
    }

    /// - Returns: lines, each with its end; empty without samples.
    static func text(_ histogram: borrowing Histogram) -> String {
        let bars = bars(histogram)
        guard let most = bars.map(\.count).max(), most > 0 else { return "" }
        let all = bars.reduce(0) { $0 + $1.count }
        var table = TextTable([.init("up to"), .init("count"), .init("share"), .init("", .left)])
        for bar in bars {
            let share = Double(bar.count) / Double(all) * 100
            let length = Int((Double(bar.count) / Double(most) * Double(Limit.width)).rounded(.up))
            table.append([
                .init(bar.bound.display), .init("\(bar.count)"),
                .init("\(fixed(share, decimals: 2))%"),
                .init(String(repeating: "#", count: length)),
            ])
        }
        return table.text(width: nil, colours: false)
    }

    /// Bounds by one factor from the least to the greatest time, with what lies between.
    static func bars(_ histogram: borrowing Histogram) -> [(bound: Nanoseconds, count: UInt64)] {
        let buckets = histogram.buckets
        guard let first = buckets.first, let last = buckets.last else { return [] }
        let low = Double(max(1, first.values.upperBound.raw))
        let high = Double(max(1, last.values.upperBound.raw))
        // The first bound is the least time's own, so that what is fast stands by itself.
        var factor = high / low
        for _ in 0..<(Limit.bars - 1).trailingZeroBitCount { factor.formSquareRoot() }
        factor = max(Limit.leastFactor, factor)
        var bars: [(bound: Nanoseconds, count: UInt64)] = []
        var next = 0
        var bound = low
        while next < buckets.count {
            let isLast = bars.count == Limit.bars - 1
            let limit = isLast ? last.values.upperBound : Nanoseconds(raw: Int64(bound.rounded()))
            bound *= factor
            // Between times of a few nanoseconds there is no other.
            if let before = bars.last, limit <= before.bound { continue }
            var count: UInt64 = 0
            while next < buckets.count, buckets[next].values.upperBound <= limit {
                count += buckets[next].count
                next += 1
            }
            bars.append((min(limit, last.values.upperBound), count))
        }
        return bars
    }
}
