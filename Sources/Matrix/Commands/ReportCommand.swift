import Basis
import Foundation
import Platform
import Report

/// Makes the report of a run, or hands its figures to another tool.
enum ReportCommand: Command {
    static let name = "report"
    static let parser = OptionParser(
        program: "switchyard report", operands: "[RUN [FILE]]",
        summary: "write a run as one HTML file, or export its figures",
        options: [
            OptionSpec("output", short: "o", value: "FILE", help: "the same as FILE"),
            OptionSpec(
                "export", value: "FORMAT",
                help: "instead of a report: customSmallerIsBetter or bmf"),
            RunOptions.results, RunOptions.json,
        ],
        epilogue: """
            RUN is the folder of a run, its name below results, or latest, the default. FILE is
            RUN/report.html, and with --export standard output, unless it is given; - is standard
            output. The formats of --export are those of github-action-benchmark and of Bencher;
            cells whose verdict is not valid are left out. Exit status: 12 when no cell is left to
            export.
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

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let directory = try RunDirectory.find(
            options.operands.first ?? "latest",
            results: RunOptions.results(options))
        let file = try file(options)
        guard let format = try options.choice("export", of: Export.self) else {
            let file = file ?? "\(directory.path)/report.html"
            if options.has("json"), file == "-" {
                throw Complaint(
                    "--json and the report would both be on standard output",
                    remedy: "name a file with --output, or leave --json out")
            }
            try write(directory, to: file, asJSON: options.has("json"), on: console)
            return .success
        }
        let json = format.json(try RunFiles(folder: directory.path))
        if json == .array([]) || json == .object([]) {
            throw Complaint(
                "no cell of \(directory.name) has a valid verdict, so nothing is exported",
                remedy: "see why with: switchyard report '\(directory.path)'", status: .invalidRun)
        }
        try console.write(json.pretty, to: file ?? "-")
        // An export is JSON itself.
        if options.has("json"), let file, file != "-" { console.output(Self.json(file).pretty) }
        return .success
    }

    /// The file that the user named, by either of the two ways.
    private static func file(_ options: ParsedOptions) throws(Complaint) -> String? {
        let operands = options.operands
        if operands.count > 2 {
            throw Complaint(
                "'\(operands[2])' is one operand too many",
                remedy: "give one run and one file only")
        }
        guard operands.count == 2 else { return options.text("output") }
        guard options.text("output") == nil else {
            throw Complaint(
                "'\(operands[1])' and --output both name a file", remedy: "leave one of them out")
        }
        return operands[1]
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
        let folder = file == "-" ? "." : folderPart(of: file)
        let base = relativePath(from: folder.isEmpty ? "." : folder, to: directory.path)
        try console.write(ReportPage(files, base: base).text, to: file)
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
