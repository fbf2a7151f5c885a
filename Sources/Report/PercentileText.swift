package import Basis
package import Measure

/// A latency distribution by percentile as text (`.hgrm`), in the layout of HdrHistogram's
/// `outputPercentileDistribution` that its plotter, wrk2 and gnuplot scripts read.
///
/// Values are in milliseconds with six decimals, so whole nanoseconds survive; a comment says so.
package enum PercentileText {
    /// One line: the value below or at which the share `percentile` of all samples lies.
    package struct Row: Equatable, Sendable {
        package let value: Nanoseconds
        /// 0...1.
        package let percentile: Double
        /// How many samples are not longer than `value`.
        package let count: UInt64
    }

    /// Lines for each halving of the distance to 100 %.
    private static let ticksPerHalfDistance = 5.0

    /// The lines of a distribution; none when it is empty.
    ///
    /// The levels are those of HdrHistogram's PercentileIterator: after level p the next one is p
    /// plus a share of the distance to 100 that is halved as the distance is.
    package static func rows(_ histogram: borrowing Histogram) -> [Row] {
        let total = histogram.totalCount
        var rows: [Row] = []
        var level = 0.0
        var seen: UInt64 = 0
        for bucket in histogram.buckets {
            seen += bucket.count
            while 100 * (Double(seen) / Double(total)) >= level, seen < total || level < 100 {
                rows.append(
                    Row(value: bucket.values.upperBound, percentile: level / 100, count: seen))
                if seen == total { break }
                level += 100 / (ticksPerHalfDistance * halvings(100 / (100 - level)) * 2)
            }
        }
        guard let last = rows.last, total > 0 else { return rows }
        if last.percentile < 1 {
            rows.append(Row(value: last.value, percentile: 1, count: total))
        }
        return rows
    }

    /// The largest power of two that is not above `ratio`, which is at least 1.
    private static func halvings(_ ratio: Double) -> Double {
        var power = 1.0
        while power * 2 <= ratio { power *= 2 }
        return power
    }

    package static func text(_ histogram: borrowing Histogram) -> String {
        var text = "#[Values in milliseconds]\n"
        text += "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
        for row in rows(histogram) {
            text += padded(milliseconds(Double(row.value.raw)), 12)
            text += " " + fixed(row.percentile, decimals: 12) + " " + padded("\(row.count)", 10)
            if row.percentile < 1 {
                text += " " + padded(fixed(1 / (1 - row.percentile), decimals: 2), 14)
            }
            text += "\n"
        }
        let mean = milliseconds(histogram.mean)
        let deviation = milliseconds(histogram.standardDeviation)
        let max = milliseconds(Double(histogram.max.raw))
        text += "#[Mean    = \(padded(mean, 12)), StdDeviation   = \(padded(deviation, 12))]\n"
        text += "#[Max     = \(padded(max, 12)), Total count    = "
        text += "\(padded("\(histogram.totalCount)", 12))]\n"
        // The layout of one nanosecond to one hour with three digits.
        text += "#[Buckets =           32, SubBuckets     =         2048]\n"
        return text
    }

    private static func milliseconds(_ nanoseconds: Double) -> String {
        fixed(nanoseconds / 1e6, decimals: 6)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
