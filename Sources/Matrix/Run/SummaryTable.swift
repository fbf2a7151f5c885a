import Basis
import Report

/// The table that a run ends with.
enum SummaryTable {
    static func text(
        _ summaries: [CellSummary], width: Int?, colours: Bool
    ) -> String {
        var table = TextTable([
            .init("cell", .left), .init("req/s"), .init("p50"), .init("p99"), .init("p99.9"),
            .init("max"), .init("cpu/req"), .init("sys/req"), .init("n"), .init("verdict", .left),
        ])
        for summary in summaries {
            let tone: TextTable.Tone =
                summary.validLaunches == 0 ? .bad : summary.verdict == "valid" ? .good : .doubtful
            let counts =
                summary.validLaunches == summary.launches
                ? "\(summary.launches)" : "\(summary.validLaunches)/\(summary.launches)"
            table.append([
                .init(summary.cell.id), number(summary, "rps"), time(summary, "p50_ns"),
                time(summary, "p99_ns"), time(summary, "p999_ns"), time(summary, "max_ns"),
                time(summary, "srv_cpu_ns_per_req"), number(summary, "srv_syscalls_per_req"),
                .init(counts), .init(summary.verdict, tone),
            ])
        }
        return table.text(width: width, colours: colours)
    }

    private static func time(_ summary: CellSummary, _ name: String) -> TextTable.Cell {
        guard let figure = summary.figure(name) else { return "-" }
        return .init(Nanoseconds(raw: Int64(figure.median.rounded())).display)
    }

    private static func number(_ summary: CellSummary, _ name: String) -> TextTable.Cell {
        guard let figure = summary.figure(name) else { return "-" }
        return .init(decimalDisplay(figure.median))
    }
}
