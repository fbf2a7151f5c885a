import Basis
import Measure
import Report

extension Comparison {
    private enum Limit {
        /// More rows than these would scroll the verdict away; the rest is in `compare.csv`.
        static let rows = 40
    }

    /// What a terminal shows: the rows that say something, then what they add up to. The last line
    /// is the sum.
    package func text(width: Int?, colours: Bool) -> String {
        var table = TextTable([
            .init("cell", .left), .init("metric", .left), .init("base"), .init("candidate"),
            .init("change"), .init("99% interval"), .init("n"), .init("", .left),
        ])
        let shown = shownRows
        for row in shown { table.append(Self.cells(row)) }
        var text = "base       \(printable(base))\ncandidate  \(printable(candidate))\n\n"
        text += table.text(width: width, colours: colours)
        if shown.count < rows.count {
            text += "and \(rows.count - shown.count) rows more in compare.csv\n"
        }
        text += "\n"
        for line in remarks { text += printable(line) + "\n" }
        return text + summary + "\n"
    }

    /// The rows with a finding first, then the largest changes; all, in the order of the tables,
    /// where they are few.
    private var shownRows: [Row] {
        if rows.count <= Limit.rows { return rows }
        let ranked = rows.indices.sorted { a, b in
            let (first, second) = (weight(rows[a]), weight(rows[b]))
            return first == second ? a < b : first > second
        }
        return ranked.prefix(Limit.rows).sorted().map { rows[$0] }
    }

    private func weight(_ row: Row) -> Double {
        guard let change = row.change else { return 0 }
        // Without a ratio nothing says how far a change is beside others.
        let size = change.ratio.map { max($0, 1 / $0) } ?? (change.difference == 0 ? 1 : 2)
        return row.finding == .worse || row.finding == .better ? 1e6 + size : size
    }

    private static func cells(_ row: Row) -> [TextTable.Cell] {
        let tone: TextTable.Tone =
            switch row.finding {
            case .better: .good
            case .worse: .bad
            case .same: .plain
            case .unproven: .doubtful
            }
        let why = row.doubts.first.map { ": \($0.name)" } ?? ""
        let said = TextTable.Cell(row.finding.rawValue + why, tone)
        guard let change = row.change else {
            return [
                .init(row.cell.display), .init(row.metric.title), "", "", "", "", "", said,
            ]
        }
        let count =
            change.baseCount == change.candidateCount
            ? "\(change.baseCount)" : "\(change.baseCount)/\(change.candidateCount)"
        return [
            .init(row.cell.display), .init(row.metric.title), .init(row.baseText ?? ""),
            .init(row.candidateText ?? ""), .init(row.changeText ?? ""),
            .init(row.intervalText ?? ""), .init(count), said,
        ]
    }

    /// What stands beside the table: doubts explained once, cells without a partner, the tables'
    /// own notes.
    var remarks: [String] {
        var lines = notes
        if machinesDiffer { lines.append("the runs are of different machines: nothing is proved") }
        lines += Self.partnerless(onlyInBase, of: base)
        lines += Self.partnerless(onlyInCandidate, of: candidate)
        var explained: Set<String> = []
        for row in rows {
            guard let doubt = row.doubts.first, explained.insert(doubt.name).inserted else {
                continue
            }
            lines.append("\(doubt.name): \(doubt)")
        }
        return lines
    }

    private static func partnerless(_ cells: [CellName], of name: String) -> [String] {
        if cells.isEmpty { return [] }
        let more = cells.count > 3 ? " and \(cells.count - 3) more" : ""
        return [
            "only in \(name): \(cells.prefix(3).map(\.display).joined(separator: ", "))\(more);"
                + " of these nothing is known"
        ]
    }

    /// One line.
    package var summary: String {
        let counts = Finding.allCases.filter { $0 != .unproven }.map { "\(count($0)) \($0)" }
        let cells = Set(rows.map(\.cell)).count
        return "\(cells) cells, \(rows.count) comparisons: \(counts.joined(separator: ", ")),"
            + " \(count(.unproven)) unproven"
    }
}
