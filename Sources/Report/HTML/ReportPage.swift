import Basis

/// The report of a run: one HTML file that needs nothing else to be read. The same input gives the
/// same bytes.
package struct ReportPage {
    let files: RunFiles
    /// The way from the report to the run's folder, without a slash at its end; empty when it lies
    /// in it.
    let base: String

    /// - Parameter base: the relative path from the folder of the report to that of the run; empty
    ///   when they are the same.
    package init(_ files: RunFiles, base: String = "") {
        self.files = files
        self.base = base
    }

    package var text: String {
        let summary = SummarySection(files)
        let findings: Section = ("findings", "Findings", summary.findings)
        let slopes: [Section] =
            SlopesSection(files).map { [("slopes-all", "Round trips", $0.markup)] } ?? []
        let sections: [Section] =
            [
                ("figures", "Figures", figures),
                ("doubts", "Doubts", DoubtsSection(files).markup),
                ("cells-all", "Cells", CellsSection(files).markup),
            ] + slopes + [
                ("workers-all", "Workers", WorkersSection(files).markup),
                ("method", "How to read the numbers", MethodSection.markup),
                ("machine", "Machine and conditions", MachineSection(files).markup),
                ("files", "Files", links),
            ]
        let contents = sections.map { section in
            Markup.element(
                "li", [:], .element("a", ["href": "#\(section.id)"], section.title))
        }
        let nav = Markup.element(
            "nav", ["aria-label": "Contents"], .element("ul", [:], contents))
        let body =
            [Self.markup(findings), summary.facts, nav] + sections.map { Self.markup($0) }
        return "<!DOCTYPE html>\n"
            + Markup.element(
                "html", ["lang": "en"], "\n", head, "\n",
                .element(
                    "body", [:], "\n",
                    .element("a", ["class": "skip", "href": "#findings"], "To the findings"), "\n",
                    summary.heading, "\n",
                    .element("main", [:], "\n", .joined(body, by: "\n"), "\n"), "\n",
                    .element("p", ["id": "spoken", "class": "spoken", "aria-live": "polite"]),
                    "\n", .element("script", [:], .verbatim(SortScript.text)), "\n"), "\n"
            ).html + "\n"
    }

    private typealias Section = (id: String, title: Markup, content: Markup)

    private static func markup(_ section: Section) -> Markup {
        .element(
            "section", ["id": section.id, "aria-labelledby": "\(section.id)-title"], "\n",
            .element("h2", ["id": "\(section.id)-title"], section.title), "\n",
            section.content, "\n")
    }

    private var head: Markup {
        .element(
            "head", [:], "\n", .void("meta", ["charset": "utf-8"]), "\n",
            .element("title", [:], .text("Switchyard run \(files.text("run_id") ?? "")")), "\n",
            .void(
                "meta",
                ["name": "viewport", "content": "width=device-width, initial-scale=1"]), "\n",
            .void("meta", ["name": "color-scheme", "content": "light dark"]), "\n",
            // Nothing may be fetched, and no script but the one below may run, whatever else
            // slipped in (Content Security Policy Level 3).
            .void(
                "meta",
                [
                    "http-equiv": "Content-Security-Policy",
                    "content": "default-src 'none'; style-src 'unsafe-inline'; "
                        + "script-src '\(SortScript.digest)'; base-uri 'none'; form-action 'none'",
                ]), "\n",
            .element("style", [:], .verbatim(StyleSheet.text)), "\n")
    }

    private var figures: Markup {
        if files.figures.isEmpty {
            return .element(
                "p", [:], "There are no figures yet. To draw them: install gnuplot, run ",
                .element("code", [:], .text("switchyard plot \(files.text("run_id") ?? "RUN")")),
                " and make this report again.")
        }
        let ranked = files.figures.sorted {
            (FigureGuide.rank($0.name), $0.name) < (FigureGuide.rank($1.name), $1.name)
        }
        return .joined(
            ranked.map { figure in
                let guide = FigureGuide.of(figure.name)
                return .element(
                    "figure", [:], "\n", .element("h3", [:], .text(guide.question)), "\n",
                    .element(
                        "div", ["class": "card"], figure.drawing.legendMarkup,
                        .element(
                            "div",
                            [
                                "class": "scroll", "role": "region", "tabindex": "0",
                                "aria-label": "Figure: \(guide.question)",
                            ],
                            .drawing(figure.drawing))), "\n",
                    .element(
                        "figcaption", [:], .text(guide.reading + " "),
                        link("plots/\(figure.name).svg", "image alone")), "\n")
            }, by: "\n")
    }

    // MARK: Files

    private static let meanings = [
        "manifest.json": "what was asked, of which code, on which machine, in which order",
        "journal.ndjson": "every launch as it was recorded, a line each",
        "runs.csv": "a row a launch", "cells.csv": "a row a cell: medians and intervals",
        "workers.csv": "a row a worker of a launch",
        "slopes.csv": "a row a line of latency over the round-trip time",
        "compare.csv": "a row a comparison",
        "verdict.json": "the verdict of a comparison", "report.md": "the comparison in short",
        "junit.xml": "the comparison as test results",
    ]

    private var links: Markup {
        let plain = files.paths.filter { !$0.contains("/") }
        let histograms = files.paths.filter { $0.hasPrefix("hist/") }
        let list = plain.map { path in
            let meaning = Self.meanings[path].map { ": " + $0 } ?? ""
            return Markup.element("li", [:], link(path, path), .text(meaning))
        }
        let rest = histograms.map { path in
            Markup.element("li", [:], link(path, String(path.dropFirst(5))))
        }
        return .element("ul", [:], .joined(list, by: "\n"))
            + (rest.isEmpty
                ? ""
                : .element(
                    "details", [:],
                    .element(
                        "summary", [:], "Latency distributions of all cells (\(rest.count) files)"),
                    .element(
                        "p", [:], .element("code", [:], ".hgrm"),
                        ": by percentile, launches that count merged; ",
                        .element("code", [:], ".hlog"),
                        ": HdrHistogram logs, an entry a launch."),
                    .element("ul", ["class": "paths"], .joined(rest, by: "\n"))))
    }

    private func link(_ path: String, _ title: String) -> Markup {
        let way = base.isEmpty ? path : "\(base)/\(path)"
        return .element("a", ["href": Self.reference(way)], .text(title))
    }

    /// A path as a relative reference (RFC 3986 section 4.2): everything but unreserved characters
    /// and slashes is written by its bytes, so that it can't be taken for a scheme or a query.
    static func reference(_ path: String) -> String {
        var reference = ""
        let digits = Array("0123456789ABCDEF")
        for byte in path.utf8 {
            let character = Character(Unicode.Scalar(byte))
            if character.isASCII,
                character.isLetter || character.isNumber || "-._~/".contains(character)
            {
                reference.append(character)
            } else {
                reference += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return reference
    }
}
