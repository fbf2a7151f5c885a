import Basis

/// What a reader must know before any number: which run this is, and how much of it to believe.
struct SummarySection {
    let files: RunFiles
    private let cells: CellsSection

    init(_ files: RunFiles) {
        self.files = files
        cells = CellsSection(files)
    }

    // MARK: Which run

    var heading: Markup {
        let facts: [(Markup, Markup?)] = [
            ("Commit", commit), ("Begun", files.text("started_utc").map { .text($0) }),
            ("Ended", files.text("finished_utc").map { .text($0) }), ("Status", status),
            ("Machine", machine),
        ]
        let list = facts.compactMap { fact in
            fact.1.map {
                Markup.element(
                    "div", [:], .element("dt", [:], fact.0), .element("dd", [:], $0))
            }
        }
        return .element(
            "header", [:], "\n",
            .element(
                "h1", [:], "Switchyard run ",
                .element("span", ["class": "run"], .text(files.text("run_id") ?? ""))), "\n",
            .element("dl", ["class": "facts"], .joined(list, by: "\n")), "\n")
    }

    private var commit: Markup {
        guard let commit = files.text("commit") else { return "none: not in a repository" }
        let branch = files.text("branch").map { " on \($0)" } ?? ""
        let state: Markup =
            files.manifest["dirty"] == .bool(true)
            ? .joined([", ", .element("strong", [:], "with uncommitted changes")]) : ""
        return .element("code", [:], .text(String(commit.prefix(12)))) + .text(branch) + state
    }

    private var status: Markup {
        switch files.text("status") {
        case "complete": "complete"
        case "interrupted": .element("strong", [:], "interrupted: some launches are missing")
        case "running": .element("strong", [:], "not finished: some launches are missing")
        case let other: .text(other ?? "unknown")
        }
    }

    private var machine: Markup? {
        let print = files.manifest["fingerprint"]
        func fact(_ group: String, _ name: String) -> String? {
            print?[group]?[name]?.textValue.flatMap { $0 == Fingerprint.absent ? nil : $0 }
        }
        let facts = [
            fact("hw", "cpu_model"), fact("hw", "cpus_online").map { "CPUs \($0)" },
            fact("hw", "memory_gib").map { "\($0) GiB" },
            fact("sw", "kernel").map { "Linux \($0)" },
        ].compactMap { $0 }
        return facts.isEmpty ? nil : .text(facts.joined(separator: ", "))
    }

    // MARK: How much to believe

    var markup: Markup {
        let rows = Array(files.cells.rows.indices)
        let doubtful = rows.filter(cells.isDoubtful)
        let valid = rows.count(where: cells.isValid)
        let invalid = rows.count { cells.launches($0).counted == 0 }
        let launches = rows.reduce(0) { $0 + cells.launches($1).all }
        let counted = rows.reduce(0) { $0 + cells.launches($1).counted }
        let tiles = [
            tile("\(valid)", "of \(rows.count) cells valid", valid == rows.count ? "good" : nil),
            tile(
                "\(rows.count - valid - invalid)", "doubtful",
                rows.count - valid - invalid > 0 ? "doubtful" : nil),
            tile("\(invalid)", "without figures", invalid > 0 ? "bad" : nil),
            tile("\(counted)", "of \(launches) launches count", nil),
        ]
        return findings + .element("ul", ["class": "tiles"], .joined(tiles, by: "\n")) + "\n"
            + warnings + (doubtful.isEmpty ? noDoubt : folded(doubtful))
    }

    /// What the run says in short.
    private var findings: Markup {
        let sentences = Findings(cells: files.cells, runs: files.runs).sentences
        if sentences.isEmpty { return "" }
        let items = sentences.map { Markup.element("li", [:], .text($0)) }
        return .element("ul", ["class": "findings"], .joined(items, by: "\n")) + "\n"
    }

    private func tile(_ number: String, _ words: String, _ tone: String?) -> Markup {
        .element(
            "li", ["class": tone], .element("strong", [:], .text(number)), " ",
            .element("span", [:], .text(words)))
    }

    private var noDoubt: Markup {
        if files.cells.rows.isEmpty {
            return .element("p", [:], "No launch of this run has ended yet.")
        }
        let again = files.replaced.values.reduce(0, +)
        if again == 0 {
            return .element("p", [:], "Every launch counts and every verdict is valid.")
        }
        let launches = again == 1 ? "1 launch" : "\(again) launches"
        return .element(
            "p", [:],
            .text(
                "Every verdict is valid. Other work spoilt \(launches), which others were made in"
                    + " the place of."))
    }

    /// The doubts, which are read by who wants to know why.
    private func folded(_ rows: [Int]) -> Markup {
        let cells = rows.count == 1 ? "1 cell" : "\(rows.count) cells"
        return .element(
            "details", [:], "\n",
            .element("summary", [:], .text("\(cells) in doubt, and why")), "\n",
            .element(
                "p", [:],
                "A cell whose verdict is not valid decides nothing: repeat it, or leave it out."),
            "\n", doubts(rows), "\n") + "\n"
    }

    private var warnings: Markup {
        guard case .array(let all) = files.manifest["warnings"], !all.isEmpty else { return "" }
        let items = all.map { warning in
            let problem = warning["problem"]?.textValue ?? warning.textValue ?? warning.compact
            let advice = warning["advice"]?.textValue.map { "; \($0)" } ?? ""
            return Markup.element("li", [:], .text(problem + advice))
        }
        return .element("h3", [:], "Warnings of the run")
            + .element("ul", ["class": "warnings"], .joined(items, by: "\n")) + "\n"
    }

    /// More reasons than this say the same with other figures.
    private static let reasonsShown = 3

    private func doubts(_ rows: [Int]) -> Markup {
        let items = rows.map { row in
            let (all, counted) = cells.launches(row)
            let reasons = cells.reasons(row)
            var lines = reasons.prefix(Self.reasonsShown).map { reason in
                reason.text + (reason.count > 1 ? " (\(reason.count) launches)" : "")
            }
            if lines.isEmpty { lines = [MethodSection.meaning(of: cells.verdict(row))] }
            if reasons.count > lines.count {
                lines.append("and \(reasons.count - lines.count) more in journal.ndjson")
            }
            return Markup.element(
                "li", [:], CellsSection.badge(cells.verdict(row)), " ",
                .element("code", [:], .breakable(cells.id(row))),
                .text(counted < all ? " \(counted) of \(all) launches count" : ""),
                .element("ul", [:], lines.map { .element("li", [:], .text($0)) }))
        }
        return .element("ul", ["class": "doubts"], .joined(items, by: "\n"))
    }
}
