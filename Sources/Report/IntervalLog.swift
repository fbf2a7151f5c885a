package import Basis
import Measure

/// An HdrHistogram log (`.hlog`): one compressed histogram a line, each with a tag, a start and a
/// length.
///
/// Version 1.2 as Java's HistogramLogWriter writes it, whose second column is the length of the
/// interval (HdrHistogram_c writes its end instead).
package struct IntervalLog: Equatable, Sendable {
    /// One line: the histogram of one span of time.
    package struct Entry: Equatable, Sendable {
        /// Tells apart histograms of one log; without commas and white space, not empty.
        package var tag: String
        /// Since 1970-01-01 UTC; to the millisecond.
        package var start: Nanoseconds
        /// To the millisecond.
        package var length: Nanoseconds
        /// The longest sample.
        package var max: Nanoseconds
        /// HdrHistogram V2, compressed, base64.
        package var histogram: String

        package init(
            tag: String, start: Nanoseconds, length: Nanoseconds, max: Nanoseconds,
            histogram: String
        ) {
            precondition(Self.isTag(tag), "a tag has neither commas nor white space")
            self.tag = tag
            self.start = start
            self.length = length
            self.max = max
            self.histogram = histogram
        }

        package static func isTag(_ text: String) -> Bool {
            !text.isEmpty && !text.contains { $0 == "," || $0.isWhitespace }
        }
    }

    /// Since 1970-01-01 UTC. The file writes the entries' starts relative to it.
    package var start: Nanoseconds
    package var entries: [Entry]

    package init(start: Nanoseconds, entries: [Entry] = []) {
        self.start = start
        self.entries = entries
    }

    private static let version = "#[Histogram log format version 1.2]"
    private static let legend =
        "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\""

    package var text: String {
        let base = fixed(start.inSeconds, decimals: 3)
        var text = Self.version + "\n"
        text += "#[StartTime: \(base) (seconds since epoch), \(UTCTime(start).iso8601)]\n"
        text += "#[BaseTime: \(base) (seconds since epoch)]\n"
        text += Self.legend + "\n"
        for entry in entries {
            // The maximum stands in milliseconds, the writers' default ratio of 1e6 to nanoseconds.
            let figures = [
                (entry.start - start).inSeconds, entry.length.inSeconds,
                Double(entry.max.raw) / 1e6,
            ].map { fixed($0, decimals: 3) }.joined(separator: ",")
            text += "Tag=\(entry.tag),\(figures),\(entry.histogram)\n"
        }
        return text
    }
}
