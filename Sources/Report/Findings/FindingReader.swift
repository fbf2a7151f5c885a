import Basis

/// Finds what can be compared in the tables of a run.
struct FindingReader {
    let cells: CSVTable
    let runs: CSVTable
    /// Rows of `cells` that count, as what they are or as bounds.
    let sound: Set<Int>
    /// The launches that count, as rows of `runs`, by their cell.
    private let counted: [String: [Int]]

    init(cells: CSVTable, runs: CSVTable) {
        self.cells = cells
        self.runs = runs
        counted = Dictionary(
            grouping: runs.rows.indices.filter { runs.field($0, "valid") == "1" }
        ) { runs.field($0, "cell_id") ?? "" }
        sound = Set(
            cells.rows.indices.filter { Bound.isSound(cells.field($0, "verdict") ?? "") })
    }

    /// Columns that make a question, with what they have where nothing was said.
    private static let parameters = [
        ("protocol", "h1"), ("streams", "1"), ("pipeline", "1"), ("tls", "off"), ("nodelay", "on"),
        ("arrival", ""), ("rate_target", ""), ("find_rate", ""), ("handshake", "full"),
        ("quickack", "off"),
        ("cork", "off"), ("request_shape", "one"), ("reply_shape", "one"),
        ("requests_per_connection", ""), ("connection_rate_target", ""), ("close", "fin"),
        ("fastopen", "off"), ("rtt_ns", "0"), ("link_loss", "0"), ("link_rate_bit", ""),
        ("burst", "1"), ("path", ""), ("mix", "none"), ("skew", "even"),
        ("idle", "0"), ("slow_readers", "none"), ("slow_senders", "none"),
    ]

    /// The pattern, or the server where the pattern is its own affair.
    private func name(_ row: Int) -> String {
        cells.field(row, "pattern") ?? cells.field(row, "server") ?? "unnamed"
    }

    private func field(_ row: Int, _ column: String) -> String { cells.field(row, column) ?? "" }

    /// - Parameter names: columns that may vary instead.
    func axis(among names: [String]) -> FindingAxis? {
        if Set(sound.map(name)).count > 1 { return .patterns }
        let varying = names.first { column in Set(sound.map { field($0, column) }).count > 1 }
        return varying.map { .column($0) }
    }

    /// The closed loop first, as in the figures; else in the order of the table.
    func questions(over axis: FindingAxis) -> [FindingQuestion] {
        var questions: [FindingQuestion] = []
        for row in cells.rows.indices {
            var question = question(row, over: axis)
            if let known = questions.firstIndex(where: { $0.key == question.key }) {
                questions[known].rows.append(row)
            } else {
                question.rows = [row]
                questions.append(question)
            }
        }
        return questions.filter(\.isClosed) + questions.filter { !$0.isClosed }
    }

    private func question(_ row: Int, over axis: FindingAxis) -> FindingQuestion {
        var key: [String] = []
        let isClosed = field(row, "arrival") == "closed"
        let rules = field(row, "find_rate")
        var title = isClosed ? "closed loop" : rules.isEmpty ? "open loop" : "capacity"
        let mix = field(row, "mix")
        let isMixed = !mix.isEmpty && mix != "none"
        if isMixed, axis != .column("mix") {
            title += " of the mix \(mix)"
        } else if axis != .column("path"), let path = cells.field(row, "path") {
            title += " of \(path)"
        }
        if !rules.isEmpty { title += " at \(rules)" }
        if let rate = Double(field(row, "rate_target")) {
            title += " at \(decimalDisplay(rate))/s"
            if field(row, "arrival") == "poisson" { title += ", Poisson" }
        }
        let told = ["arrival", "rate_target", "find_rate", "path", "mix", "connection_rate_target"]
        for (column, usual) in Self.parameters where axis != .column(column) {
            let value = field(row, column)
            key.append(value.isEmpty ? usual : value)
            if told.contains(column) || value.isEmpty || value == usual { continue }
            title +=
                column != "requests_per_connection"
                ? ", \(column) \(value)"
                : value == "1" ? ", a connection each" : ", \(value) a connection"
        }
        if axis != .column("payload_bytes") {
            let payload = payload(row)
            key.append(payload)
            if !["", "13"].contains(payload), field(row, "path").isEmpty, !isMixed {
                title += ", \(payload) bytes"
            }
        }
        if axis != .patterns {
            for column in ["server", "pattern", "threads"] where axis != .column(column) {
                key.append(field(row, column))
            }
        }
        return FindingQuestion(
            key: key.joined(separator: "\t"), title: title, isClosed: isClosed, isMixed: isMixed,
            isSearch: !rules.isEmpty)
    }

    /// The payload that was asked for, as the id has it: that of the table may have been measured.
    private func payload(_ row: Int) -> String {
        field(row, "cell_id").split(separator: "/").first { $0.wholeMatch(of: /p[0-9]+/) != nil }
            .map { String($0.dropFirst()) } ?? ""
    }

    func contests(of question: FindingQuestion, over axis: FindingAxis) -> [Contest] {
        question.figures.compactMap { figure in
            var values: Contest.Values = [:]
            var bounds: Set<String> = []
            for row in question.rows {
                let name = contestant(row, of: question, over: axis)
                let load = axis == .column("connections") ? "" : field(row, "connections")
                values[name, default: [:]][load, default: []] +=
                    sound.contains(row) ? launches(of: field(row, "cell_id"), figure) : []
                if Bound(figure.rawValue, verdict: field(row, "verdict")) != nil {
                    bounds.insert(name)
                }
            }
            return Contest(figure, values, bounds: bounds)
        }
    }

    /// What a cell is called, longer where a pattern has several numbers of threads.
    private func contestant(
        _ row: Int, of question: FindingQuestion, over axis: FindingAxis
    ) -> String {
        if case .column(let column) = axis {
            return "\(column) \(cells.field(row, column) ?? "none")"
        }
        let name = name(row)
        let threads = Set(
            question.rows.filter { self.name($0) == name }.map { field($0, "threads") })
        return threads.count > 1 ? "\(name) w\(field(row, "threads"))" : name
    }

    /// The figures of a cell's launches that count.
    private func launches(of cell: String, _ figure: Contest.Figure) -> [Double] {
        (counted[cell] ?? []).compactMap { row in
            runs.field(row, figure.rawValue).flatMap { Double($0) }
        }
    }
}
