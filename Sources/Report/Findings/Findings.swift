/// What a run says in short: who won what and by how much, in at most five sentences, from cells
/// that count: valid ones, and of those that the generator limited what their bounds allow.
package struct Findings {
    /// More is not read.
    package static let most = 5

    /// At most `most`; one that says why where nothing was compared.
    package let sentences: [String]

    /// What of a cell's parameters may tell contestants apart where patterns and servers don't: the
    /// first that does. Rates are not among them: they say what is asked, not what answers.
    private static let axes = [
        "protocol", "tls", "handshake", "threads", "streams", "pipeline", "nodelay", "quickack",
        "cork", "request_shape", "reply_shape", "close", "fastopen", "rtt_ns", "link_loss",
        "link_rate_bit", "requests_per_connection", "payload_bytes", "path", "mix", "connections",
    ]

    /// - Parameters:
    ///   - cells: a table as `cells.csv`.
    ///   - runs: `runs.csv` of the same run.
    ///   - isOfPage: whether signs are those of a page, such as ≥, not those of a terminal.
    package init(cells: CSVTable, runs: CSVTable, isOfPage: Bool = false) {
        let reader = FindingReader(cells: cells, runs: runs)
        if cells.rows.isEmpty {
            sentences = []
            return
        }
        if reader.sound.isEmpty {
            sentences = ["No cell is valid, so that nothing can be said of what wins."]
            return
        }
        guard let axis = reader.axis(among: Self.axes) else {
            sentences = ["The valid cells differ in nothing that could win."]
            return
        }
        let contests = reader.questions(over: axis).flatMap { question in
            reader.contests(of: question, over: axis).map { (question: question, contest: $0) }
        }
        if contests.isEmpty {
            sentences = [
                "No two valid cells differ in \(axis.title) alone, so that nothing was compared."
            ]
            return
        }
        sentences = Self.chosen(contests).map {
            FindingSentence($0.contest, of: $0.question, isOfPage: isOfPage).text
        }
    }

    /// The same from the records of a run.
    package init(run: RunIdentity, cells: [CellSummary], launches: [LaunchRecord]) {
        self.init(
            cells: CSVTable(CellColumns.all, rows: cells.map { (run: run, summary: $0) }),
            runs: CSVTable(RunColumns.all, rows: launches.map { (run: run, launch: $0) }))
    }

    private typealias Told = (question: FindingQuestion, contest: Contest)

    /// The first contest of each question, then further ones that tell somebody apart, the clearest
    /// before others, up to `most`; in the order in which they came.
    private static func chosen(_ contests: [Told]) -> [Told] {
        var asked: Set<String> = []
        let isFirst = contests.map { asked.insert($0.question.key).inserted }
        let order = contests.indices.sorted { a, b in
            if isFirst[a] != isFirst[b] { return isFirst[a] }
            let (first, second) = (contests[a].contest.weight, contests[b].contest.weight)
            return first == second ? a < b : first > second
        }
        let worthy = order.filter { isFirst[$0] || contests[$0].contest.weight > 0 }
        return worthy.prefix(most).sorted().map { contests[$0] }
    }
}
