import Foundation
import Report
import Testing

/// Figures of tables in which much is zero or missing: each is drawn without a word of gnuplot's,
/// or says in one line that there is nothing to draw.
@Suite(.enabled(if: Gnuplot.path != nil, "gnuplot is not installed"))
struct PlotRobustnessTests {
    /// Rows that are left, and what their figures become.
    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let keeps: @Sendable (Int, String) -> Bool
        /// Nil to leave the figures of a row alone.
        let figure: @Sendable (Int, String) -> String?

        init(
            _ description: String, rows keeps: @escaping @Sendable (Int, String) -> Bool,
            figures: @escaping @Sendable (Int, String) -> String? = { _, _ in nil }
        ) {
            testDescription = description
            self.keeps = keeps
            figure = figures
        }
    }

    static let damages: [Damage] =
        [("zero", "0"), ("empty", "")].flatMap { name, value in
            [
                Damage("every figure is \(name)", rows: all, figures: { _, _ in value }),
                Damage(
                    "every other row is \(name)", rows: all,
                    figures: { row, _ in row.isMultiple(of: 2) ? value : nil }),
                Damage("one row, which is \(name)", rows: first, figures: { _, _ in value }),
            ]
        } + [
            Damage("every figure is the same", rows: all, figures: { _, _ in "7" }),
            Damage("every figure is nan", rows: all, figures: { _, _ in "nan" }),
            Damage("one row", rows: first),
            Damage("one closed cell", rows: { _, cell in cell == "h1/single/w1/c64" }),
            Damage("no row", rows: { _, _ in false }),
        ]

    private static let all: @Sendable (Int, String) -> Bool = { _, _ in true }
    private static let first: @Sendable (Int, String) -> Bool = { row, _ in row == 0 }

    /// What is no figure: it names a row, or says what was done.
    private static let names: Set<String> = [
        "schema", "run_id", "time_utc", "time", "commit", "commit_before", "branch", "dirty",
        "side", "order", "cell_id", "server", "protocol", "pattern", "tls", "nodelay", "arrival",
        "server_cpus", "load_cpus", "verdict", "invalid_reason", "hist_file", "hist_tag",
        "hist_name", "unit", "better", "tier", "metric", "reason", "stage", "role", "hw_id",
        "connections", "threads", "streams", "payload_bytes", "pipeline", "rate_target", "slot",
        "block", "seed", "worker", "n", "n_valid", "valid", "rtt_ns", "link_loss", "link_rate_bit",
        "line_id", "name", "effect", "setting", "published", "kind", "shape", "x_title", "y_title",
        "source",
    ]

    private static func damaged(_ lines: [String], by damage: Damage) -> [String] {
        guard let table = try? CSVTable(parsing: lines.map { $0 + "\n" }.joined()) else {
            return []
        }
        let figures = table.columns.indices.filter { !names.contains(table.columns[$0]) }
        var kept: [String] = [lines[0]]
        for (number, fields) in table.rows.enumerated() {
            let cell = table.field(number, "cell_id") ?? ""
            guard damage.keeps(number, cell) else { continue }
            var fields = fields
            if let value = damage.figure(number, cell) { for i in figures { fields[i] = value } }
            kept.append(String(CSVTable.line(fields).dropLast()))
        }
        return kept
    }

    @Test("zeros, gaps and single rows break no figure", arguments: Gnuplot.figures, damages)
    func draws(figure: String, damage: Damage) throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture(of: figure) { Self.damaged($0, by: damage) }
        let outcome = try folder.draw(figure, of: run, as: "a.svg")
        if outcome.complaint.isEmpty {
            #expect(outcome.status == 0)
        } else {
            // A table without rows is a fault of the table, unless the figure can do without it.
            let isEmpty = outcome.complaint.hasSuffix(" has no rows")
            #expect(outcome.status == 3 || (isEmpty && outcome.status == 1), "\(outcome)")
            #expect(outcome.complaint.hasPrefix("\(figure).gp: "), "\(outcome)")
            #expect(!outcome.complaint.contains("\n"), "\(outcome)")
            #expect(try folder.names() == ["run"])
        }
    }

    @Test("a launch without a success does not break the spread")
    func noSuccess() throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture { table in
            guard table[0].contains(",slot,"), table[0].contains(",rps,") else { return table }
            return Self.damaged(
                table,
                by: Damage("", rows: Self.all, figures: { row, _ in row == 0 ? "0" : nil }))
        }
        #expect(
            try folder.draw("spread", of: run, as: "a.svg") == Outcome(status: 0, complaint: ""))
    }

    @Test("a change from zero is drawn at the edge, and names as they are written")
    func fromZero() throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture(of: "forest") { table in
            let rest = "x,,lower,paired"
            return [
                table[0],
                "switchyard.compare/1,'a b' c,\(rest),0,3,,,,0,0,20,20,worse,,interleaved,1,,",
                "switchyard.compare/1,d∖n″,\(rest),3,0,,,,1,0,20,20,better,,interleaved,0,,",
                "switchyard.compare/1,same,\(rest),0,0,,,,1,1,20,20,same,,interleaved,0.5,,",
            ]
        }
        let outcome = try folder.draw("forest", of: run, as: "a.svg")
        #expect(outcome == Outcome(status: 0, complaint: ""))
        let text = try folder.text("a.svg")
        #expect(text.contains("(2 of 3 rows)") && text.contains("diamond at the edge"))
        #expect(text.contains("&apos;a b&apos; c  x") || text.contains("'a b' c  x"))
        #expect(text.contains("d∖n″  x"))
    }
}
