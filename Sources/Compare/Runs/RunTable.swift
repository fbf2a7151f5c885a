package import Basis
package import Report

/// The launches of one run, as far as a comparison needs them.
package struct RunTable: Equatable, Sendable {
    /// One row: a launch of a cell.
    package struct Launch: Equatable, Sendable {
        /// What joins a launch to its neighbour of the other side; nil when the row doesn't say.
        package var pair: String?
        /// ISO 8601, which sorts as text; nil when the table doesn't say.
        package var time: String?
        /// The position in the plan, or else in the table: the order of launches of one second.
        package var slot = 0
        /// The line of the table, as an editor counts it.
        package var line = 0
        /// One for each metric of the table.
        package var values: [Figure]
        /// Why the launch does not count; nil when it does.
        package var invalidReason: String?
        /// The generator's verdict; `valid` where the table doesn't say.
        package var verdict: String
    }

    /// The machine of the run, by the hashes of its fingerprint.
    package struct Machine: Equatable, Sendable {
        package let hardwareID: String
        package let softwareID: String
    }

    /// A time that holds for all launches of a run, as in its manifest.
    package struct Setting: Equatable, Sendable {
        package let name: String
        package let value: Int64
    }

    /// As the user named it.
    package let name: String
    package let metrics: [ComparedMetric]
    /// Whether the user named them.
    package let namesMetrics: Bool
    /// The file, links followed; nil for a table without one.
    package var file: String?
    /// In the order of the table.
    package private(set) var cells: [CellName] = []
    package private(set) var launches: [CellName: [Launch]] = [:]
    /// The column that joins launches to their neighbours; nil when none was named.
    package let pairBy: String?
    /// Nil when nothing says where the figures come from.
    package var machine: Machine?
    /// Whether it is a table of `switchyard run`.
    package let isOwn: Bool
    /// The columns that say under which conditions a launch was measured.
    package static let conditionColumns = ["warmup_s", "duration_s", "server_cpus", "load_cpus"]
    /// The values of a cell's launches under each of these; empty where the table doesn't say.
    package private(set) var conditions: [CellName: [Set<String>]] = [:]
    /// What the manifest says of times, in nanoseconds.
    package var settings: [Setting] = []
    /// What a reader should know about the table itself, one line each.
    package var notes: [String] = []
}

extension RunTable {
    /// Takes the launches out of a table of `switchyard run`, or of any table when `request` names
    /// its keys.
    package init(_ table: CSVTable, name: String, request: TableRequest) throws(Complaint) {
        if table.rows.isEmpty {
            throw Complaint(
                "\(name) has no rows", remedy: "compare a run that measured something",
                status: .failure)
        }
        isOwn = try Self.isOurs(table, name: name, request: request)
        if isOwn { try Self.refuseSides(table, name) }
        let keys = request.keys.isEmpty ? ["cell_id"] : request.keys
        let metrics =
            request.metrics.isEmpty
            ? ComparedMetric.known.filter { table.index(of: $0.name) != nil } : request.metrics
        self.name = name
        self.metrics = metrics
        namesMetrics = !request.metrics.isEmpty
        pairBy = request.pairBy
        let keyColumns = try Self.columns(keys, of: table, name)
        let valueColumns = try Self.columns(metrics.map(\.name), of: table, name)
        let pairColumn = try Self.columns(request.pairBy.map { [$0] } ?? [], of: table, name).first
        let own = isOwn ? OwnColumns(table) : nil
        for (number, row) in table.rows.enumerated() {
            let cell = CellName(keyColumns.map { row[$0] })
            if launches[cell] == nil { cells.append(cell) }
            own?.addConditions(row, to: &conditions[cell])
            var values: [Figure] = []
            values.reserveCapacity(valueColumns.count)
            for column in valueColumns {
                guard let figure = Figure(parsing: row[column]) else {
                    throw Complaint(
                        "\(name) line \(table.line(ofRow: number)): '\(row[column])' under"
                            + " \(table.columns[column]) is not a number",
                        remedy: "leave a missing figure empty", status: .failure)
                }
                values.append(figure)
            }
            launches[cell, default: []].append(
                Launch(
                    pair: pairColumn.flatMap { row[$0].isEmpty ? nil : row[$0] },
                    time: own?.time(row), slot: own?.slot(row) ?? number,
                    line: table.line(ofRow: number), values: values,
                    invalidReason: own?.invalidReason(row), verdict: own?.verdict(row) ?? "valid"))
        }
        if table.lostTornLine {
            notes.append("\(name): the last line was cut short and is left out")
        }
    }

    private static func isOurs(
        _ table: CSVTable, name: String, request: TableRequest
    ) throws(Complaint) -> Bool {
        if let column = table.index(of: "schema") {
            let schemas = Set(table.rows.map { $0[column] })
            if schemas == [RunColumns.schema] { return true }
            if schemas.count > 1 {
                let names = schemas.sorted().joined(separator: "' and '")
                throw Complaint(
                    "\(name) mixes rows of the schemas '\(names)'",
                    remedy: "compare files of one schema each", status: .failure)
            }
            if request.keys.isEmpty, let schema = schemas.first {
                throw Complaint(
                    "\(name) has the schema '\(schema)', not \(RunColumns.schema)",
                    remedy: "compare runs of this version, or name --key and --metric",
                    status: .failure)
            }
        }
        if request.keys.isEmpty || request.metrics.isEmpty {
            throw Complaint(
                "\(name) is no table of switchyard run: its columns are"
                    + " \(table.columns.prefix(12).joined(separator: ", "))"
                    + (table.columns.count > 12 ? ", ..." : ""),
                remedy: "say which to compare with --key COL and --metric COL:lower")
        }
        return false
    }

    private static func columns(
        _ names: [String], of table: CSVTable, _ file: String
    ) throws(Complaint) -> [Int] {
        var found: [Int] = []
        for name in names {
            guard let column = table.index(of: name) else {
                let near = nearestName(to: name, among: table.columns)
                throw Complaint(
                    "\(file) has no column '\(name)'",
                    remedy: near.map { "did you mean '\($0)'?" } ?? "it has "
                        + table.columns.joined(separator: ", "))
            }
            found.append(column)
        }
        return found
    }

    /// A gate's table holds both sides, and the base twice: as one sample they mean nothing.
    private static func refuseSides(_ table: CSVTable, _ name: String) throws(Complaint) {
        guard let column = table.index(of: "side") else { return }
        let sides = Set(table.rows.map { $0[column] }).sorted()
        if sides.count < 2 { return }
        throw Complaint(
            "\(name) holds several sides of a gate: "
                + sides.map { $0.isEmpty ? "none" : $0 }.joined(separator: ", "),
            remedy: "read the gate's own compare.csv, or give a table of each side")
    }

    /// The columns of `runs.csv` that say how a launch went.
    private struct OwnColumns {
        private let timeColumn: Int?
        private let slotColumn: Int?
        private let validColumn: Int?
        private let reasonColumn: Int?
        private let verdictColumn: Int?
        private let conditionColumns: [Int?]

        init(_ table: CSVTable) {
            timeColumn = table.index(of: "time_utc")
            slotColumn = table.index(of: "slot")
            validColumn = table.index(of: "valid")
            reasonColumn = table.index(of: "invalid_reason")
            verdictColumn = table.index(of: "verdict")
            conditionColumns = RunTable.conditionColumns.map { table.index(of: $0) }
        }

        private func text(_ row: [String], _ column: Int?) -> String? {
            column.flatMap { row[$0].isEmpty ? nil : row[$0] }
        }

        func time(_ row: [String]) -> String? { text(row, timeColumn) }
        func addConditions(_ row: [String], to conditions: inout [Set<String>]?) {
            var found = conditions ?? conditionColumns.map { _ in [] }
            conditions = nil
            for (index, column) in conditionColumns.enumerated() {
                if let text = text(row, column) { found[index].insert(text) }
            }
            conditions = found
        }
        func slot(_ row: [String]) -> Int? { text(row, slotColumn).flatMap { Int($0) } }
        func verdict(_ row: [String]) -> String? { text(row, verdictColumn) }
        func invalidReason(_ row: [String]) -> String? {
            text(row, validColumn) == "0" ? text(row, reasonColumn) ?? "not valid" : nil
        }
    }
}
