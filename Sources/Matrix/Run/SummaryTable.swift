import Basis
import Report

/// The table that a run ends with.
enum SummaryTable {
    static func text(
        _ summaries: [CellSummary], width: Int?, colours: Bool
    ) -> String {
        let haveSearches = summaries.contains { $0.searchOutcome != nil }
        var columns: [TextTable.Column] = [.init("cell", .left)]
        if haveSearches { columns.append(.init("capacity")) }
        columns += [
            "requests/s", "p50", "p99", "p99.9", "longest", "CPU/request", "calls/request",
            "launches",
        ].map { TextTable.Column($0) }
        var table = TextTable(columns + [.init("verdict", .left)])
        for summary in summaries {
            let tone: TextTable.Tone =
                summary.validLaunches == 0
                ? .bad : Bound.isSound(summary.verdict) ? .good : .doubtful
            let counts =
                summary.validLaunches == summary.launches
                ? "\(summary.launches)" : "\(summary.validLaunches)/\(summary.launches)"
            table.append(
                [.init(summary.cell.id)] + (haveSearches ? [capacity(summary)] : []) + [
                    number(summary, "rps"), time(summary, "p50_ns"), time(summary, "p99_ns"),
                    time(summary, "p999_ns"), time(summary, "max_ns"),
                    time(summary, "srv_cpu_ns_per_req"), number(summary, "srv_syscalls_per_req"),
                    .init(counts), .init(summary.verdict, tone),
                ])
        }
        return table.text(width: width, colours: colours)
    }

    /// The rate that was found, or how the search ended.
    private static func capacity(_ summary: CellSummary) -> TextTable.Cell {
        guard let outcome = summary.searchOutcome else { return "-" }
        if summary.figure("capacity_rps") == nil { return .init(outcome, .doubtful) }
        return number(summary, "capacity_rps")
    }

    private static func time(_ summary: CellSummary, _ name: String) -> TextTable.Cell {
        guard let figure = summary.figure(name) else { return "-" }
        return .init(
            sign(summary, name) + Nanoseconds(raw: Int64(figure.median.rounded())).display)
    }

    private static func number(_ summary: CellSummary, _ name: String) -> TextTable.Cell {
        guard let figure = summary.figure(name) else { return "-" }
        return .init(sign(summary, name) + decimalDisplay(figure.median))
    }

    /// What says that a figure is a bound.
    private static func sign(_ summary: CellSummary, _ name: String) -> String {
        Bound(name, verdict: summary.verdict)?.sign ?? ""
    }
}
