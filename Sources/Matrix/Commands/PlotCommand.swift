package import Basis
import Foundation
import Report

/// Draws the figures of a run.
package enum PlotCommand: Command {
    package static let name = "plot"
    package static let parser = OptionParser(
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

    package static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let directory = try RunDirectory.find(
            try options.operand("run") ?? "latest",
            results: options.text("results") ?? RunOptions.defaultResults)
        let manifest = try Manifest(
            parsing: try RunOptions.read(directory.manifestPath), file: directory.manifestPath)
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
        if options.has("json") {
            var outcomes: [JSONValue] = []
            let status = try draw(
                plotter, directory, manifest, records: records,
                format: options.has("png") ? .png : .svg,
                on: Console(output: { _ in }, errors: console.errors)
            ) { outcomes.append($0) }
            let object: JSONValue = [
                "schema": "switchyard.figures/1", "figures": .array(outcomes),
            ]
            console.output(object.pretty)
            return status
        }
        return try draw(
            plotter, directory, manifest, records: records,
            format: options.has("png") ? .png : .svg, on: console)
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
        do {
            try FileManager.default.createDirectory(
                atPath: directory.plotsPath, withIntermediateDirectories: true)
        } catch {
            throw Complaint(
                "can't make the folder \(directory.plotsPath): "
                    + FolderRefusal.reason(directory.plotsPath, error),
                remedy: "check its permissions", status: .failure)
        }
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
