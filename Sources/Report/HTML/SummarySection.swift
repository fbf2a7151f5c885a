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
        let invalid = rows.count { cells.verdict($0) == "invalid" }
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
        return .element("ul", ["class": "tiles"], .joined(tiles, by: "\n")) + "\n" + sentence(doubtful)
            + "\n" + warnings + (doubtful.isEmpty ? "" : doubts(doubtful))
    }

    private func tile(_ number: String, _ words: String, _ tone: String?) -> Markup {
        .element(
            "li", ["class": tone], .element("strong", [:], .text(number)), " ",
            .element("span", [:], .text(words)))
    }

    private func sentence(_ doubtful: [Int]) -> Markup {
        if files.cells.rows.isEmpty {
            return .element("p", [:], "No launch of this run has ended yet.")
        }
        return .element(
            "p", [:],
            doubtful.isEmpty
                ? "Every launch counts and every verdict is valid."
                : "What stands below decides nothing: repeat it or leave it out.")
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

    private func doubts(_ rows: [Int]) -> Markup {
        var table = PageTable(
            id: "doubts", caption: "Cells in doubt, and why",
            columns: [
                PageTable.Column("cell_id", "cell"), PageTable.Column("verdict", "verdict"),
                PageTable.Column("n", "launches that count", isNumber: true),
                PageTable.Column("reasons", "reasons"),
            ])
        table.rows = rows.map { row in
            let (all, counted) = cells.launches(row)
            let reasons = cells.reasons(row).map { reason in
                Markup.element(
                    "li", [:],
                    .text(reason.text + (reason.count > 1 ? " (\(reason.count) launches)" : "")))
            }
            return [
                PageTable.Entry(
                    .element("code", [:], .breakable(cells.id(row))), order: cells.id(row)),
                PageTable.Entry(
                    CellsSection.badge(cells.verdict(row)), order: cells.verdict(row)),
                PageTable.Entry(.text("\(counted) of \(all)"), order: "\(counted)"),
                PageTable.Entry(
                    reasons.isEmpty
                        ? .text(MethodSection.meaning(of: cells.verdict(row)))
                        : .element("ul", [:], reasons),
                    order: cells.reasons(row).first?.text ?? ""),
            ]
        }
        return table.markup
    }
}
