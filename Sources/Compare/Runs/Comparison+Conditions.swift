import Basis

extension Comparison {
    private enum Limit {
        /// More differences than these say no more.
        static let shown = 3
    }

    /// What of the conditions of two runs differs, one clause each: figures of different lengths or
    /// CPUs differ whatever the code does.
    static func differences(
        _ base: RunTable, _ candidate: RunTable, in cells: [CellName]
    ) -> [String] {
        var found: [String] = []
        for setting in base.settings {
            guard let other = candidate.settings.first(where: { $0.name == setting.name }),
                other != setting
            else { continue }
            found.append("\(setting.name) is \(setting.value) and \(other.value)")
        }
        for (index, column) in RunTable.conditionColumns.enumerated() {
            let differing = cells.filter { cell in
                let a = base.conditions[cell]?[index] ?? []
                let b = candidate.conditions[cell]?[index] ?? []
                return !a.isEmpty && !b.isEmpty && a != b
            }
            guard let cell = differing.first else { continue }
            let values = [base, candidate].map {
                ($0.conditions[cell]?[index] ?? []).sorted().joined(separator: "/")
            }
            let more = differing.count > 1 ? " and \(differing.count - 1) cells more" : ""
            found.append("\(column) of \(cell.display)\(more) is \(values[0]) and \(values[1])")
        }
        return found
    }

    /// The same in one clause; nil when nothing differs. Refused unless `allowed`.
    static func conditionsDiffer(
        _ base: RunTable, _ candidate: RunTable, in cells: [CellName], allowed: Bool
    ) throws(Complaint) -> String? {
        let found = differences(base, candidate, in: cells)
        if found.isEmpty { return nil }
        let more = found.count > Limit.shown ? ", and more" : ""
        let clause = found.prefix(Limit.shown).joined(separator: ", ") + more
        guard allowed else {
            throw Complaint(
                "\(base.name) and \(candidate.name) were measured under other conditions:"
                    + " \(clause)",
                remedy: "measure both alike, or add --across-machines to see the figures anyway",
                status: .otherMachine)
        }
        return clause
    }

    /// Remarks on metrics that only one side has, of which nothing can be said.
    static func lonelyMetrics(_ own: RunTable, beside other: RunTable) -> [String] {
        let names = own.metrics.filter { !other.metrics.contains($0) }.map(\.name)
        if names.isEmpty { return [] }
        let noun = names.count == 1 ? "metric" : "metrics"
        return ["only in \(own.name): \(noun) \(names.joined(separator: ", "))"]
    }

    /// A remark on runs that are one and the same, which nobody compares on purpose.
    static func sameness(_ base: RunTable, _ candidate: RunTable) -> [String] {
        if let file = base.file, file == candidate.file {
            return ["base and candidate are the same run: this says nothing of a change"]
        }
        if base.launches == candidate.launches {
            return ["base and candidate hold the same rows: is one a copy of the other?"]
        }
        return []
    }

    /// Refuses a comparison without a figure on both sides: no data is never no regression.
    func requireFigures() throws(Complaint) {
        if rows.contains(where: { $0.change != nil }) { return }
        throw Complaint(
            "no figure of \(base) can be compared with one of \(candidate):"
                + " each is missing, or of launches that don't count",
            remedy: "compare runs whose launches succeeded, by metrics that both have",
            status: .failure)
    }
}
