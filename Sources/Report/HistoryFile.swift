package import Basis
import Foundation

/// A row of `history.csv`: one cell of one run.
package struct HistoryRow: Equatable, Sendable {
    /// One for each of `HistoryColumns.all`.
    let fields: [String]
}

/// The columns of `history.csv`. The order is frozen; new ones go to the end.
package enum HistoryColumns {
    package static let schema = "switchyard.history/1"

    package static let all: [Column<HistoryRow>] = (run + cell + medians).enumerated().map {
        index, entry in
        Column(entry.name, entry.unit, entry.meaning) { $0.fields[index] }
    }

    private typealias Entry = (name: String, unit: String, meaning: String)

    private static let run: [Entry] = [
        ("schema", "text", "the value \(schema)"), ("time", "text", "when the run began, ISO 8601"),
        ("commit", "text", "the measured commit; empty outside a repository"),
        ("branch", "text", "the branch of the commit; empty when detached"),
        ("dirty", "1", "1 when the working tree differed from the commit, else 0"),
        ("run_id", "text", "the name of the run's folder"),
        ("hw_id", "text", "the hash of the hardware; only rows that share it are compared"),
    ]

    private static let cell: [Entry] = [
        ("cell_id", "text", "the cell"), ("arrival", "text", "closed, poisson or constant"),
        ("n", "1", "launches of the cell"),
        ("n_valid", "1", "launches that count; the figures are theirs"),
        ("verdict", "text", "the verdict of the cell, as in cells.csv"),
    ]

    private static let medians: [Entry] = Metric.kept.map {
        ($0.name, $0.unit, "median of \($0.name) over the launches that count")
    }
}

/// The medians of all runs that were kept, in `history.csv`: a row a run and cell, by rising time.
package struct HistoryFile: Equatable, Sendable {
    package static let name = "history.csv"

    package private(set) var table: CSVTable
    /// Columns of the file that this version doesn't know; to write it again would lose them.
    package private(set) var laterColumns: [String] = []

    package init() { table = CSVTable(columns: HistoryColumns.all.map(\.name)) }

    /// Reads the file back. `path` is named in complaints. Columns of a later version are left
    /// out and named in `laterColumns`.
    package init(parsing text: String, path: String) throws(Complaint) {
        self.init()
        let read: CSVTable
        do throws(CSVRefusal) {
            read = try CSVTable(parsing: text)
        } catch {
            throw Self.complaint(path, "is no table: \(error)")
        }
        if read.lostTornLine { throw Self.complaint(path, "is cut off in its last line") }
        if let absent = table.columns.first(where: { read.index(of: $0) == nil }) {
            throw Self.complaint(path, "has no column \(absent)")
        }
        laterColumns = read.columns.filter { table.index(of: $0) == nil }
        let figures = Metric.kept.map(\.name)
        for row in read.rows.indices {
            let line = "line \(read.line(ofRow: row))"
            let schema = read.field(row, "schema") ?? ""
            if schema != HistoryColumns.schema {
                throw Self.complaint(
                    path, "\(line) has the schema '\(schema)', not \(HistoryColumns.schema)")
            }
            for figure in figures {
                guard let text = read.field(row, figure) else { continue }
                guard let value = Double(text), value.isFinite else {
                    throw Self.complaint(path, "\(line): '\(text)' under \(figure) is no number")
                }
            }
            table.append(table.columns.map { read.field(row, $0) ?? "" })
        }
    }

    private static func complaint(_ path: String, _ problem: String) -> Complaint {
        Complaint(
            "\(path) \(problem)",
            remedy: "restore it, or remove it and add the runs again with: switchyard history add",
            status: .failure)
    }

    /// Takes in the cells of a run that have figures, in place of what the file already says about
    /// that run, so that adding a run twice changes nothing.
    ///
    /// - Returns: how many cells that were.
    @discardableResult
    package mutating func add(_ files: RunFiles) throws(Complaint) -> Int {
        let id = files.text("run_id") ?? ""
        guard let time = files.text("started_utc"), files.text("status") == "complete" else {
            throw Complaint(
                "the run \(id) is not complete",
                remedy: "finish it with: switchyard resume '\(id)'",
                status: .failure)
        }
        let dirty = files.manifest["dirty"].map { $0 == .bool(true) ? "1" : "0" }
        let run = [
            HistoryColumns.schema, time, files.text("commit") ?? "", files.text("branch") ?? "",
            dirty ?? "", id, files.manifest["fingerprint"]?["hw_id"]?.textValue ?? "",
        ]
        let fresh = files.cells.rows.indices.compactMap { row -> HistoryRow? in
            let medians = Metric.kept.map {
                files.cells.field(row, $0.name + "_median") ?? ""
            }
            if medians.allSatisfy(\.isEmpty) { return nil }
            let facts = ["cell_id", "arrival", "n", "n_valid", "verdict"].map {
                files.cells.field(row, $0) ?? ""
            }
            return HistoryRow(fields: run + facts + medians)
        }
        insert(fresh, run: id)
        return fresh.count
    }

    /// The other runs of the commit and machine of the run `id`: they all stay, since only their
    /// scatter tells a change from noise. Empty for a run of no commit or of changed files.
    package func repeats(of id: String) -> [String] {
        let rows = table.rows.indices
        guard let own = rows.first(where: { table.field($0, "run_id") == id }),
            let commit = table.field(own, "commit"), table.field(own, "dirty") == "0"
        else { return [] }
        let others = rows.filter {
            table.field($0, "commit") == commit && table.field($0, "dirty") == "0"
                && table.field($0, "hw_id") == table.field(own, "hw_id")
        }
        return Set(others.compactMap { table.field($0, "run_id") }).subtracting([id]).sorted()
    }

    private mutating func insert(_ fresh: [HistoryRow], run id: String) {
        let lines = fresh.map { row in HistoryColumns.all.map { $0.field(row) } }
        guard let run = table.index(of: "run_id"), let time = table.index(of: "time") else {
            return
        }
        let rows = table.rows.filter { $0[run] != id } + lines
        let order = rows.indices.sorted {
            // Times of this form sort like texts; rows of one run keep their order.
            (rows[$0][time], rows[$0][run], $0) < (rows[$1][time], rows[$1][run], $1)
        }
        table = CSVTable(columns: table.columns)
        for index in order { table.append(rows[index]) }
    }

    /// The rows of one cell on one machine, in order: what a tool reads that knows one series a
    /// file, such as Apache Otava.
    package func series(cell: String, hardware: String) -> CSVTable {
        var series = CSVTable(columns: table.columns)
        for row in table.rows.indices
        where table.field(row, "cell_id") == cell
            && (table.field(row, "hw_id") ?? "") == hardware
        {
            series.append(table.rows[row])
        }
        return series
    }
}
