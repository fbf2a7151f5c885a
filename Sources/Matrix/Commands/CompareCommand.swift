import Basis
import Compare
import Foundation
import Platform
import Report

/// Compares two runs.
enum CompareCommand: Command {
    static let name = "compare"
    static let parser = OptionParser(
        program: "switchyard compare", operands: "BASE CAND",
        summary: "compare two runs, or two tables of your own",
        options: [
            OptionSpec(
                "key", value: "COL[,COL]", help: "columns that name a cell, in your own table"),
            OptionSpec(
                "metric", value: "COL[:BETTER]", repeatable: true,
                help: "a column to compare; BETTER is lower or higher"),
            OptionSpec(
                "pair-by", value: "COL",
                help: "rows that share its value were measured side by side"),
            OptionSpec(
                "across-machines",
                help: "show figures of two machines or conditions, without judging"),
            OptionSpec("out", value: "DIR", help: "for the files (results/compare-TIME)"),
            RunOptions.results, RunOptions.plots, RunOptions.json,
        ],
        epilogue: """
            BASE and CAND are folders of results, names of runs below results, latest, or .csv
            files. A column whose name has a comma, a quote or an end like ':lower' stands in quotes
            with quotes inside doubled: --key '"a,b",c' --metric '"x:lower":higher'. Where a figure
            is missing (empty, NaN, inf, NA) its pair is left out. Writes compare.csv, compare.json,
            report.md and plots/forest.svg. A comparison informs and 'switchyard gate' decides: the
            exit status is 0 whatever differs, 13 for runs of different machines, matrices or
            conditions, 64 for wrong arguments and 1 for files that can't be used or hold no figure
            that both have.
            """)

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        guard options.operands.count == 2 else {
            throw Complaint(
                "compare takes a base and a candidate, not \(options.operands.count) names",
                remedy: "give two folders of results or two .csv files")
        }
        var request = TableRequest()
        if let text = options.text("key") { request.keys = try TableRequest.keys(text) }
        for text in options.all("metric") { request.metrics.append(try TableRequest.metric(text)) }
        if let text = options.text("pair-by") {
            request.pairBy = try TableRequest.column(text, option: "--pair-by")
        }
        let results = RunOptions.results(options)
        let comparison = try Comparison(
            base: try RunTable.read(
                try path(options.operands[0], results: results), request: request),
            candidate: try RunTable.read(
                try path(options.operands[1], results: results), request: request),
            acrossMachines: options.has("across-machines"))

        let now = UTCTime(Nanoseconds(raw: WallClock.nanoseconds))
        let folder = try OutputFolder(
            options.text("out") ?? "\(results)/compare-\(now.compact)")
        try folder.write("compare.json", comparison.json.pretty)
        try folder.write("report.md", comparison.markdown)
        try folder.write(
            comparison.rows.map { CompareRow($0) }, plots: options.text("plots"),
            subtitle: "\(comparison.candidate) over \(comparison.base)", on: console)
        console.output(
            options.has("json")
                ? comparison.json.pretty
                : comparison.text(width: console.width, colours: console.allowsColours))
        console.errors("files in \(folder.path)\n")
        return .success
    }

    /// Where the table is that the user named: a path, or a run as the other commands name it. A
    /// link such as `latest` is named by the run it leads to, which it will not always do.
    private static func path(_ text: String, results: String) throws(Complaint) -> String {
        var path = text
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let manager = FileManager.default
        if !manager.fileExists(atPath: path) {
            // What is written as a path was not meant as a name.
            if text.contains("/") || text.hasSuffix(".csv") { return text }
            path = "\(results)/\(try RunDirectory.find(text, results: results).name)"
        }
        guard let target = try? manager.destinationOfSymbolicLink(atPath: path),
            !target.contains("/")
        else { return path }
        let parent = folderPart(of: path)
        return (parent as NSString).appendingPathComponent(target)
    }
}
