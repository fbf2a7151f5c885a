import Basis

/// What can't be trusted, and why: folded, for it is read by who wants to know.
struct DoubtsSection {
    let files: RunFiles
    private let cells: CellsSection
    private let doubtful: [Int]
    /// Not in doubt otherwise.
    private let bounds: [Int]

    init(_ files: RunFiles) {
        self.files = files
        let cells = CellsSection(files)
        let rows = Array(files.cells.rows.indices)
        self.cells = cells
        doubtful = rows.filter(cells.isDoubtful)
        bounds = rows.filter { cells.isBound($0) && !cells.isDoubtful($0) }
    }

    var markup: Markup {
        let warnings = warnings
        let verdict = doubtful.isEmpty ? noDoubt + "\n" : ""
        if doubtful.isEmpty, bounds.isEmpty, warnings.isEmpty { return verdict }
        func counted(_ count: Int, _ noun: String) -> String {
            "\(count) \(noun)\(count == 1 ? "" : "s")"
        }
        var counts: [String] = []
        if !warnings.isEmpty { counts.append(counted(warnings.count, "warning") + " of the run") }
        if !doubtful.isEmpty { counts.append(counted(doubtful.count, "cell") + " in doubt") }
        if !bounds.isEmpty { counts.append(counted(bounds.count, "cell") + " with bounds") }
        return verdict
            + .element(
                "details", ["class": "doubtful"], "\n",
                .element("summary", [:], .text(counts.joined(separator: ", "))), "\n",
                warnings.isEmpty ? "" : list(of: warnings),
                doubtful.isEmpty
                    ? ""
                    : part(
                        "Cells in doubt",
                        "A cell whose verdict is not valid decides nothing: repeat it, or leave it "
                            + "out.",
                        doubtful),
                bounds.isEmpty
                    ? ""
                    : part(
                        "Cells whose figures are bounds",
                        "The generator was the limit: the server does at least these rates, and "
                            + "took at most these times.", bounds))
    }

    private var noDoubt: Markup {
        if files.cells.rows.isEmpty {
            return .element("p", [:], "No launch of this run has ended yet.")
        }
        let again = files.replaced.values.reduce(0, +)
        if again == 0 {
            return .element(
                "p", [:],
                bounds.isEmpty
                    ? "Every launch counts and every verdict is valid."
                    : "Every launch counts, and every verdict is valid or makes bounds.")
        }
        let launches = again == 1 ? "1 launch" : "\(again) launches"
        return .element(
            "p", [:],
            .text(
                "Every verdict is valid\(bounds.isEmpty ? "" : " or makes bounds")."
                    + " Other work spoilt \(launches), which others were made in"
                    + " the place of."))
    }

    /// Of the run as a whole.
    private var warnings: [Markup] {
        guard case .array(let all) = files.manifest["warnings"] else { return [] }
        return all.map { warning in
            let problem = warning["problem"]?.textValue ?? warning.textValue ?? warning.compact
            let advice = warning["advice"]?.textValue.map { "; \($0)" } ?? ""
            return .element("li", [:], .text(problem + advice))
        }
    }

    private func list(of warnings: [Markup]) -> Markup {
        .element("h3", [:], "Warnings of the run")
            + .element("ul", ["class": "warnings"], .joined(warnings, by: "\n")) + "\n"
    }

    private func part(_ title: Markup, _ words: String, _ rows: [Int]) -> Markup {
        .element("h3", [:], title) + .element("p", [:], .text(words)) + "\n"
            + .element("ul", ["class": "doubts"], .joined(rows.map(entry), by: "\n")) + "\n"
    }

    /// More reasons than this say the same with other figures.
    private static let reasonsShown = 3

    private func entry(_ row: Int) -> Markup {
        let (all, counted) = cells.launches(row)
        let reasons = cells.reasons(row)
        var lines = reasons.prefix(Self.reasonsShown).map { reason in
            reason.text + (reason.count > 1 ? " (\(reason.count) launches)" : "")
        }
        if lines.isEmpty { lines = [MethodSection.meaning(of: cells.verdict(row))] }
        if reasons.count > lines.count {
            lines.append("and \(reasons.count - lines.count) more in journal.ndjson")
        }
        return .element(
            "li", [:], CellsSection.badge(cells.verdict(row)), " ",
            .element("code", [:], .breakable(cells.id(row))),
            .text(counted < all ? " \(counted) of \(all) launches count" : ""),
            .element("ul", [:], lines.map { .element("li", [:], .text($0)) }))
    }
}
