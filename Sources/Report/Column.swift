import Basis

/// One column of a table: its name, what it means, and how a row yields it. docs/FORMAT.md carries
/// the same tables; a test holds both equal.
package struct Column<Row>: Sendable {
    package let name: String
    /// `ns`, `bytes`, `1/s`, `1` for a ratio or count, `text` for a name.
    package let unit: String
    /// One sentence without a full stop.
    package let meaning: String
    /// The field; empty when the value is missing.
    package let field: @Sendable (Row) -> String

    package init(
        _ name: String, _ unit: String, _ meaning: String,
        _ field: @escaping @Sendable (Row) -> String
    ) {
        self.name = name
        self.unit = unit
        self.meaning = meaning
        self.field = field
    }
}

extension CSVTable {
    /// The table of `rows` with these columns.
    package init<Row>(_ columns: [Column<Row>], rows: [Row]) {
        self.init(columns: columns.map(\.name))
        for row in rows { append(columns.map { $0.field(row) }) }
    }
}

/// The text of an optional figure in a table.
func field(_ value: (some BinaryInteger)?) -> String { value.map { "\($0)" } ?? "" }

func field(_ value: Double?, decimals: Int) -> String {
    guard let value, value.isFinite else { return "" }
    return fixed(value, decimals: decimals)
}
