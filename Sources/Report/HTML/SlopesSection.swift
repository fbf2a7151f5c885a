import Basis

/// The table of lines of latency over the round-trip time.
struct SlopesSection {
    private let table: CSVTable

    /// Nil where cells differ in no round-trip time.
    init?(_ files: RunFiles) {
        guard let table = files.slopes, !table.rows.isEmpty else { return nil }
        self.table = table
    }

    var markup: Markup {
        var page = PageTable(
            id: "slopes", caption: "Median latency over the round-trip time, by least squares",
            columns: [
                PageTable.Column("name", "line"),
                PageTable.Column("n", "round-trip times", isNumber: true),
                PageTable.Column("slope", "round trips a request", isNumber: true),
                PageTable.Column("slope_se", "standard error", isNumber: true),
                PageTable.Column(
                    "intercept_ns", "without a round trip" + .unit("ms"), isNumber: true),
                PageTable.Column(
                    "residual_max_ns", "farthest from the line" + .unit("ms"), isNumber: true),
                PageTable.Column("verdict", "verdict"), PageTable.Column("line_id", "cells"),
            ])
        page.rows = table.rows.indices.map { row in
            let id = table.field(row, "line_id") ?? ""
            let verdict = table.field(row, "verdict") ?? "unknown"
            return [
                text(row, "name"), text(row, "n"), figure(row, "slope", 1),
                figure(row, "slope_se", 1), figure(row, "intercept_ns", 1e-6),
                figure(row, "residual_max_ns", 1e-6),
                PageTable.Entry(CellsSection.badge(verdict), order: verdict),
                PageTable.Entry(.element("code", [:], .breakable(id)), order: id),
            ]
        }
        return .element(
            "p", ["class": "note"],
            "A request that waits for two round trips takes 20 ms longer where one is 10 ms "
                + "longer, whatever the programs do: the slope counts them.") + page.markup
    }

    private func text(_ row: Int, _ column: String) -> PageTable.Entry {
        guard let text = table.field(row, column) else { return .missing }
        return PageTable.Entry(.text(text), order: text)
    }

    private func figure(_ row: Int, _ column: String, _ scale: Double) -> PageTable.Entry {
        guard let value = table.field(row, column).flatMap({ Double($0) }), value.isFinite else {
            return .missing
        }
        return PageTable.Entry(.text(FigureText.of(value * scale)), order: "\(value)")
    }
}
