import Basis
import Measure

/// Markdown as GitHub renders it (GitHub Flavored Markdown 0.29), safe for any text.
enum Markdown {
    /// A table row; pipes and line ends inside would end a cell.
    static func row(_ cells: [String]) -> String {
        "| " + cells.map(escaped).joined(separator: " | ") + " |\n"
    }

    /// The heading of a table whose columns named in `right` hold numbers.
    static func heading(_ titles: [String], right: Set<Int> = []) -> String {
        row(titles) + "|"
            + titles.indices.map { right.contains($0) ? "---:|" : "---|" }.joined() + "\n"
    }

    /// A part that is folded until a reader opens it.
    static func folded(_ title: String, _ body: String) -> String {
        "<details><summary>\(escaped(title))</summary>\n\n\(body)\n</details>\n"
    }

    /// Text without meaning for Markdown or HTML, on one line.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "|": result += "\\|"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "`", "*", "_", "[", "]", "\\", "~", "$": result += "\\\(character)"
            case _ where character.isNewline: result += " "
            default: result += printable(String(character))
            }
        }
        return result
    }

    /// As many of `lines` as fit into `limit` bytes, with a line that says how many were left out.
    static func cut(_ lines: [String], bytes limit: Int) -> String {
        var text = ""
        for (index, line) in lines.enumerated() {
            if text.utf8.count + line.utf8.count > limit {
                return text + "\n\(lines.count - index) more rows are in compare.csv.\n"
            }
            text += line
        }
        return text
    }
}

extension Comparison {
    /// `report.md`.
    package var markdown: String {
        var text = "# Comparison\n\n"
        text += "Base: \(Markdown.escaped(base))  \nCandidate: \(Markdown.escaped(candidate))\n\n"
        text += "**\(Markdown.escaped(summary))**\n\n"
        for line in remarks { text += "- \(Markdown.escaped(line))\n" }
        let found = rows.filter { $0.finding == .worse || $0.finding == .better }
        if !found.isEmpty { text += "\n" + Self.table(found) }
        return text + "\n" + Markdown.folded("All \(rows.count) comparisons", Self.table(rows))
    }

    private static func table(_ rows: [Row]) -> String {
        let titles = [
            "cell", "metric", "base", "candidate", "change", "99% interval", "n", "finding",
        ]
        let lines = rows.map { row in
            let change = row.change
            return Markdown.row([
                row.cell.display, row.metric.title, row.baseText ?? "", row.candidateText ?? "",
                row.changeText ?? "", row.intervalText ?? "",
                change.map { "\($0.baseCount)/\($0.candidateCount)" } ?? "",
                row.finding.rawValue + (row.doubts.first.map { ": \($0.name)" } ?? ""),
            ])
        }
        return Markdown.heading(titles, right: [2, 3, 4, 5, 6])
            + Markdown.cut(lines, bytes: 30_000)
    }
}
