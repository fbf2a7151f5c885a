import Basis
import Measure

/// The table of workers: a row for each worker of a cell, over the launches that count.
struct WorkersSection {
    /// What the launches of one cell say about one worker.
    private struct Worker {
        let row: Int
        let index: Int
        let role: String
        var requestShares: [Double] = []
        var connectionShares: [Double] = []
        /// Sums over the launches, by column.
        var sums: [String: Double] = [:]
    }

    private static let calls = Counter.all.filter { $0.group == "syscalls" }.map(\.column)
    private static let sums = ["cpu_ns", "voluntary_switches"] + Counter.all.map(\.column)

    let files: RunFiles

    init(_ files: RunFiles) { self.files = files }

    var markup: Markup {
        let workers = collect()
        if workers.isEmpty {
            return .element("p", [:], "No server of this run reports about its workers.")
        }
        let cells = CellsSection(files)
        // A run that was measured before a counter came has no column of it.
        let counters = Counter.all.filter(\.isReported).map(\.column)
            .filter { files.workers.index(of: $0) != nil }
        var page = PageTable(
            id: "workers",
            caption: "Workers: shares as the median over launches, counters as sums for a request",
            columns: [
                PageTable.Column("cell_id", "cell"),
                PageTable.Column("worker", "worker", isNumber: true),
                PageTable.Column("role", "role"),
                PageTable.Column("requests", "requests" + .unit("%"), isNumber: true),
                PageTable.Column("owned", "connections" + .unit("%"), isNumber: true),
                PageTable.Column("cpu", "CPU a request" + .unit("µs"), isNumber: true),
                PageTable.Column("sleeps", "sleeps a request", isNumber: true),
                PageTable.Column("syscalls", "system calls a request", isNumber: true),
            ]
                + counters.map { PageTable.Column($0, "\($0) a request", isNumber: true) })
        page.rows = workers.map { worker in
            let id = cells.id(worker.row)
            let start = [
                PageTable.Entry(.element("code", [:], .breakable(id)), order: id),
                PageTable.Entry(.text("\(worker.index)"), order: "\(worker.index)"),
                PageTable.Entry(.text(worker.role), order: worker.role),
                share(worker.requestShares), share(worker.connectionShares),
                perRequest(worker, ["cpu_ns"], scale: 1e-3),
                perRequest(worker, ["voluntary_switches"]), perRequest(worker, Self.calls),
            ]
            return start + counters.map { perRequest(worker, [$0]) }
        }
        return page.markup
    }

    /// The workers in the order of the cells.
    private func collect() -> [Worker] {
        let table = files.workers
        let counted = countedSlots()
        var launches: [[String]: [Int]] = [:]
        var order: [[String]] = []
        for row in table.rows.indices {
            guard let cell = table.field(row, "cell_id"), let slot = table.field(row, "slot"),
                counted.contains(slot)
            else { continue }
            if launches[[cell, slot]] == nil { order.append([cell, slot]) }
            launches[[cell, slot], default: []].append(row)
        }
        var byCell: [String: [Int: Worker]] = [:]
        let cells = files.cells.rows.indices.reduce(into: [String: Int]()) { cells, row in
            if let id = files.cells.field(row, "cell_id") { cells[id] = row }
        }
        for launch in order {
            guard let row = cells[launch[0]], let rows = launches[launch] else { continue }
            add(rows, of: row, to: &byCell[launch[0], default: [:]])
        }
        return byCell.values.flatMap(\.values).sorted { ($0.row, $0.index) < ($1.row, $1.index) }
    }

    private func countedSlots() -> Set<String> {
        Set(
            files.runs.rows.indices.compactMap { row in
                files.runs.field(row, "valid") == "1" ? files.runs.field(row, "slot") : nil
            })
    }

    /// Adds one launch, given by its rows of `workers.csv`.
    private func add(_ rows: [Int], of cell: Int, to workers: inout [Int: Worker]) {
        let requests = rows.reduce(0) { $0 + number($1, "requests") }
        let owned = rows.reduce(0) { $0 + number($1, "owned") }
        for row in rows {
            let index = Int(number(row, "worker"))
            let role = files.workers.field(row, "role") ?? ""
            var worker = workers[index] ?? Worker(row: cell, index: index, role: role)
            if requests > 0 {
                worker.requestShares.append(100 * number(row, "requests") / requests)
            }
            if owned > 0 {
                worker.connectionShares.append(100 * number(row, "owned") / owned)
            }
            for column in Self.sums { worker.sums[column, default: 0] += number(row, column) }
            workers[index] = worker
        }
    }

    /// Zero where a server does not count.
    private func number(_ row: Int, _ column: String) -> Double {
        guard let value = files.workers.field(row, column).flatMap({ Double($0) }),
            value.magnitude < 1e15
        else { return 0 }
        return value
    }

    private func share(_ shares: [Double]) -> PageTable.Entry {
        guard let median = Median.of(shares), let least = shares.min(), let most = shares.max()
        else { return .missing }
        let range: Markup =
            least == most
            ? ""
            : .element(
                "span", ["class": "interval"],
                .text("\(FigureText.of(least)) to \(FigureText.of(most))"))
        return PageTable.Entry(.text(FigureText.of(median)) + range, order: "\(median)")
    }

    private func perRequest(
        _ worker: Worker, _ columns: [String], scale: Double = 1
    ) -> PageTable.Entry {
        let requests = worker.sums["requests"] ?? 0
        if requests <= 0 { return .missing }
        let total = columns.reduce(0) { $0 + (worker.sums[$1] ?? 0) } * scale
        return PageTable.Entry(
            .text(FigureText.of(total / requests)), order: "\(total / requests)")
    }
}

extension Markup {
    /// A unit behind the title of a column.
    static func unit(_ unit: String) -> Markup {
        " " + .element("span", ["class": "unit"], .text(unit))
    }
}
