package import Basis

/// The cells of a run for github-action-benchmark, tool `customSmallerIsBetter`: an array of
/// `{name, unit, value, range, extra}` (its README, section "Using other benchmark tools").
///
/// Only metrics that are better when smaller, and only cells whose verdict is valid: what reads
/// this raises alarms.
package enum ExportBenchmarkAction {
    static let metrics: [Metric] = [.serverCPU, .serverSyscalls, .p50, .p99]

    package static func json(_ files: RunFiles) -> JSONValue {
        .array(
            ExportedCell.all(files).flatMap { cell in
                cell.figures(metrics).map { figure in
                    var members: [JSONValue.Member] = [
                        .init("name", .string("\(cell.id) \(figure.metric.name)")),
                        .init("unit", .string(figure.metric.unit)),
                        .init("value", figure.median),
                    ]
                    if let (low, high) = figure.interval {
                        members.append(
                            .init("range", .string("\(low.compact) to \(high.compact)")))
                    }
                    members.append(.init("extra", .string("\(cell.launches) launches")))
                    return .object(members)
                }
            })
    }
}

/// A cell of `cells.csv` that may leave the house.
struct ExportedCell {
    struct Figure {
        let metric: Metric
        let median: JSONValue
        let interval: (low: JSONValue, high: JSONValue)?
    }

    let id: String
    let launches: String
    private let table: CSVTable
    private let row: Int

    /// The cells whose verdict is valid.
    static func all(_ files: RunFiles) -> [ExportedCell] {
        let table = files.cells
        return table.rows.indices.compactMap { row in
            guard table.field(row, "verdict") == LoadReport.Verdict.valid.rawValue,
                let id = table.field(row, "cell_id")
            else { return nil }
            let launches = table.field(row, "n_valid") ?? table.field(row, "n") ?? ""
            return ExportedCell(id: id, launches: launches, table: table, row: row)
        }
    }

    func figures(_ metrics: [Metric]) -> [Figure] {
        metrics.compactMap { metric in
            guard let median = number("\(metric.name)_median") else { return nil }
            let low = number("\(metric.name)_ci_lo")
            let high = number("\(metric.name)_ci_hi")
            return Figure(
                metric: metric, median: median,
                interval: low.flatMap { low in high.map { (low, $0) } })
        }
    }

    /// Written as the table has it: a whole number stays one.
    private func number(_ column: String) -> JSONValue? {
        guard let text = table.field(row, column) else { return nil }
        if let whole = Int64(text) { return .integer(whole) }
        return Double(text).flatMap { $0.isFinite ? .number($0) : nil }
    }
}
