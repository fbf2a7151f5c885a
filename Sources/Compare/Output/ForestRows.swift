import Foundation

/// The rows of a comparison that its figure shows: a figure of thousands of rows shows none.
package enum ForestRows {
    /// A gate or a small comparison is drawn whole.
    package static let limit = 60

    /// Of many rows those with a finding, then those that moved most; in the order given. A row
    /// without a ratio is drawn, at the edge, only where something was found.
    package static func chosen(_ rows: [CompareRow]) -> [CompareRow] {
        let weights = rows.map(weight)
        let drawable = rows.indices.filter { weights[$0] != nil }
        if drawable.count <= limit { return drawable.map { rows[$0] } }
        let ranked = drawable.sorted {
            let (first, second) = (weights[$0] ?? 0, weights[$1] ?? 0)
            return first == second ? $0 < $1 : first > second
        }
        return ranked.prefix(limit).sorted().map { rows[$0] }
    }

    /// How far the row moved, a finding further than all others; nil where it can't be drawn.
    private static func weight(_ row: CompareRow) -> Double? {
        let found = ["worse", "better", "REGRESSION"].contains(row.verdict)
        guard let ratio = row.change?.ratio else { return found ? 2e6 : nil }
        return abs(log(ratio)) + (found ? 1e6 : 0)
    }
}
