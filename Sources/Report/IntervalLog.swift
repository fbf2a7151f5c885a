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

        static func isTag(_ text: String) -> Bool {
            !text.isEmpty && !text.contains { $0 == "," || $0.isWhitespace }
        }
    }

    /// A line that is none of a histogram log.
    package struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        package let problem: String
        /// Counts from 1.
        package let line: Int

        package var description: String { "line \(line): \(problem)" }
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

    /// Reads a log of this project's writer or of another. A line without a tag gets the tag `-`;
    /// starts are absolute where the log has no BaseTime. The histograms are checked when they are
    /// decoded.
    package init(parsing text: String) throws(Refusal) {
        var base: Nanoseconds?
        var began: Nanoseconds?
        entries = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("#[StartTime:") { began = Self.time(in: line) }
            if line.hasPrefix("#[BaseTime:") { base = Self.time(in: line) }
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix("\"") { continue }
            guard var entry = Self.entry(line) else {
                throw Refusal(problem: "is not Tag=…,start,length,max,histogram", line: index + 1)
            }
            entry.start = entry.start + (base ?? .zero)
            entries.append(entry)
        }
        start = began ?? base ?? entries.first?.start ?? .zero
    }

    private static func time(in line: Substring) -> Nanoseconds? {
        let words = line.split(separator: " ")
        return words.count > 1 ? Double(words[1]).map(wholeMilliseconds) : nil
    }

    /// A calendar time in seconds is too large for a Double to keep its nanoseconds.
    private static func wholeMilliseconds(_ seconds: Double) -> Nanoseconds {
        .milliseconds(Int((seconds * 1e3).rounded()))
    }

    private static func entry(_ line: Substring) -> Entry? {
        var fields = line.split(separator: ",", omittingEmptySubsequences: false)
        var tag = "-"
        if fields.first?.hasPrefix("Tag=") == true {
            tag = String(fields.removeFirst().dropFirst(4))
        }
        guard fields.count == 4, Entry.isTag(tag), let start = Double(fields[0]),
            let length = Double(fields[1]), let max = Double(fields[2]),
            [start, length, max].allSatisfy({ $0.isFinite && $0.magnitude < 9e9 })
        else { return nil }
        return Entry(
            tag: tag, start: wholeMilliseconds(start), length: wholeMilliseconds(length),
            max: .seconds(max / 1e3),
            histogram: String(fields[3]))
    }
}
