package import Basis
import Foundation
import Platform
import Report

/// Makes the report of a run, or hands its figures to another tool.
package enum ReportCommand: Command {
    package static let name = "report"
    package static let parser = OptionParser(
        program: "switchyard report", operands: "[RUN [FILE]]",
        summary: "write a run as one HTML file, or export its figures",
        options: [
            OptionSpec("output", short: "o", value: "FILE", help: "the report (RUN/report.html)"),
            OptionSpec(
                "export", value: "FORMAT",
                help: "write FILE instead: customSmallerIsBetter (github-action-benchmark) or bmf "
                    + "(Bencher)"),
            RunOptions.results, RunOptions.json,
        ],
        epilogue: """
            RUN is the folder of a run, its name below results, or latest, the default. A file named
            - is standard output, which is the default of --export. Exports leave out cells whose
            verdict is not valid. Exit status: 12 when no cell is left to export.
            """)

    private enum Export: String, CaseIterable {
        case customSmallerIsBetter
        case bmf

        func json(_ files: RunFiles) -> JSONValue {
            switch self {
            case .customSmallerIsBetter: ExportBenchmarkAction.json(files)
            case .bmf: ExportBencher.json(files)
            }
        }
    }

    package static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let directory = try RunDirectory.find(
            options.operands.first ?? "latest",
            results: options.text("results") ?? RunOptions.defaultResults)
        guard let format = try options.choice("export", of: Export.self) else {
            _ = try options.operand("run")
            let file = options.text("output") ?? "\(directory.path)/report.html"
            if options.has("json"), file == "-" {
                throw Complaint(
                    "--json and the report would both be on standard output",
                    remedy: "name a file with --output, or leave --json out")
            }
            try write(directory, to: file, asJSON: options.has("json"), on: console)
            return .success
        }
        if options.has("output") {
            throw Complaint(
                "--output is the file of a report, not of an export",
                remedy: "name the file behind the run")
        }
        if options.operands.count > 2 {
            throw Complaint(
                "'\(options.operands[2])' is one operand too many",
                remedy: "give one run and one file only")
        }
        let file = options.operands.count > 1 ? options.operands[1] : "-"
        let json = format.json(try RunFiles(folder: directory.path))
        if json == .array([]) || json == .object([]) {
            throw Complaint(
                "no cell of \(directory.name) has a valid verdict, so nothing is exported",
                remedy: "see why with: switchyard report '\(directory.path)'", status: .invalidRun)
        }
        try OutputFile.write(json.pretty, to: file, on: console)
        // An export is JSON itself.
        if options.has("json"), file != "-" { console.output(Self.json(file).pretty) }
        return .success
    }

    /// What `--json` prints.
    private static func json(_ file: String) -> JSONValue {
        ["schema": "switchyard.written/1", "file": .string(file)]
    }

    /// Writes the report of a run, and says where it is.
    static func write(
        _ directory: RunDirectory, to file: String, asJSON: Bool = false, on console: Console
    ) throws(Complaint) {
        let files = try RunFiles(folder: directory.path)
        let folder = file == "-" ? "." : (file as NSString).deletingLastPathComponent
        let base = relativePath(from: folder.isEmpty ? "." : folder, to: directory.path)
        try OutputFile.write(ReportPage(files, base: base).text, to: file, on: console)
        if file != "-" { console.output(asJSON ? json(file).pretty : "\(file)\n") }
    }

    /// The way from one folder to another, without a slash at its end; empty when they are the
    /// same.
    static func relativePath(from start: String, to end: String) -> String {
        func steps(_ path: String) -> [String] {
            URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.pathComponents
        }
        let (from, to) = (steps(start), steps(end))
        let shared = zip(from, to).prefix { $0 == $1 }.count
        let way = from.dropFirst(shared).map { _ in ".." } + to.dropFirst(shared)
        return way.joined(separator: "/")
    }
}

/// A file that the user named for what a command makes.
enum OutputFile {
    /// Writes all of `text` or nothing; `-` is standard output.
    static func write(_ text: String, to file: String, on console: Console) throws(Complaint) {
        if file == "-" {
            console.output(text)
            return
        }
        do throws(SystemError) {
            try AtomicFile.replace(file, with: text)
        } catch {
            throw error.complaint(
                "can't write \(file)", remedy: "name a file in a folder that exists and has room")
        }
    }
}
