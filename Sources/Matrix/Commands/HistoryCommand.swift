import Basis
import Compare
import Foundation
import Measure
import Platform
import Report

/// Keeps the medians of runs, and says where they changed level.
enum HistoryCommand: Command {
    static let name = "history"
    static let parser = OptionParser(
        program: "switchyard history", operands: "[show | add RUN... | series CELL]",
        summary: "keep the medians of runs and show where they changed",
        options: [
            OptionSpec("seed", value: "N", help: "of the shuffles behind a change (1)"),
            OptionSpec("machine", value: "ID", help: "series: the hw_id (that of the last row)"),
            OptionSpec("no-plots", help: "show: draw nothing"), RunOptions.results,
            RunOptions.plots, RunOptions.json,
        ],
        epilogue: """
            add     put the cells of complete runs into results/history.csv, each run once
            show    list the changes, write them to results/changes.csv and draw both, the default
            series  print the rows of one cell, for tools that read one series a file
            A change is told by E-divisive at p < 0.001 from \(least) on. It decides nothing: to
            judge a commit, compare it with another on one machine at one time.
            """)

    private static let leastChange = fixed(100 * HistoryChanges.leastChange, decimals: 0)
    private static let least = "\(leastChange) %"

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let results = RunOptions.results(options)
        let operands = Array(options.operands.dropFirst())
        switch options.operands.first ?? "show" {
        case "add": try add(operands, options, results: results, on: console)
        case "show":
            if let extra = operands.first {
                throw Complaint("show takes no operand '\(extra)'", remedy: "leave it out")
            }
            try show(options, results: results, on: console)
        case "series": try series(operands, options, results: results, on: console)
        case let other:
            throw Complaint(
                "history does not know '\(other)'", remedy: "say show, add RUN or series CELL")
        }
        return .success
    }

    private static func path(_ results: String) -> String { "\(results)/\(HistoryFile.name)" }

    /// The history; nil when none was begun.
    private static func read(_ results: String) throws(Complaint) -> HistoryFile? {
        let path = path(results)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try HistoryFile(parsing: try RunOptions.read(path), path: path)
    }

    private static func existing(_ results: String) throws(Complaint) -> HistoryFile {
        if let history = try read(results) { return history }
        throw Complaint(
            "there is no \(path(results))", remedy: "begin it with: switchyard history add latest",
            status: .failure)
    }

    // MARK: add

    private static func add(
        _ runs: [String], _ options: ParsedOptions, results: String, on console: Console
    ) throws(Complaint) {
        if runs.isEmpty {
            throw Complaint("history add lacks a run", remedy: "name one, such as latest")
        }
        var history = try read(results) ?? HistoryFile()
        if !history.laterColumns.isEmpty {
            throw Complaint(
                "\(path(results)) has columns of a later version, which would be lost: "
                    + history.laterColumns.joined(separator: ", "),
                remedy: "add the run with that version of switchyard", status: .failure)
        }
        var lines: [String] = []
        var added: [JSONValue] = []
        for run in runs {
            let directory = try RunDirectory.find(run, results: results)
            let count = try history.add(try RunFiles(folder: directory.path))
            let repeats = history.repeats(of: directory.name)
            let others =
                repeats.isEmpty ? "" : ", its commit also in \(repeats.joined(separator: ", "))"
            added.append(["run_id": .string(directory.name), "cells": .count(count)])
            lines.append("\(directory.name): \(count) cells\(others)\n")
        }
        try console.write(history.table.text, to: path(results))
        console.errors(lines.joined())
        if options.has("json") {
            let object: JSONValue = [
                "schema": "switchyard.written/1", "file": .string(path(results)),
                "added": .array(added),
            ]
            console.output(object.pretty)
        }
    }

    // MARK: series

    private static func series(
        _ cells: [String], _ options: ParsedOptions, results: String, on console: Console
    ) throws(Complaint) {
        guard let cell = cells.first, cells.count == 1 else {
            throw Complaint("history series wants one cell", remedy: "give a cell_id of cells.csv")
        }
        let history = try existing(results)
        let table = history.table
        let rows = table.rows.indices.filter { table.field($0, "cell_id") == cell }
        guard let last = rows.last else {
            let known = Set(table.rows.indices.compactMap { table.field($0, "cell_id") }).sorted()
            let near = nearestName(to: cell, among: known).map { "did you mean '\($0)'?" }
            throw Complaint(
                "\(path(results)) has no cell '\(cell)'",
                remedy: near ?? "give a cell_id of cells.csv")
        }
        let machine = options.text("machine") ?? table.field(last, "hw_id") ?? ""
        let series = history.series(cell: cell, hardware: machine)
        guard options.has("json") else {
            console.output(series.text)
            return
        }
        let object: JSONValue = [
            "schema": "switchyard.series/1", "cell": .string(cell), "hw_id": .string(machine),
            "rows": .array(series.records),
        ]
        console.output(object.pretty)
    }

    // MARK: show

    private static func show(
        _ options: ParsedOptions, results: String, on console: Console
    ) throws(Complaint) {
        let history = try existing(results)
        let seed = try options.count("seed", in: 0...Int.max) ?? 1
        let changes = HistoryChanges.find(in: history, seed: UInt64(seed))
        let table = CSVTable(ChangeColumns.all, rows: changes)
        try console.write(table.text, to: "\(results)/changes.csv")
        if options.has("json") {
            let object: JSONValue = [
                "schema": "switchyard.level-changes/1", "changes": .array(table.records),
            ]
            console.output(object.pretty)
        } else {
            console.output(self.table(changes, on: console))
        }
        console.errors(summary(history, changes))
        if !options.has("no-plots") { draw(options, results: results, history, on: console) }
    }

    private static func table(_ changes: [HistoryChange], on console: Console) -> String {
        if changes.isEmpty { return "no change of level\n" }
        var table = TextTable([
            .init("cell", .left), .init("metric", .left), .init("since"), .init("commit"),
            .init("before"), .init("after"), .init("change"), .init("p"),
        ])
        for change in changes {
            let sign = change.change < 0 ? "" : "+"
            table.append([
                .init(change.cell), .init(title(change.metric)),
                .init(String(change.time.prefix(10))),
                .init(String(change.commit.prefix(12))), .init(shown(change.before, change.metric)),
                .init(shown(change.after, change.metric)),
                .init(
                    "\(sign)\(fixed(100 * change.change, decimals: 1))%",
                    change.isBetter ? .good : .bad),
                .init(fixed(change.probability, decimals: 4)),
            ])
        }
        return table.text(width: console.width, colours: console.allowsColours)
    }

    private static func title(_ metric: String) -> String {
        ComparedMetric.known(metric)?.title ?? metric
    }

    private static func shown(_ value: Double, _ metric: String) -> String {
        ComparedMetric.known(metric)?.shown(value) ?? decimalDisplay(value)
    }

    private static func summary(_ history: HistoryFile, _ changes: [HistoryChange]) -> String {
        let table = history.table
        func count(_ column: String) -> Int {
            Set(table.rows.indices.map { table.field($0, column) ?? "" }).count
        }
        let machines = count("hw_id")
        var text = "\(changes.count) changes in \(count("cell_id")) cells over \(count("run_id"))"
        text += " runs on \(machines) machine\(machines == 1 ? "" : "s"); for information only\n"
        if count("run_id") < EDivisive.leastCount {
            text += "fewer than \(EDivisive.leastCount) runs hardly show a change\n"
        }
        return text
    }

    /// Draws the history beside its file. It is only an extra, so what prevents it is mentioned.
    private static func draw(
        _ options: ParsedOptions, results: String, _ history: HistoryFile, on console: Console
    ) {
        guard let plotter = Plotter.find(options.text("plots")), Plotter.isAvailable else {
            console.errors("nothing is drawn: \(Warning.noGnuplot.problem)\n")
            return
        }
        let directory = RunDirectory(path: results)
        try? FileManager.default.createDirectory(
            atPath: directory.plotsPath, withIntermediateDirectories: true)
        let table = history.table
        let runs = Set(table.rows.indices.compactMap { table.field($0, "run_id") }).count
        let machine = table.rows.indices.last.flatMap { table.field($0, "hw_id") } ?? "unknown"
        let outcome = plotter.draw(
            Plotter.history, of: directory, as: .svg,
            subtitle:
                "\(runs) runs, machine \(machine); changes by E-divisive, p < 0.001, at least "
                + "\(leastChange) %; for information only")
        switch outcome {
        case .drawn(let file): console.errors("\(file)\n")
        case .skipped(let reason), .failed(let reason):
            console.errors("\(Plotter.history): not drawn: \(reason)\n")
        }
    }
}

extension CSVTable {
    /// The rows as objects of texts and numbers; missing values are null.
    fileprivate var records: [JSONValue] {
        rows.indices.map { row in
            .object(
                columns.map { column in
                    guard let text = field(row, column) else { return .init(column, .null) }
                    return .init(column, Double(text).map { .number($0) } ?? .string(text))
                })
        }
    }
}
