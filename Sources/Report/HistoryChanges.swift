import Basis
import Measure

/// Where the history of a cell changes level. For information only: a gate compares two commits
/// side by side on one machine at one time, and this does not.
package struct HistoryChange: Equatable, Sendable {
    package let hardware: String
    package let cell: String
    package let metric: String
    /// The first run of the new level, and the last of the old.
    package let run: String
    package let time: String
    package let commit: String
    package let commitBefore: String
    /// Medians of the levels on both sides, up to the neighbouring changes.
    package let before: Double
    package let after: Double
    /// The share of shuffles that come as far (`EDivisive`).
    package let probability: Double

    /// `after` over `before`, minus one.
    package var change: Double { after / before - 1 }

    /// Whether a larger figure is a better one.
    package var isBetter: Bool { (change > 0) == (metric == Metric.rps.name) }
}

/// Where in a history a cell became faster or slower.
package enum HistoryChanges {
    /// Smaller changes are not reported.
    package static let leastChange = 0.02

    /// The metrics looked at. The rate of an open loop is what was asked for, and is left out.
    package static let metrics: [Metric] = [.rps, .p50, .p99, .serverCPU]

    /// The changes of all cells, each on each machine, in the order of the cells' first appearance.
    ///
    /// - Parameter seed: of the shuffles; each series draws its own from it and from its name, so
    ///   that one more cell changes nothing for the others.
    package static func find(in history: HistoryFile, seed: UInt64) -> [HistoryChange] {
        let table = history.table
        var order: [[String]] = []
        var rows: [[String]: [Int]] = [:]
        for row in table.rows.indices {
            let key = [table.field(row, "hw_id") ?? "", table.field(row, "cell_id") ?? ""]
            if rows[key] == nil { order.append(key) }
            rows[key, default: []].append(row)
        }
        return order.flatMap { key in
            metrics.flatMap { metric in
                changes(of: metric.name, key, rows[key] ?? [], table, seed: seed)
            }
        }
    }

    private static func changes(
        of metric: String, _ key: [String], _ rows: [Int], _ table: CSVTable, seed: UInt64
    ) -> [HistoryChange] {
        let points = rows.compactMap { row -> (row: Int, value: Double)? in
            if metric == Metric.rps.name, table.field(row, "arrival") != "closed" { return nil }
            guard let value = table.field(row, metric).flatMap({ Double($0) }), value.isFinite,
                value > 0
            else { return nil }
            return (row, value)
        }
        let name = StableHash.of((key + [metric]).joined(separator: "\n"))
        let values = points.map(\.value)
        let found = EDivisive.changes(in: values, seed: seed ^ (UInt64(name, radix: 16) ?? 0))
        return withoutSmall(found, in: values).map { level in
            let first = points[level.change.index].row
            let last = points[level.change.index - 1].row
            return HistoryChange(
                hardware: key[0], cell: key[1], metric: metric,
                run: table.field(first, "run_id") ?? "", time: table.field(first, "time") ?? "",
                commit: table.field(first, "commit") ?? "",
                commitBefore: table.field(last, "commit") ?? "", before: level.before,
                after: level.after, probability: level.change.probability)
        }
    }

    private typealias Level = (change: EDivisive.Change, before: Double, after: Double)

    /// The changes with the levels on both sides. The smallest is dropped as long as it is too
    /// small, since that joins its neighbours' levels.
    private static func withoutSmall(_ found: [EDivisive.Change], in values: [Double]) -> [Level] {
        var kept = found
        while true {
            let bounds = [0] + kept.map(\.index) + [values.count]
            let medians = zip(bounds, bounds.dropFirst()).map {
                Median.of(Array(values[$0..<$1])) ?? 0
            }
            let levels = kept.indices.map { (kept[$0], medians[$0], medians[$0 + 1]) as Level }
            func size(_ level: Level) -> Double { abs(level.after / level.before - 1) }
            let smallest = levels.indices.min { size(levels[$0]) < size(levels[$1]) }
            guard let smallest, size(levels[smallest]) < leastChange else { return levels }
            kept.remove(at: smallest)
        }
    }
}

/// The columns of `changes.csv`, which the history's figure reads.
package enum ChangeColumns {
    package static let schema = "switchyard.changes/1"

    package static let all: [Column<HistoryChange>] = [
        Column("schema", "text", "the value \(schema)") { _ in schema },
        Column("hw_id", "text", "the hash of the hardware") { $0.hardware },
        Column("cell_id", "text", "the cell") { $0.cell },
        Column("metric", "text", "the column of history.csv that changed") { $0.metric },
        Column("run_id", "text", "the first run of the new level") { $0.run },
        Column("time", "text", "when that run began, ISO 8601") { $0.time },
        Column("commit", "text", "its commit") { $0.commit },
        Column("commit_before", "text", "the commit of the last run of the old level") {
            $0.commitBefore
        },
        Column("before", "as the metric", "median of the old level") {
            field($0.before, decimals: 4)
        },
        Column("after", "as the metric", "median of the new level") {
            field($0.after, decimals: 4)
        },
        Column("change_pct", "%", "after over before, minus one") {
            field(100 * $0.change, decimals: 2)
        },
        Column("p", "1", "share of shuffles that come as far") {
            field($0.probability, decimals: 4)
        },
    ]
}
