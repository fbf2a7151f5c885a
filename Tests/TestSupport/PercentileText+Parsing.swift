package import Basis
package import Report

extension PercentileText {
    /// One line that was read.
    package struct ParsedRow: Equatable, Sendable {
        package let value: Nanoseconds
        /// 0...1.
        package let percentile: Double
        package let count: UInt64
    }

    /// The lines of a file in this layout, ours or another's in milliseconds; nil when a line is
    /// malformed.
    package static func rows(parsing text: String) -> [ParsedRow]? {
        var rows: [ParsedRow] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            if words.isEmpty || line.hasPrefix("#") || words[0] == "Value" { continue }
            guard words.count >= 3, let value = Double(words[0]), let percentile = Double(words[1]),
                let count = UInt64(words[2]), value >= 0, value < 9e12, (0...1).contains(percentile)
            else { return nil }
            rows.append(
                ParsedRow(value: .seconds(value / 1e3), percentile: percentile, count: count))
        }
        return rows
    }
}
