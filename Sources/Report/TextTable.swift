import Basis

/// Aligned columns for a terminal, which shows every text and obeys none.
package struct TextTable: Sendable {
    /// Texts stand left, numbers right.
    package enum Alignment: Sendable { case left, right }

    /// The head of a column.
    package struct Column: Sendable {
        package let title: String
        package let alignment: Alignment

        package init(_ title: String, _ alignment: Alignment = .right) {
            self.title = title
            self.alignment = alignment
        }
    }

    /// How a cell stands out where colours are allowed.
    package enum Tone: Sendable {
        case plain, good, doubtful, bad

        fileprivate var code: String {
            switch self {
            case .plain: ""
            case .good: "32"
            case .doubtful: "33"
            case .bad: "31"
            }
        }
    }

    /// One field and how it stands out.
    package struct Cell: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        package let text: String
        package let tone: Tone

        package init(_ text: String, _ tone: Tone = .plain) {
            self.text = text
            self.tone = tone
        }
        package init(stringLiteral value: String) { self.init(value) }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    package mutating func append(_ row: [Cell]) {
        precondition(row.count == columns.count, "a row has one cell for each column")
        rows.append(row.map { Cell(printable($0.text), $0.tone) })
    }

    /// The text, one line a row. Lines longer than `width` characters are made to fit by shortening
    /// the widest left-aligned column, with an ellipsis.
    package func text(width: Int?, colours: Bool) -> String {
        var widths = columns.map(\.title.count)
        for row in rows {
            for (index, cell) in row.enumerated() {
                widths[index] = max(widths[index], cell.text.count)
            }
        }
        let total = widths.reduce(0, +) + 2 * (columns.count - 1)
        let shrinkable = columns.indices.filter { columns[$0].alignment == .left }
        if let width, total > width,
            let widest = shrinkable.max(by: { widths[$0] < widths[$1] })
        {
            widths[widest] = max(Self.leastWidth, widths[widest] - (total - width))
        }
        var text = line(columns.map { Cell($0.title) }, widths, colours: false, bold: colours)
        for row in rows { text += line(row, widths, colours: colours, bold: false) }
        return text
    }

    /// A column is not made narrower than this: it would say nothing.
    private static let leastWidth = 8

    private func line(_ cells: [Cell], _ widths: [Int], colours: Bool, bold: Bool) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let shown =
                cell.text.count > widths[index]
                ? cell.text.prefix(widths[index] - 1) + "…" : Substring(cell.text)
            let gap = String(repeating: " ", count: widths[index] - shown.count)
            let isLast = index == cells.count - 1
            let code = bold ? "1" : colours ? cell.tone.code : ""
            let painted = code.isEmpty ? String(shown) : "\u{1B}[\(code)m\(shown)\u{1B}[0m"
            switch columns[index].alignment {
            case .left: line += painted + (isLast ? "" : gap)
            case .right: line += gap + painted
            }
            if !isLast { line += "  " }
        }
        // An empty last cell must not leave the padding of the cell before it.
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }
}
