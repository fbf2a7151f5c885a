import Basis
import Foundation
import Testing

@testable import Report

@Suite("HTML report")
struct HTMLPageTests {
    @Test("the report of the fixture is the golden one, and the same twice")
    func golden() throws {
        let run = try RunCopy()
        let page = try run.page()
        #expect(try run.page() == page)
        try RunCopy.expect(PageReader.withoutPrograms(page), equals: "report.html")
    }

    @Test("it is well formed, ids are unique, and references lead somewhere")
    func wellFormed() throws {
        let run = try RunCopy()
        let reader = PageReader(try run.page())
        #expect(reader.problem == nil)
        let ids = reader.elements.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count, "an id stands twice")
        for element in reader.elements {
            let labels = element.attributes["aria-labelledby"].map { [$0] } ?? []
            let target = element.attributes["href"].flatMap {
                $0.hasPrefix("#") ? String($0.dropFirst()) : nil
            }
            for id in labels + (target.map { [$0] } ?? []) {
                #expect(ids.contains(id), "<\(element.name)> refers to \(id)")
            }
        }
    }

    @Test("a launch that was made again is no doubt, and is told of", arguments: [false, true])
    func replaced(isTold: Bool) throws {
        let run = try RunCopy()
        // The first cell alone, with a launch that does not count.
        try run.change("cells.csv") { text in
            text.split(separator: "\n").prefix(2).joined(separator: "\n")
                .replacing(",3,3,valid,", with: ",4,3,valid,") + "\n"
        }
        try run.change("runs.csv") { text in
            var lines = text.split(separator: "\n").map { "\($0)," }
            lines[0] += "replaced_by"
            let first = lines.firstIndex { $0.contains(",h1/single/w1/c1,") }
            if isTold, let first { lines[first] += "9" }
            return lines.joined(separator: "\n") + "\n"
        }
        let page = try run.page()
        #expect(page.contains("cell in doubt") != isTold)
        #expect(page.contains("Other work spoilt 1 launch,") == isTold)
        #expect(!page.contains("Every launch counts"))
    }

    @Test(
        "a run that can't be trusted as a whole says so on top",
        arguments: [
            ("cells.csv", ",valid,", ",late,", "trust this run as a whole: 0 of 36 cells"),
            (
                "manifest.json", "\"complete\"", "\"interrupted\"",
                "This run is not complete: some launches are missing."
            ),
        ])
    func untrusted(file: String, from: String, to: String, words: String) throws {
        let run = try RunCopy()
        try run.change(file) { $0.replacing(from, with: to) }
        let page = try run.page()
        let line = try #require(page.range(of: words))
        let findings = try #require(page.range(of: "id=\"findings\""))
        #expect(line.upperBound < findings.lowerBound)
        #expect(page.contains("class=\"whole bad\""))
        #expect(!(try RunCopy().page()).contains("class=\"whole bad\""))
    }

    @Test("what the generator limited counts, with signs that say which way it is a bound")
    func bounds() throws {
        let run = try RunCopy()
        // The closed loop of single over 64 connections.
        try run.change("cells.csv") { text in
            text.split(separator: "\n").map { line in
                let isMeant = line.contains(",h1/single/w1/c64,")
                return String(
                    isMeant ? line.replacing(",valid,", with: ",client-bound,") : Substring(line))
            }.joined(separator: "\n") + "\n"
        }
        let text = PageReader(try run.page()).text
        for words in [
            "34 of 36 cells are valid (1 as bounds: the generator was their limit), 107 of 108",
            "≥\u{00A0}60\u{202F}685from 60\u{202F}358",
            "≤\u{00A0}2\u{202F}840up to 3\u{202F}007",
            "1 cell with bounds", "15.114.7 to 15.1", "≥ client-bound",
        ] {
            #expect(text.contains(words), "lacks '\(words)'")
        }
    }

    @Test("it loads nothing, and files are linked by relative paths")
    func selfContained() throws {
        let page = try RunCopy().page()
        for word in ["://", " src=", "@import", "url(", "<link", "<iframe", "<img"] {
            #expect(!page.contains(word), "holds '\(word)'")
        }
        #expect(page.contains("default-src 'none'".replacing("'", with: "&#39;")))
        #expect(page.contains("href=\"hist/h1_single_w1_c64.hgrm\""))
        #expect(page.contains("href=\"plots/heatmap.svg\""))
    }

    @Test("cells that searched their rate show it, or how the search ended")
    func searches() throws {
        let run = try RunCopy()
        let file = Gnuplot.fixture(of: "capacity").appending(path: "cells.csv")
        try run.write("cells.csv", try String(contentsOf: file, encoding: .utf8))
        let page = try run.page()
        #expect(PageReader(page).problem == nil)
        for mark in [
            "capacity <span class=\"unit\">1/s</span>", "not met at", "searched, Poisson",
            "searched, constant", "generator-bound", "never-met", "searched rate p99&lt;5ms",
        ] {
            #expect(page.contains(mark), "lacks '\(mark)'")
        }
        #expect(!(try RunCopy().page()).contains("not met at"))
    }

    @Test("cells behind a link are told, and so are the lines through them")
    func links() throws {
        let run = try RunCopy()
        #expect(!(try run.page()).contains("Round trips"))
        for name in ["cells.csv", "slopes.csv"] {
            let file = Gnuplot.fixture(of: "slopes").appending(path: name)
            try run.write(name, try String(contentsOf: file, encoding: .utf8))
        }
        let page = try run.page()
        #expect(PageReader(page).problem == nil)
        for mark in [
            "Round trips", "round trips a request", ">4.01<", ">3.01<", ">2.00<",
            "href=\"slopes.csv\"",
            "Through a link there is no CPU time a request", "loss of the link 0",
            "round trip <span class=\"unit\">ms</span>",
        ] {
            #expect(page.contains(mark), "lacks '\(mark)'")
        }
        try run.change("slopes.csv") { $0.replacing(",slope,", with: ",other,") }
        #expect(throws: Complaint.self) { try run.page() }
    }

    @Test("a report in another folder links the way back")
    func base() throws {
        let run = try RunCopy()
        let page = ReportPage(try run.files(), base: "../a b").text
        #expect(page.contains("href=\"../a%20b/cells.csv\""))
        #expect(!page.contains("href=\"cells.csv\""))
    }

    @Test("every heading of a table says what it heads, and every table has a caption")
    func accessible() throws {
        let reader = PageReader(try RunCopy().page())
        let named = reader.elements.map(\.name)
        #expect(named.count { $0 == "table" } == named.count { $0 == "caption" })
        let scopes = reader.elements.filter { $0.name == "th" }.map { $0.attributes["scope"] }
        #expect(scopes.allSatisfy { $0 == "col" || $0 == "row" })
        let levels = named.filter { ["h1", "h2", "h3"].contains($0) }
        #expect(levels.first == "h1" && levels.count { $0 == "h1" } == 1)
        #expect(levels.dropFirst().first == "h2", "no level is left out")
        let drawings = reader.elements.filter {
            $0.name == "svg" && $0.attributes["aria-hidden"] == nil
        }
        #expect(drawings.count == 2)
        #expect(drawings.allSatisfy { $0.attributes["aria-label"] != nil })
    }

    @Test("every cell, its conditions, its verdict and its reason are there")
    func content() throws {
        let text = PageReader(try RunCopy().page()).text
        for words in [
            "34 of 36 cells are valid, 107 of 108 launches count.",
            "60.0k/s of 80.0k/s were reached, 75.0% (limit 99.0%)",
            "the hypervisor withheld 2.4% of the CPU time", "2 of 3 launches count",
            "acceptors:exclusive", "open, Poisson", "nginx", "60\u{202F}685",
            "60\u{202F}358 to 60\u{202F}905", "Example CPU of made-up numbers",
            "3 launches a cell give a median but no interval", "net.core.somaxconn", "2.00s",
            "Mitigation: <retpolines> & \"more\"", "not available", "intended start",
        ] {
            #expect(text.contains(words), "lacks '\(words)'")
        }
    }

    @Test("texts from files are never markup", arguments: ["<script>alert(1)</script>", "\"'><b>"])
    func hostile(words: String) throws {
        let run = try RunCopy()
        let quoted = words.replacing("\"", with: "\"\"")
        let inJSON = words.replacing("\"", with: "\\\"")
        try run.change("cells.csv") {
            $0.replacing("h1/nginx/w2/c64", with: "\"h1/\(quoted)/w2\"")
                .replacing(",nginx,", with: ",\"\(quoted)\",")
        }
        try run.change("runs.csv") {
            $0.replacing("the hypervisor withheld 2.4% of the CPU time", with: "\"\(quoted)\"")
        }
        try run.change("manifest.json") {
            $0.replacing("\"fixture\"", with: "\"\(inJSON)\"")
                .replacing("\"meltdown\"", with: "\"\(inJSON)\"")
                .replacing("use --repeat 6", with: inJSON)
        }
        let page = try run.page()
        let reader = PageReader(page)
        #expect(reader.problem == nil)
        #expect(reader.elements.count { $0.name == "script" } == 1)
        #expect(!reader.elements.contains { $0.name == "b" })
        #expect(reader.text.contains(words))
        #expect(!page.contains(words))
    }

    @Test("a run without figures says how to draw them")
    func noFigures() throws {
        let run = try RunCopy(figures: [])
        let text = PageReader(try run.page()).text
        #expect(text.contains("There are no figures yet"))
        #expect(text.contains("switchyard plot fixture"))
    }

    @Test("a run of other servers has no workers, one without journal still has its reasons")
    func absences() throws {
        let run = try RunCopy()
        try run.change("workers.csv") { String($0.prefix { $0 != "\n" }) + "\n" }
        try run.remove("journal.ndjson")
        let text = PageReader(try run.page()).text
        #expect(text.contains("No server of this run reports about its workers."))
        #expect(text.contains("requests were sent later than intended"))
        #expect(text.contains("the hypervisor withheld 2.4%"))
    }

    @Test(
        "what is missing or torn is one line of complaint, status 1",
        arguments: [
            ("manifest.json", "", "is no manifest: line 1"),
            ("manifest.json", "{}", "has no run_id"),
            ("manifest.json", "{\"run_id\": 1", "is no manifest: line 1"),
            ("manifest.json", nil, "is missing"), ("cells.csv", nil, "is missing"),
            ("cells.csv", "", "is no table"), ("cells.csv", "a,b\n", "has no column cell_id"),
            ("runs.csv", "cell_id,slot,verdict,valid\na,1,val", "is cut off in its last line"),
            ("workers.csv", "a,b\nc\nd,e\n", "is no table"),
            ("plots/heatmap.svg", "<svg", "line 1"),
            ("plots/heatmap.svg", "<html></html>", "is no SVG image"),
            ("journal.ndjson", "{\n{}\n", "line 1 is no launch"),
        ] as [(String, String?, String)])
    func complaints(name: String, content: String?, words: String) throws {
        let run = try RunCopy()
        if let content { try run.write(name, content) } else { try run.remove(name) }
        let complaint = try #require(throws: Complaint.self) { try run.files() }
        #expect(complaint.status == .failure)
        #expect(complaint.description.contains("\(run.path)/\(name)"))
        #expect(complaint.description.contains(words))
        #expect(!complaint.description.contains("\n") && !complaint.remedy.isEmpty)
    }

    @Test("a journal may be torn in its last line")
    func tornJournal() throws {
        let run = try RunCopy()
        let whole = try run.files().reasons
        try run.change("journal.ndjson") { $0 + "{\"schema\":\"swi" }
        #expect(try run.files().reasons == whole)
    }

    @Test("every figure has its words")
    func guides() throws {
        let plots = RunCopy.fixture.deletingLastPathComponent().deletingLastPathComponent()
        let scripts = try FileManager.default.contentsOfDirectory(atPath: plots.path)
            .filter { $0.hasSuffix(".gp") }.map { String($0.dropLast(3)) }
        let notOfARun: Set = ["style", "history", "forest", "effect"]
        #expect(Set(scripts).subtracting(notOfARun) == Set(FigureGuide.all.map(\.name)))
    }

    @Test(
        "numbers are read at a glance",
        arguments: [
            (0, "0"), (0.05, "0.050"), (0.9996, "1.00"), (4.128, "4.13"), (48.24, "48.2"),
            (99.96, "100"), (519.4, "519"), (1_000, "1\u{202F}000"),
            (1_234_567.8, "1\u{202F}234\u{202F}568"), (-1_234, "−1\u{202F}234"), (.nan, "–"),
        ])
    func numbers(value: Double, text: String) { #expect(FigureText.of(value) == text) }

    @Test(
        "markup escapes what has a meaning and replaces what is forbidden",
        arguments: [
            ("a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c&#39;"), ("tab\tline\n", "tab\tline\n"),
            ("\0\u{1B}[31m\u{FFFE}", "\u{FFFD}\u{FFFD}[31m\u{FFFD}"), ("µ – ×", "µ – ×"),
        ])
    func escaping(text: String, html: String) { #expect(Markup.text(text).html == html) }
}
