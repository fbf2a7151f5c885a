import Basis

/// What tells a cell from all others: the values of its key columns, in their order.
package struct CellName: Hashable, Sendable {
    /// One for each key column; the `cell_id` alone in tables of `switchyard run`.
    package let values: [String]
    /// The values as one line, different for different cells of one table.
    ///
    /// Joined by spaces. A value that would not come through whole stands in apostrophes, with
    /// Swift's escapes inside: the empty one, one with an apostrophe in front or a control
    /// character, and among several also one with a space. Apostrophes, because quotes would be
    /// doubled in a field of comma-separated values.
    package let display: String

    package init(_ values: [String]) {
        self.values = values
        display = values.map { Self.shown($0, isAlone: values.count == 1) }.joined(separator: " ")
    }

    /// Byte for byte: Swift's strings are equal where Unicode calls them equivalent, and a table
    /// may hold both spellings.
    package static func == (a: CellName, b: CellName) -> Bool {
        a.values.elementsEqual(b.values) { $0.utf8.elementsEqual($1.utf8) }
    }

    package func hash(into hasher: inout Hasher) {
        for value in values { hasher.combine(Array(value.utf8)) }
    }

    private static func shown(_ value: String, isAlone: Bool) -> String {
        let line = printable(value)
        let isPlain =
            line == value && !value.isEmpty && !value.hasPrefix("'")
            && (isAlone || !value.unicodeScalars.contains { $0.properties.isWhitespace })
        if isPlain { return value }
        let escaped = value.unicodeScalars.map { scalar in
            switch scalar {
            case "'": "\\'"
            case "\\": "\\\\"
            default: printable(String(Character(scalar)))
            }
        }
        return "'\(escaped.joined())'"
    }
}
