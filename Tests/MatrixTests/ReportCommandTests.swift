import Basis
import Foundation
import Report
import Testing

@testable import Matrix

/// A folder of results with a copy of the fixture run `plots/fixture/run` in it.
private final class Results {
    static let plots = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../plots").standardizedFileURL

    let url: URL
    private(set) var output = ""
    private(set) var errors = ""

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appending(path: "switchyard results \(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: Self.plots.appending(path: "fixture/run"), to: url.appending(path: "fixture"))
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func run(_ arguments: String...) -> Basis.ExitStatus { call(arguments) }

    func call(_ arguments: [String]) -> Basis.ExitStatus {
        output = ""
        errors = ""
        let console = Console(output: { self.output += $0 }, errors: { self.errors += $0 })
        return Switchyard.main(arguments + ["--results", url.path], on: console)
    }

    func text(_ name: String) throws -> String {
        try String(contentsOf: url.appending(path: name), encoding: .utf8)
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(to: url.appending(path: name), atomically: true, encoding: .utf8)
    }

    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
    }
}

@Suite("switchyard report")
struct ReportCommandTests {
    @Test("the report lies in the run's folder, or where it is asked for with the way back")
    func places() throws {
        let results = try Results()
        #expect(results.run("report", "fixture") == .success)
        #expect(results.output == "\(results.url.path)/fixture/report.html\n")
        let page = try results.text("fixture/report.html")
        #expect(page.contains("href=\"cells.csv\""))

        let elsewhere = results.url.appending(path: "a.html").path
        #expect(results.run("report", "fixture", "-o", elsewhere) == .success)
        #expect(try results.text("a.html").contains("href=\"fixture/cells.csv\""))
        #expect(results.run("report", "fixture", "--output", "-") == .success)
        #expect(results.output.hasPrefix("<!DOCTYPE html>"))
        #expect(results.output.hasSuffix("</html>\n"))
        #expect(results.names == ["a.html", "fixture"], "nothing half-written is left")
    }

    @Test("a torn input is one line, status 1, and leaves the old report")
    func torn() throws {
        let results = try Results()
        try results.write("fixture/report.html", "old")
        try results.write("fixture/cells.csv", "cell_id,n\na")
        #expect(results.run("report", "fixture") == .failure)
        #expect(results.errors.hasPrefix("switchyard: "))
        #expect(results.errors.contains("cells.csv is cut off in its last line"))
        #expect(results.errors.split(separator: "\n").count == 1 && results.output.isEmpty)
        #expect(try results.text("fixture/report.html") == "old")
    }

    @Test(
        "what can't be done is said in one line",
        arguments: [
            (["report", "fixtur"], Basis.ExitStatus.usage, "did you mean fixture?"),
            (["report", "fixture", "b", "c"], .usage, "'c' is one operand too many"),
            (["report", "fixture", "b", "-o", "c"], .usage, "'b' and --output both name a file"),
            (["report", "fixture", "-", "--json"], .usage, "both be on standard output"),
            (["report", "fixture", "--export", "bfm"], .usage, "did you mean bmf?"),
            (
                ["report", "fixture", "b", "--export", "bmf", "-o", "c"], .usage,
                "'b' and --output both name a file"
            ),
            (["report", "fixture", "-o", "/nonexistent/a.html"], .failure, "can't write"),
            (["report", "fixture", "-o", "-", "--json"], .usage, "both be on standard output"),
            (["history"], .failure, "begin it with: switchyard history add latest"),
            (["history", "add"], .usage, "lacks a run"),
            (["history", "sho"], .usage, "does not know 'sho'"),
            (["history", "show", "a"], .usage, "takes no operand 'a'"),
            (["history", "series"], .usage, "wants one cell"),
        ])
    func refusals(arguments: [String], status: Basis.ExitStatus, words: String) throws {
        let results = try Results()
        let console = Console(output: { _ in }, errors: { text in #expect(text.contains(words)) })
        #expect(
            Switchyard.main(arguments + ["--results", results.url.path], on: console) == status)
        #expect(results.names == ["fixture"])
    }

    @Test("exports go to standard output or a file", arguments: ["customSmallerIsBetter", "bmf"])
    func exports(format: String) throws {
        let results = try Results()
        #expect(results.run("report", "fixture", "--export", format) == .success)
        let printed = results.output
        _ = try JSONValue(parsing: printed)
        let file = results.url.appending(path: "a.json").path
        #expect(results.run("report", "fixture", file, "--export", format) == .success)
        #expect(try results.text("a.json") == printed && results.output.isEmpty)

        try results.write(
            "fixture/cells.csv",
            try results.text("fixture/cells.csv").replacing(",valid,", with: ",unsteady,"))
        #expect(results.run("report", "fixture", "--export", format) == .invalidRun)
        #expect(results.errors.contains("no cell of fixture has a valid verdict"))
    }

    @Test(
        "as its help says, FILE and --output are the same, of a report and of an export",
        arguments: [[], ["--export", "bmf"], ["--export", "customSmallerIsBetter"]])
    func oneRule(export: [String]) throws {
        let help = ReportCommand.parser.help
        #expect(help.contains("usage: switchyard report [options] [RUN [FILE]]"))
        #expect(help.contains("--output FILE") && help.contains("the same as FILE"))
        #expect(help.contains("- is standard"))
        let results = try Results()
        var texts: [String] = []
        for (number, words) in [["FILE"], ["-o", "FILE"], ["--output=FILE"]].enumerated() {
            let file = results.url.appending(path: "\(number).out").path
            let named = words.map { $0.replacing("FILE", with: file) }
            #expect(results.call(["report", "fixture"] + named + export) == .success)
            texts.append(try results.text("\(number).out"))
        }
        for words in [["-"], ["-o", "-"], ["--output=-"]] {
            #expect(results.call(["report", "fixture"] + words + export) == .success)
            texts.append(results.output)
        }
        if !export.isEmpty {
            #expect(results.call(["report", "fixture"] + export) == .success)
            texts.append(results.output)
        }
        // A report links to the run from where it lies.
        #expect(Set(texts.map { $0.prefix(40) }).count == 1 && texts.allSatisfy { $0.count > 99 })
    }

    @Test("with --json it says as an object what it wrote")
    func json() throws {
        let results = try Results()
        let page = results.url.appending(path: "a.html").path
        #expect(results.run("report", "fixture", "-o", page, "--json") == .success)
        #expect(try JSONValue(parsing: results.output)["file"] == .string(page))
        let file = results.url.appending(path: "a.json").path
        #expect(results.run("report", "fixture", file, "--export", "bmf", "--json") == .success)
        #expect(try JSONValue(parsing: results.output)["file"] == .string(file))
        #expect(results.run("report", "fixture", "--export", "bmf", "--json") == .success)
        let export = try results.text("a.json")
        #expect(results.output == export)
    }
}

@Suite("switchyard history")
struct HistoryCommandTests {
    @Test("a run is added once; few runs show no change")
    func add() throws {
        let results = try Results()
        #expect(results.run("history", "add", "fixture") == .success)
        #expect(results.errors == "fixture: 36 cells\n")
        let once = try results.text("history.csv")
        #expect(results.run("history", "add", "fixture", "fixture") == .success)
        #expect(try results.text("history.csv") == once)

        #expect(results.run("history", "--no-plots") == .success)
        #expect(results.output == "no change of level\n")
        #expect(results.errors.contains("0 changes in 36 cells over 1 runs on 1 machine;"))
        #expect(results.errors.contains("fewer than 16 runs hardly show a change"))
        #expect(try results.text("changes.csv").split(separator: "\n").count == 1)
    }

    @Test("a history with columns of a later version is not written anew without them")
    func laterColumns() throws {
        let results = try Results()
        #expect(results.run("history", "add", "fixture") == .success)
        let wider = try results.text("history.csv").split(separator: "\n").enumerated().map {
            $0.element + ($0.offset == 0 ? ",later\n" : ",1\n")
        }
        try results.write("history.csv", wider.joined())
        #expect(results.run("history", "add", "fixture") == .failure)
        #expect(results.errors.contains("columns of a later version, which would be lost: later"))
        #expect(try results.text("history.csv") == wider.joined())
        #expect(results.run("history", "--no-plots") == .success, "reading loses nothing")
    }

    @Test("one run that can't be added keeps the others out too")
    func allOrNothing() throws {
        let results = try Results()
        #expect(results.run("history", "add", "fixture", "nowhere") == .usage)
        #expect(results.names == ["fixture"])
    }

    @Test("the changes of the fixture are listed, written and drawn")
    func show() throws {
        let results = try Results()
        let fixture = Results.plots.appending(path: "fixture/history")
        try results.write(
            "history.csv",
            try String(contentsOf: fixture.appending(path: "history.csv"), encoding: .utf8))
        #expect(results.run("history", "show", "--plots", Results.plots.path) == .success)
        let changes = try String(
            contentsOf: fixture.appending(path: "changes.csv"), encoding: .utf8)
        #expect(try results.text("changes.csv") == changes)
        #expect(results.output.contains("+34.4%"))
        #expect(results.output.split(separator: "\n").count == 8)
        if Plotter.isAvailable {
            #expect(try results.text("plots/history.svg").contains("+34.4 %"))
        }

        #expect(results.run("history", "show", "--json", "--no-plots") == .success)
        guard case .array(let listed)? = try JSONValue(parsing: results.output)["changes"] else {
            Issue.record("not an array")
            return
        }
        #expect(listed.count == 7)
        #expect(listed.last?["change_pct"] != nil)
    }

    @Test("a series holds the rows of one cell on one machine")
    func series() throws {
        let results = try Results()
        #expect(results.run("history", "add", "fixture") == .success)
        #expect(results.run("history", "series", "h1/single/w1/c64") == .success)
        let table = try CSVTable(parsing: results.output)
        #expect(table.rows.count == 1 && table.field(0, "cell_id") == "h1/single/w1/c64")
        #expect(results.run("history", "series", "h1/singel/w1/c64") == .usage)
        #expect(results.errors.contains("did you mean 'h1/single/w1/c64'?"))
        #expect(
            results.run("history", "series", "h1/single/w1/c64", "--machine", "b") == .success)
        #expect(try CSVTable(parsing: results.output).rows.isEmpty)
    }

    @Test("the figures of the history and of textbook effects are none of a run's")
    func notOfARun() {
        let figures = Plotter(folder: Results.plots.path).figures
        #expect(figures.contains("spread"))
        #expect(!figures.contains("history") && !figures.contains("effect"))
    }
}
