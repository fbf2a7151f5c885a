import Basis
import Foundation
import Testing

@testable import Report

@Suite("history")
struct HistoryTests {
    /// A history of `count` runs of the fixture's cells; `change` alters the tables of run `index`.
    private func history(
        _ count: Int, hardware: (Int) -> String = { _ in "aaaaaaaaaaaaaaaa" },
        changing change: (Int, String) -> String = { $1 }
    ) throws -> HistoryFile {
        var history = HistoryFile()
        let run = try RunCopy(figures: [])
        let cells = try String(contentsOf: run.url.appending(path: "cells.csv"), encoding: .utf8)
        let manifest = try String(
            contentsOf: run.url.appending(path: "manifest.json"), encoding: .utf8)
        let chosen = cells.split(separator: "\n").prefix(3).joined(separator: "\n") + "\n"
        for index in 0..<count {
            let day = index < 9 ? "0\(index + 1)" : "\(index + 1)"
            try run.write("cells.csv", change(index, chosen))
            try run.write(
                "manifest.json",
                manifest.replacing("\"fixture\"", with: "\"run-\(day)\"")
                    .replacing("2026-11-23T22:02:58Z", with: "2026-11-\(day)T00:00:00Z")
                    .replacing("0000000000000000000000000000000000000000", with: "c\(day)")
                    .replacing("aaaaaaaaaaaaaaaa", with: hardware(index)))
            try history.add(try run.files())
        }
        return history
    }

    @Test("a run is added once, however often it is added")
    func idempotent() throws {
        let run = try RunCopy()
        var history = HistoryFile()
        #expect(try history.add(try run.files()) == 36)
        let once = history.table.text
        #expect(try history.add(try run.files()) == 36)
        #expect(history.table.text == once)
        #expect(try HistoryFile(parsing: once, path: "h").table.text == once)
        try RunCopy.expect(once, equals: HistoryFile.name)
    }

    @Test("rows stand by time, in whatever order the runs come")
    func order() throws {
        let run = try RunCopy()
        var history = HistoryFile()
        try history.add(try run.files())
        try run.change("manifest.json") {
            $0.replacing("\"fixture\"", with: "\"older\"").replacing(
                "2026-11-23T", with: "2026-01-02T")
        }
        try history.add(try run.files())
        #expect(history.table.field(0, "run_id") == "older")
        #expect(history.table.rows.count == 72)
    }

    @Test("a run that is not complete is refused", arguments: ["running", "interrupted"])
    func incomplete(status: String) throws {
        let run = try RunCopy()
        try run.change("manifest.json") { $0.replacing("\"complete\"", with: "\"\(status)\"") }
        var history = HistoryFile()
        let complaint = #expect(throws: Complaint.self) { try history.add(try run.files()) }
        #expect(complaint?.description.contains("switchyard resume") == true)
        #expect(history == HistoryFile())
    }

    @Test("cells without figures are left out")
    func withoutFigures() throws {
        let whole = try history(1).table.rows.count
        let gapped = try history(
            1,
            changing: { _, cells in
                var lines = cells.split(separator: "\n").map(String.init)
                let fields = lines[1].split(separator: ",", omittingEmptySubsequences: false)
                let emptied = fields.indices.map { $0 < 20 ? String(fields[$0]) : "" }
                lines[1] = emptied.joined(separator: ",")
                return lines.joined(separator: "\n") + "\n"
            })
        #expect(gapped.table.rows.count == whole - 1)
    }

    @Test(
        "a file that is no history is refused in one line",
        arguments: [
            ("", "is no table"), ("a,b\n", "has no column schema"), ("a\n\"b", "is cut off"),
        ])
    func refused(text: String, words: String) {
        let complaint = #expect(throws: Complaint.self) {
            try HistoryFile(parsing: text, path: "results/history.csv")
        }
        #expect(complaint?.description.contains("results/history.csv " + words) == true)
    }

    @Test(
        "a row of another version or without figures is refused by its line",
        arguments: [
            (
                "switchyard.history/1", "switchyard.history/2",
                "has the schema 'switchyard.history/2'"
            ),
            (",20248,", ",fast,", ": 'fast' under srv_cpu_ns_per_req is no number"),
            (",20248,", ",nan,", ": 'nan' under srv_cpu_ns_per_req is no number"),
        ])
    func strangeRows(old: String, new: String, words: String) throws {
        let text = try history(2).table.text
        let lines = text.split(separator: "\n").map(String.init)
        let last = try #require(lines.lastIndex { $0.contains(old) })
        var changed = lines
        changed[last] = changed[last].replacing(old, with: new)
        let complaint = #expect(throws: Complaint.self) {
            try HistoryFile(parsing: changed.joined(separator: "\n") + "\n", path: "h.csv")
        }
        #expect(complaint?.description.contains("h.csv line \(last + 1)") == true)
        #expect(complaint?.description.contains(words) == true)
    }

    @Test("columns of a later version are named, for to write the file would lose them")
    func laterColumns() throws {
        let lines = try history(1).table.text.split(separator: "\n")
        let wider = lines.enumerated().map { $0.element + ($0.offset == 0 ? ",later\n" : ",1\n") }
        let read = try HistoryFile(parsing: wider.joined(), path: "h")
        #expect(read.laterColumns == ["later"])
        #expect(try HistoryFile(parsing: try history(1).table.text, path: "h").laterColumns == [])
    }

    @Test("runs of one commit all stay, and know of each other")
    func repeats() throws {
        let run = try RunCopy()
        var history = HistoryFile()
        try history.add(try run.files())
        #expect(history.repeats(of: "fixture") == [])
        try run.change("manifest.json") { $0.replacing("\"fixture\"", with: "\"again\"") }
        try history.add(try run.files())
        #expect(history.repeats(of: "again") == ["fixture"])
        #expect(history.repeats(of: "absent") == [])
    }

    @Test("a slower commit is named, noise and what lies within 2 % is not")
    func changes() throws {
        let history = try history(
            20,
            changing: { index, cells in
                let wobble = index % 3
                // The first cell's CPU time rises by 5 % with run 11, the second's by 1 %.
                return cells.replacing(
                    ",20248,", with: ",\((index < 10 ? 20_248 : 21_260) + wobble),"
                )
                .replacing(",15126,", with: ",\((index < 10 ? 15_126 : 15_277) + wobble),")
            })
        let found = HistoryChanges.find(in: history, seed: 1)
        #expect(found.count == 1)
        let change = try #require(found.first)
        #expect(change.cell == "h1/single/w1/c1" && change.metric == "srv_cpu_ns_per_req")
        #expect(change.run == "run-11" && change.commit == "c11" && change.commitBefore == "c10")
        #expect(abs(change.change - 0.05) < 0.001 && !change.isBetter)
        #expect(change.probability < 0.001)
        #expect(HistoryChanges.find(in: history, seed: 1) == found)
        let table = CSVTable(ChangeColumns.all, rows: found)
        #expect(table.field(0, "change_pct") == "5.00")
    }

    @Test("runs of different machines are not compared")
    func machines() throws {
        let history = try history(
            20, hardware: { $0 < 10 ? "one" : "two" },
            changing: { index, cells in
                cells.replacing(",20248,", with: ",\(index < 10 ? 20_248 : 41_260),")
            })
        #expect(HistoryChanges.find(in: history, seed: 1) == [])
        let series = history.series(cell: "h1/single/w1/c1", hardware: "two")
        #expect(series.rows.count == 10)
        #expect(series.columns == history.table.columns)
    }
}
