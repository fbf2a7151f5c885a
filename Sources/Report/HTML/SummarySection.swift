import Basis

/// What a reader must know before any number: which run this is, whether to believe it, and what it
/// found.
struct SummarySection {
    let files: RunFiles
    private let cells: CellsSection

    init(_ files: RunFiles) {
        self.files = files
        cells = CellsSection(files)
    }

    // MARK: The top

    var heading: Markup {
        .element(
            "header", [:], "\n",
            .element(
                "h1", [:], "Switchyard run ",
                .element("span", ["class": "run"], .text(files.text("run_id") ?? ""))), "\n",
            whole, "\n")
    }

    private enum Tone: String {
        case good, doubtful, bad

        var sign: String {
            switch self {
            case .good: "✓"
            case .doubtful: "△"
            case .bad: "✕"
            }
        }
    }

    /// How much of the run to believe, in one line.
    private var whole: Markup {
        let (tone, words) = judgement
        return .element(
            "p", ["id": "whole", "class": "whole \(tone.rawValue)"],
            .element("span", ["aria-hidden": "true"], .text(tone.sign)), .text(" " + words))
    }

    private var judgement: (Tone, String) {
        let rows = Array(files.cells.rows.indices)
        // What the machine can't run was skipped, and is no fault of the others'.
        let asked = rows.filter { cells.verdict($0) != LaunchRecord.unavailable }
        let sound = asked.filter(cells.isSound).count
        let bounds = asked.filter(cells.isBound).count
        let launches = rows.reduce(0) { $0 + cells.launches($1).all }
        let counted = rows.reduce(0) { $0 + cells.launches($1).counted }
        if rows.isEmpty { return (.bad, "No launch of this run has ended yet.") }
        let words =
            "\(sound) of \(asked.count) cells are valid"
            + (bounds > 0 ? " (\(bounds) as bounds: the generator was their limit)" : "")
            + ", \(counted) of \(launches) launches count."
        if files.text("status") != "complete" {
            return (.bad, "This run is not complete: some launches are missing. " + words)
        }
        if 2 * sound <= asked.count { return (.bad, "Don't trust this run as a whole: " + words) }
        if asked.contains(where: cells.isDoubtful) { return (.doubtful, words) }
        return (.good, words)
    }

    // MARK: What it found

    var findings: Markup {
        let sentences = Findings(
            cells: files.cells, runs: files.runs, isOfPage: true
        ).sentences
        if sentences.isEmpty { return .element("p", [:], "There is nothing to be compared.") }
        let items = sentences.map { Markup.element("li", [:], .text($0)) }
        return .element("ul", ["class": "findings"], .joined(items, by: "\n"))
    }

    // MARK: Which run

    var facts: Markup {
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
        return .element("dl", ["class": "facts"], .joined(list, by: "\n"))
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
}
