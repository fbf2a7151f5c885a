import Basis
package import Report

extension IntervalLog {
    /// A line that is none of a histogram log.
    package struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        package let problem: String
        /// Counts from 1.
        package let line: Int

        package var description: String { "line \(line): \(problem)" }
    }

    /// Reads a log of this project's writer or of another. A line without a tag gets the tag `-`;
    /// starts are absolute where the log has no BaseTime. The histograms are checked when they are
    /// decoded.
    package init(parsing text: String) throws(Refusal) {
        var base: Nanoseconds?
        var began: Nanoseconds?
        var entries: [Entry] = []
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
        self.init(
            start: began ?? base ?? entries.first?.start ?? .zero, entries: entries)
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
