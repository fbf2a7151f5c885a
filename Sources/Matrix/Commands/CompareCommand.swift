package import Basis
import Compare
import Foundation
import Platform
import Report

/// Compares two runs.
package enum CompareCommand: Command {
    package static let name = "compare"
    package static let parser = OptionParser(
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
            OptionSpec("across-machines", help: "show figures of two machines, without judging"),
            OptionSpec("out", value: "DIR", help: "for the files (results/compare-TIME)"),
            RunOptions.plots, RunOptions.json,
        ],
        epilogue: """
            BASE and CAND are folders of results or .csv files. Writes compare.csv, compare.json,
            report.md and plots/forest.svg. A comparison informs and 'switchyard gate' decides: the
            exit status is 0 whatever differs, 13 for runs of different machines, 64 for wrong
            arguments and 1 for a file that can't be used.
            """)

    package static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        guard options.operands.count == 2 else {
            throw Complaint(
                "compare takes a base and a candidate, not \(options.operands.count) names",
                remedy: "give two folders of results or two .csv files")
        }
        var request = TableRequest()
        request.keys = options.text("key")?.split(separator: ",").map(String.init) ?? []
        for text in options.all("metric") { request.metrics.append(try TableRequest.metric(text)) }
        request.pairBy = options.text("pair-by")
        let comparison = try Comparison(
            base: try RunTable.read(options.operands[0], request: request),
            candidate: try RunTable.read(options.operands[1], request: request),
            acrossMachines: options.has("across-machines"))

        let now = UTCTime(Nanoseconds(raw: WallClock.nanoseconds))
        let folder = try OutputFolder(
            options.text("out") ?? "\(RunOptions.defaultResults)/compare-\(now.compact)")
        try folder.write(
            "compare.csv",
            CSVTable(CompareColumns.all, rows: comparison.rows.map { CompareRow($0) }).text)
        try folder.write("compare.json", comparison.json.pretty)
        try folder.write("report.md", comparison.markdown)
        let subtitle = "\(options.operands[1]) over \(options.operands[0])"
        if let note = folder.drawForest(options.text("plots"), subtitle: subtitle) {
            console.errors("note: \(note)\n")
        }
        console.output(
            options.has("json")
                ? comparison.json.pretty
                : comparison.text(width: console.width, colours: console.allowsColours))
        console.errors("files in \(folder.path)\n")
        return .success
    }
}

/// The folder that a comparison or a gate writes its files into.
struct OutputFolder {
    let path: String

    init(_ path: String) throws(Complaint) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path + "/plots", withIntermediateDirectories: true)
        } catch {
            throw Complaint(
                "can't make the folder \(path): \(error.localizedDescription)",
                remedy: "choose another with --out", status: .failure)
        }
    }

    func write(_ name: String, _ content: String) throws(Complaint) {
        try RunDirectory(path: path).write(name, content)
    }

    /// Draws `plots/forest.svg` from `compare.csv`; says in a clause why not, if not.
    func drawForest(_ plots: String?, subtitle: String) -> String? {
        guard Plotter.isAvailable else { return "\(Warning.noGnuplot)" }
        guard let plotter = Plotter.find(plots) else {
            return "there is no folder of figures, so nothing is drawn; name it with --plots"
        }
        switch plotter.draw(
            "forest", of: RunDirectory(path: path), as: .svg, subtitle: subtitle)
        {
        case .drawn: return nil
        case .skipped(let reason), .failed(let reason): return "forest: \(reason)"
        }
    }
}
