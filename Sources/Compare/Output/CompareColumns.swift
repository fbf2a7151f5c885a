import Basis
import Measure
package import Report

/// A row of `compare.csv`: one metric of one cell, from a comparison or a gate.
package struct CompareRow: Sendable {
    package private(set) var cell: String
    package let metric: ComparedMetric
    package private(set) var metricName: String
    package let change: Change?
    package let pAdjusted: Double?
    package let verdict: String
    package let reason: String
    /// A gate's stage; the name of the design in a comparison.
    package let stage: String
    /// Of which sides the figures are bounds.
    package let limits: Limits
    package let sigma: Double?
    /// As a share.
    package let minimumDetectableEffect: Double?

    package init(_ row: Comparison.Row) {
        cell = row.cell.display
        metric = row.metric
        metricName = printable(row.metric.name)
        change = row.change
        pAdjusted = row.pAdjusted
        verdict = row.finding.rawValue
        reason = row.doubts.map(\.name).joined(separator: " ")
        stage = row.design.name
        limits = row.limits
        sigma = row.change?.sigma
        minimumDetectableEffect = nil
    }

    package init(_ finding: GateFinding) {
        cell = finding.cell
        metric = finding.metric
        metricName = printable(finding.metric.name)
        change = finding.change
        pAdjusted = finding.pAdjusted
        verdict = finding.verdict.rawValue
        reason = finding.reason
        stage = finding.stage.rawValue
        limits = finding.limits
        sigma = finding.sigma
        minimumDetectableEffect = finding.minimumDetectableEffect
    }

    /// Whether gnuplot would read other names than were written. It ends a field at a doubled
    /// quote, cuts a quoted one at its comma, and obeys a backslash.
    package var isMisread: Bool {
        cell != Self.drawn(cell) || metricName != Self.drawn(metricName)
    }

    /// The row with names that gnuplot shows as they are meant.
    package var drawn: CompareRow {
        var row = self
        row.cell = Self.drawn(cell)
        row.metricName = Self.drawn(metricName)
        return row
    }

    private static func drawn(_ name: String) -> String {
        String(
            name.map { character -> Character in
                switch character {
                case "\"": "″"
                case ",": "‚"
                case "\\": "∖"
                default: character
                }
            })
    }
}

/// The columns of `compare.csv`. The order is frozen; new ones go to the end.
package enum CompareColumns {
    package static let schema = "switchyard.compare/1"

    package static let all: [Column<CompareRow>] = [
        Column("schema", "text", "the value \(schema)") { _ in schema },
        Column("cell_id", "text", "the cell, or the key columns joined by spaces, see below") {
            $0.cell
        },
        Column("metric", "text", "the column compared") { $0.metricName },
        Column("unit", "text", "the unit of base and cand; empty when unknown") {
            $0.metric.unit
        },
        Column("better", "text", "lower or higher") { $0.metric.better.rawValue },
        Column("tier", "text", "how far the metric is trusted: paired, wide or advisory") {
            $0.metric.tier.rawValue
        },
        number("base", "median of the base", 4) { $0.change?.baseMedian },
        number("cand", "median of the candidate", 4) { $0.change?.candidateMedian },
        number(
            "ratio", "candidate over base, Hodges-Lehmann; empty where a figure is not positive", 6
        ) { $0.change?.ratio },
        number("ci_lo", "lower end of the ratio's 99 % interval; empty for small samples", 6) {
            $0.change?.ratioInterval?.low
        },
        number("ci_hi", "upper end of the same", 6) { $0.change?.ratioInterval?.high },
        number("p", "p-value of worse by more than the dead band; empty where not tested", 8) {
            $0.change?.pWorse
        },
        number("p_holm", "after Holm's correction; empty where not tested", 8) { $0.pAdjusted },
        Column("n_base", "1", "launches of the base") { text($0.change?.baseCount) },
        Column("n_cand", "1", "launches of the candidate") { text($0.change?.candidateCount) },
        Column(
            "verdict", "text",
            "better, worse, same or unproven; in a gate PASS, REGRESSION, INCONCLUSIVE or INVALID"
        ) { $0.verdict },
        Column("reason", "text", "why") { $0.reason },
        Column("stage", "text", "the gate's last stage of it, or the design of the two runs") {
            $0.stage
        },
        number("superiority", "how often the candidate is worse; 0.5 is neither", 4) {
            $0.change?.superiority
        },
        number("sigma", "deviation of a pair's log ratio", 5) { $0.sigma },
        number("mde", "smallest worsening a gate finds with its power, as a share", 5) {
            $0.minimumDetectableEffect
        },
        number("diff", "candidate minus base in the metric's unit, where there is no ratio", 6) {
            $0.change?.difference
        },
        number("diff_lo", "lower end of its 99 % interval; empty for small samples", 6) {
            $0.change?.differenceInterval?.low
        },
        number("diff_hi", "upper end of the same", 6) { $0.change?.differenceInterval?.high },
        Column("bounds", "text", "whose figures are bounds: base, cand or both; empty for none") {
            $0.limits.name
        },
    ]

    private static func number(
        _ name: String, _ meaning: String, _ decimals: Int,
        _ value: @escaping @Sendable (CompareRow) -> Double?
    ) -> Column<CompareRow> {
        Column(name, "1", meaning) { row in
            value(row).map { figure($0, decimals: decimals) } ?? ""
        }
    }

    /// With `decimals`, or in scientific notation where these would leave nothing of it.
    static func figure(_ value: Double, decimals: Int) -> String {
        let text = fixed(value, decimals: decimals)
        let digits = text.utf8.count { (0x31...0x39).contains($0) }
        return value != 0 && digits == 0 ? "\(value)" : text
    }

    private static func text(_ value: Int?) -> String { value.map { "\($0)" } ?? "" }
}
