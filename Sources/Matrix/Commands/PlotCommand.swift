import Basis
import Foundation
import Report

/// Draws the figures of a run.
enum PlotCommand: Command {
    static let name = "plot"
    static let parser = OptionParser(
        program: "switchyard plot", operands: "[RUN]",
        summary: "draw the figures of a run with gnuplot",
        options: [
            OptionSpec("png", help: "draw PNG instead of SVG"), RunOptions.results,
            RunOptions.plots,
            RunOptions.json,
        ],
        epilogue: """
            RUN is the folder of a run, its name below results, or latest, the default. A figure
            for which the run holds no rows is left out.
            """)

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let (directory, manifest) = try RunOptions.run(options)
        guard let plotter = Plotter.find(options.text("plots")) else {
            throw Complaint(
                "there is no folder of figures", remedy: "name it with --plots", status: .failure)
        }
        guard !plotter.figures.isEmpty else {
            throw Complaint(
                "there is no figure in \(plotter.folder)",
                remedy: "name a folder of .gp files with --plots", status: .failure)
        }
        guard Plotter.isAvailable else {
            throw Complaint(
                Warning.noGnuplot.problem, remedy: Warning.noGnuplot.advice,
                status: .failure)
        }
        let records = try Journal<LaunchRecord>.records(directory.journalPath)
        let isJSON = options.has("json")
        var outcomes: [JSONValue] = []
        let status = try draw(
            plotter, directory, manifest, records: records,
            format: options.has("png") ? .png : .svg,
            on: isJSON ? Console(output: { _ in }, errors: console.errors) : console
        ) { outcomes.append($0) }
        if isJSON {
            let object: JSONValue = [
                "schema": "switchyard.figures/1", "figures": .array(outcomes),
            ]
            console.output(object.pretty)
        }
        return status
    }

    /// Draws every figure that the run holds rows for; the status is `failure` when one could not
    /// be drawn. What there is nothing to draw for is no news, and says nothing.
    ///
    /// - Parameter note: is told the outcome of each as JSON.
    static func draw(
        _ plotter: Plotter, _ directory: RunDirectory, _ manifest: Manifest,
        records: [LaunchRecord], format: Plotter.Format, on console: Console,
        note: (JSONValue) -> Void = { _ in }
    ) throws(Complaint) -> ExitStatus {
        try Folder.make(directory.plotsPath, remedy: "check its permissions")
        let subtitle = manifest.subtitle(
            cells: Set(records.map(\.cell)).count, launches: records.count)
        var status = ExitStatus.success
        for figure in plotter.figures(of: directory) {
            let outcome = plotter.draw(figure, of: directory, as: format, subtitle: subtitle)
            switch outcome {
            case .drawn(let file):
                console.output("\(file)\n")
                note(["figure": .string(figure), "file": .string(file)])
            case .skipped(let reason):
                note(["figure": .string(figure), "skipped": .string(reason)])
            case .failed(let reason):
                console.errors("\(figure): not drawn: \(reason)\n")
                note(["figure": .string(figure), "failed": .string(reason)])
                status = .failure
            }
        }
        return status
    }
}
