import Basis
import Foundation
import Measure
import Report
import Testing

@testable import Compare

/// `switchyard compare` on tables of a user's own, as other tools write them.
struct OwnTableTests {
    typealias Desk = CompareCommandTests.Desk

    /// A table of `columns` with these rows, quoted as need be.
    private static func table(_ columns: [String], _ rows: [[String]]) -> String {
        ([columns] + rows).map { CSVTable.line($0) }.joined()
    }

    /// Twenty pairs of one cell by `metric`, written by `base` and `candidate`.
    private static func pairs(
        _ base: (Int) -> String, _ candidate: (Int) -> String, count: Int = 20
    ) -> [String: String] {
        let columns = ["cell", "round", "ms"]
        return [
            "base.csv": table(columns, (0..<count).map { ["c", "\($0)", base($0)] }),
            "cand.csv": table(columns, (0..<count).map { ["c", "\($0)", candidate($0)] }),
        ]
    }

    private static let paired = "@base.csv @cand.csv --key cell --metric ms:lower --pair-by round"

    /// The rows of `compare.csv` by column.
    private static func rows(_ desk: Desk) throws -> [[String: String]] {
        let table = try CSVTable(parsing: try desk.read("out/compare.csv"))
        return table.rows.map { Dictionary(uniqueKeysWithValues: zip(table.columns, $0)) }
    }

    // MARK: Cells

    @Test("cells are told apart by the values of their keys, however these are put together")
    func keys() throws {
        let cells = [
            ["x y", "z"], ["x", "y z"], ["x", "y"], ["", "x"], ["x", ""], ["'x'", "y"],
        ]
        var (base, candidate): ([[String]], [[String]]) = ([], [])
        for (index, cell) in cells.enumerated() {
            for round in 0..<16 {
                base.append(cell + ["\(round)", "\(100 * (index + 1))"])
                candidate.append(cell + ["\(round)", "\(100 * (index + 1) + 10 * index)"])
            }
        }
        let columns = ["who", "what", "round", "ms"]
        let desk = try Desk([
            "base.csv": Self.table(columns, base), "cand.csv": Self.table(columns, candidate),
        ])
        let outcome = desk.compare(
            "@base.csv @cand.csv --key who,what --metric ms:lower --pair-by round")
        #expect(outcome.status == .success, "\(outcome.errors)")
        let rows = try Self.rows(desk)
        #expect(rows.map { $0["base"] } == (1...6).map { "\($0)00.0000" })
        #expect(
            rows.map { $0["cell_id"] } == [
                "'x y' z", "x 'y z'", "x y", "'' x", "x ''", "'\\'x\\'' y",
            ])
        #expect(rows.map { $0["verdict"] } == ["same"] + Array(repeating: "worse", count: 5))
        let json = try JSONValue(parsing: try desk.read("out/compare.json"))
        guard case .array(let objects)? = json["rows"] else {
            Issue.record("no rows")
            return
        }
        #expect(
            objects.map { $0["key"] } == cells.map { .array($0.map { .string($0) }) })
    }

    @Test(
        "names of cells are different for different keys, and one line without control characters")
    func names() {
        let values = [
            "", "x", "x y", "x\ny", "x\\ny", "'", "\"", "'x", "\\", "\t", "\u{1B}[31m", "x'", "ü",
            " ",
            "\u{202E}x", "\u{85}", "\u{2028}",
        ]
        var seen: [String: [String]] = [:]
        for key in values.map({ [$0] }) + values.flatMap({ a in values.map { [a, $0] } }) {
            let display = CellName(key).display
            #expect(!display.unicodeScalars.contains { $0.properties.generalCategory == .control })
            #expect(
                display.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count
                    == 1)
            // A table has one number of keys.
            let name = "\(key.count) \(display)"
            #expect(seen[name] == nil, "\(key) and \(seen[name] ?? []) are both \(display)")
            seen[name] = key
        }
    }

    @Test("a name with control characters breaks no table, Markdown, figure or terminal")
    func controlCharacters() throws {
        let cell = "a|b\nc\u{1B}[31md\r\u{7},\"e\""
        let rows = (0..<16).map { [cell, "\($0)", "\(100 + $0 % 3)"] }
        let desk = try Desk([
            "base.csv": Self.table(["cell\n", "round", "m\ns"], rows),
            "cand.csv": Self.table(
                ["cell\n", "round", "m\ns"], rows.map { $0.dropLast() + ["130"] }),
        ])
        let outcome = desk.compare(
            "@base.csv @cand.csv --key cell\n --metric m\ns:lower --pair-by round")
        #expect(outcome.status == .success, "\(outcome.errors)")
        let files = try ["compare.csv", "report.md"].map { try desk.read("out/\($0)") }
        for text in [outcome.output, outcome.errors] + files {
            #expect(
                !text.unicodeScalars.contains {
                    $0 != "\n" && $0.properties.generalCategory == .control
                }, "\(text)")
        }
        #expect(files[0].split(separator: "\n").count == 2)
        let lines = files[1].split(separator: "\n").filter { $0.hasPrefix("| ") }
        #expect(lines.count == 4)
        for line in lines {
            // Cells end at a pipe that is not escaped.
            #expect(line.replacing("\\|", with: "").count { $0 == "|" } == 9, "\(line)")
        }
        let drawn = try desk.read("out/forest.csv").split(separator: "\n")
        #expect(drawn.count == 2 && !drawn[1].contains { "\\\"".contains($0) }, "\(drawn)")
    }

    @Test(
        "a column whose name has a comma, a colon or a quote can be named",
        arguments: [
            ("a,b", "\"a,b\"", "\"a,b\":lower"), ("a:b", "a:b", "a:b:lower"),
            ("a:lower", "\"a:lower\"", "\"a:lower\":lower"),
            ("\"a\"", "\"\"\"a\"\"\"", "\"\"\"a\"\"\":lower"), ("a:b", "\"a:b\"", "\"a:b\":lower"),
            (",", "\",\"", "\",\":lower"),
        ])
    func columnNames(name: String, key: String, metric: String) throws {
        #expect(try TableRequest.keys("x,\(key),y") == ["x", name, "y"])
        #expect(try TableRequest.keys(key) == [name])
        let read = try TableRequest.metric(metric)
        #expect(read.name == name && read.better == .lower)
        #expect(try TableRequest.column(key, option: "--pair-by") == name)
        let desk = try Desk([
            "base.csv": Self.table([name, "ms"], [["x", "1"]]),
            "ms.csv": Self.table(["cell", name], [["x", "1"]]),
        ])
        let keyed = desk.compare("@base.csv @base.csv --key \(key) --metric ms:lower")
        #expect(keyed.status == .success, "\(keyed.errors)")
        let measured = desk.compare("@ms.csv @ms.csv --key cell --metric \(metric)")
        #expect(measured.status == .success, "\(measured.errors)")
    }

    @Test(
        "names that can't be read are refused in one line",
        arguments: [
            ("--key \"a --metric b:lower", "a quote that is not closed"),
            ("--key \"a\"b --metric b:lower", "has text behind a quote"),
            ("--key a,,b --metric b:lower", "has a name that is empty"),
            ("--key a, --metric b:lower", "has a name that is empty"),
            ("--key a,a --metric b:lower", "names 'a' twice"),
            ("--key a --metric \"b\"lower", "is not COL:lower or COL:higher"),
            ("--key a --metric \"b\"", "does not say which way is better"),
            ("--key a --metric :lower", "names no column"),
            ("--key a --metric b:lower --pair-by \"a\"b", "is no name"),
        ])
    func refusedNames(options: String, words: String) throws {
        let desk = try Desk(["t.csv": "a,b\nx,1\n"])
        let outcome = desk.compare("@t.csv @t.csv \(options)")
        #expect(outcome.status == .usage && outcome.errors.contains(words), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }

    // MARK: Missing figures

    @Test(
        "a figure that is missing costs its own pair, which is named",
        arguments: [
            "", "NaN", "nan", "-nan", "inf", "-Inf", "+Infinity", "NA", "N/A", "null", "None", " ",
            "nan(0x1)", "#DIV/0!",
        ])
    func missing(word: String) throws {
        let desk = try Desk(
            Self.pairs({ $0 == 7 ? word : "\(100 + $0 % 3)" }, { "\(120 + $0 % 3)" }))
        let outcome = desk.compare(Self.paired)
        #expect(outcome.status == .success, "\(outcome.errors)")
        #expect(
            outcome.output.contains("c ms: 1 of 20 pairs left out, without a figure: @base.csv"))
        let shown = word.split(separator: " ").joined()
        #expect(
            outcome.output.contains(
                "line 9 " + (shown.isEmpty ? "is empty\n" : "says '\(shown)'\n")))
        let row = try #require(try Self.rows(desk).first)
        #expect(row["n_base"] == "19" && row["n_cand"] == "19" && row["verdict"] == "worse")
    }

    @Test("launches without pairs lose those without a figure, on either side")
    func missingUnpaired() throws {
        func run(_ offset: Int, _ figure: (Int) -> String) -> String {
            var text = "schema,time_utc,slot,cell_id,rps\n"
            // Neither neighbours two by two nor one after the other: AAB BBA by turns.
            for launch in 0..<30 where [1, 1, 0, 0, 0, 1][launch % 6] == offset {
                text += "switchyard.runs/1,2026-11-23T10:00:\(CompareCommandTests.two(launch))Z,"
                text += "\(launch),c,\(figure(launch))\n"
            }
            return text
        }
        let desk = try Desk([
            "base.csv": run(0) { $0 == 2 ? "NA" : "\(1_000 + $0 % 3)" },
            "cand.csv": run(1) { $0 == 5 ? "" : "\(800 + $0 % 3)" },
        ])
        let outcome = desk.compare("@base.csv @cand.csv")
        #expect(
            outcome.output.contains(
                "c rps: 2 of 30 launches left out, without a figure: @base.csv line 2 says 'NA',"
                    + " @cand.csv line 4 is empty"), "\(outcome.output)")
        let row = try #require(try Self.rows(desk).first)
        #expect(row["stage"] == "mixed" && row["verdict"] == "worse")
        #expect(row["n_base"] == "14" && row["n_cand"] == "14")
    }

    @Test("where more than a fifth is missing the rest is shown and proves nothing")
    func mostlyMissing() throws {
        let desk = try Desk(
            Self.pairs({ $0 < 5 ? "nan" : "\(100 + $0 % 3)" }, { "\(120 + $0 % 3)" }))
        let outcome = desk.compare(Self.paired)
        #expect(outcome.output.contains("unproven: missing\n"))
        #expect(outcome.output.contains("missing: 5 of 20 lack the figure, more than a fifth"))
        let row = try #require(try Self.rows(desk).first)
        #expect(row["n_base"] == "15" && row["base"] == "101.0000" && row["p"]?.isEmpty == true)
    }

    @Test("a cell without a figure on one side has none to compare, and others have")
    func absent() throws {
        var files = Self.pairs({ "\(100 + $0 % 3)" }, { "\(100 + $0 % 3)" })
        for round in 0..<20 {
            files["base.csv"]? += "d,\(round),\n"
            files["cand.csv"]? += "d,\(round),\(round)\n"
        }
        let outcome = try Desk(files).compare(Self.paired)
        #expect(outcome.status == .success)
        #expect(outcome.output.contains("unproven: no-figure\n"))
        #expect(outcome.output.contains("0 better, 0 worse, 1 same, 1 unproven"))
        let none = try Desk(Self.pairs({ _ in "nan" }, { "\($0)" })).compare(Self.paired)
        #expect(none.status == .failure && none.errors.contains("each is missing"))
    }

    // MARK: Zeros

    @Test(
        "what has no ratio is compared by its difference",
        arguments: [
            // Base and candidate by round, way, verdict, medians, difference.
            (0.0, 0.0, "lower", "same", "0.0000", "0.0000", "0.000000"),
            (0.0, 0.0, "higher", "same", "0.0000", "0.0000", "0.000000"),
            (0.0, 3.0, "lower", "worse", "0.0000", "3.0000", "3.000000"),
            (0.0, 3.0, "higher", "better", "0.0000", "3.0000", "3.000000"),
            (3.0, 0.0, "lower", "better", "3.0000", "0.0000", "-3.000000"),
            (3.0, 0.0, "higher", "worse", "3.0000", "0.0000", "-3.000000"),
            (-5.0, -5.0, "lower", "same", "-5.0000", "-5.0000", "0.000000"),
            (-5.0, -6.0, "lower", "better", "-5.0000", "-6.0000", "-1.000000"),
            (-5.0, 5.0, "lower", "worse", "-5.0000", "5.0000", "10.000000"),
            (0.0, 1e-9, "lower", "worse", "0.0000", "1e-09", "1e-09"),
        ])
    func zeros(
        base: Double, candidate: Double, way: String, verdict: String, baseMedian: String,
        candidateMedian: String, difference: String
    ) throws {
        let desk = try Desk(Self.pairs({ _ in "\(base)" }, { _ in "\(candidate)" }))
        let outcome = desk.compare(Self.paired.replacing("lower", with: way))
        #expect(outcome.status == .success, "\(outcome.errors)")
        let row = try #require(try Self.rows(desk).first)
        #expect(row["verdict"] == verdict)
        #expect(row["base"] == baseMedian && row["cand"] == candidateMedian)
        #expect(row["diff"] == difference && row["diff_lo"] == difference)
        for empty in ["ratio", "ci_lo", "ci_hi", "sigma"] { #expect(row[empty] == "", "\(empty)") }
        #expect(!outcome.output.contains("%  "), "no percentage is shown: \(outcome.output)")
    }

    @Test("one zero among figures that scatter decides nothing by itself")
    func oneZero() throws {
        let desk = try Desk(
            Self.pairs({ "\(10_000 + $0 % 7)" }, { $0 == 3 ? "0" : "\(10_000 + $0 * 3 % 7)" }))
        _ = desk.compare(Self.paired)
        let row = try #require(try Self.rows(desk).first)
        #expect(row["verdict"] == "same" && row["base"] == "10003.0000")
    }

    @Test("a constant change is found beyond the dead band, and is none up to its very edge")
    func constants() throws {
        for (base, candidate, verdict) in [
            ("100", "100", "same"), ("70", "70.7", "same"), ("100", "101", "same"),
            ("100", "101.1", "worse"), ("0.1", "0.2", "worse"), ("1e-9", "2e-9", "worse"),
            ("1e300", "1e-300", "better"), ("1e-300", "1e300", "worse"),
        ] {
            let desk = try Desk(Self.pairs({ _ in base }, { _ in candidate }))
            let outcome = desk.compare(Self.paired)
            #expect(outcome.status == .success, "\(outcome.errors)")
            #expect(try Self.rows(desk).first?["verdict"] == verdict, "\(base) to \(candidate)")
        }
    }

    @Test("the edge of the dead band is the same seen from either side")
    func edge() throws {
        for base in [17, 19, 34, 38] {
            let more = Double(base) * 1.01
            let desk = try Desk(Self.pairs({ _ in fixed(more, decimals: 2) }, { _ in "\(base)" }))
            _ = desk.compare(Self.paired.replacing("lower", with: "higher"))
            #expect(try Self.rows(desk).first?["verdict"] == "same", "\(more) to \(base)")
        }
    }

    @Test("what was not tested has no p-value, whatever the reason")
    func untested() throws {
        let pairs = (0..<20).map { (base: 100.0 + Double($0), candidate: 120.0) }
        let advisory = ComparedMetric(name: "x", unit: "", better: .lower, tier: .advisory)
        #expect(Change(pairs: pairs, metric: advisory)?.pWorse == nil)
        let judged = ComparedMetric(name: "x", unit: "", better: .lower, tier: .paired)
        #expect(Change(pairs: pairs, metric: judged, isTested: false)?.pBetter == nil)
        // Without pairs and times nothing can be tested.
        let desk = try Desk(Self.pairs({ "\(100 + $0)" }, { _ in "120" }))
        _ = desk.compare("@base.csv @cand.csv --key cell --metric ms:lower")
        let row = try #require(try Self.rows(desk).first)
        #expect(row["p"] == "" && row["p_holm"] == "" && row["ratio"] != "")
        let json = try JSONValue(parsing: try desk.read("out/compare.json"))
        guard case .array(let rows)? = json["rows"] else {
            Issue.record("no rows")
            return
        }
        #expect(rows.first?["change"]?["p"] == .null)
    }

    // MARK: The same run

    @Test("a run compared with itself, by whatever name, is said to be the same")
    func itself() throws {
        let desk = try Desk(Self.pairs({ "\(100 + $0)" }, { "\(100 + $0)" }))
        let options = "--key cell --metric ms:lower --pair-by round"
        let words = "base and candidate are the same run: this says nothing of a change\n"
        #expect(desk.compare("@base.csv @base.csv \(options)").output.contains(words))
        try FileManager.default.createSymbolicLink(
            atPath: desk.path("link.csv"), withDestinationPath: "base.csv")
        #expect(desk.compare("@link.csv @base.csv \(options)").output.contains(words))
        let copied = desk.compare("@base.csv @cand.csv \(options)")
        #expect(copied.output.contains("base and candidate hold the same rows"))
        let others = try Desk(Self.pairs({ "\(100 + $0)" }, { "\(101 + $0)" }))
        #expect(!others.compare(Self.paired).output.contains("base and candidate"))
    }
}
