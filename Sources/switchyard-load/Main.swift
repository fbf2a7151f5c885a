import Basis
import Foundation
import Load
import Platform
import Report

@main
enum Main {
    static func main() {
        exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    private static func run(_ arguments: [String]) -> ExitStatus {
        do {
            let options = try LoadOptions.parser.parse(arguments)
            if options.wantsHelp {
                write(LoadOptions.parser.help, to: .standardOutput)
                return .success
            }
            let plan = try LoadOptions.plan(
                options, randomSeed: .random(in: 0..<1_000_000_000), readFile: read)
            return try load(plan)
        } catch let complaint as Complaint {
            write("switchyard-load: \(complaint)\n", to: .standardError)
            return complaint.status
        } catch {
            write("switchyard-load: \(error)\n", to: .standardError)
            return .failure
        }
    }

    private static func load(_ plan: LoadPlan) throws -> ExitStatus {
        // Before any thread starts: threads inherit that these signals are blocked.
        var coordinator = try Coordinator(plan, signals: try TerminationSignals())
        var display = ProgressDisplay(isOn: !plan.isQuiet)
        defer { display.clear() }
        do {
            let result = try coordinator.run { display.show($0) }
            display.clear()
            return try conclude(result)
        } catch Coordinator.Failure.complaint(let complaint) {
            throw complaint
        } catch Coordinator.Failure.interrupted {
            return .interrupted
        }
    }

    private static func conclude(_ result: borrowing LoadResult) throws -> ExitStatus {
        let plan = result.plan
        let report = result.report
        let outcomes = plan.objectives.map { $0.judge(result) }
        try save(result, report)
        if !(plan.isQuiet && plan.outputs.takeStandardOutput) {
            let stream: FileHandle =
                plan.outputs.takeStandardOutput ? .standardError : .standardOutput
            let colours = Terminal.wantsColours(stream.fileDescriptor)
            write(
                TextReport.text(report, objectives: outcomes, colours: colours), to: stream)
        }
        if result.isInterrupted { return .interrupted }
        return outcomes.allSatisfy(\.isMet) ? .success : .objectiveMissed
    }

    private static func save(_ result: borrowing LoadResult, _ report: LoadReport) throws {
        let outputs = result.plan.outputs
        if let path = outputs.json { try write(Renderings.json(report), toFile: path) }
        if let path = outputs.csv { try write(Renderings.csv(report), toFile: path) }
        if let path = outputs.hlog { try write(Renderings.hlog(result), toFile: path) }
        if let path = outputs.hgrm { try write(Renderings.hgrm(result), toFile: path) }
    }

    private static func read(_ path: String) throws(Complaint) -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw Complaint(
                "--body file '\(path)' can't be read", remedy: "check the path", status: .failure)
        }
    }

    private static func write(_ text: String, toFile path: String) throws {
        if path == "-" {
            write(text, to: .standardOutput)
            return
        }
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Complaint(
                "'\(path)' can't be written", remedy: "check the folder and its permissions",
                status: .failure)
        }
    }

    private static func write(_ text: String, to stream: FileHandle) {
        // A reader that went away is no reason to lose the other outputs.
        try? stream.write(contentsOf: Data(text.utf8))
    }
}

/// What the terminal can do.
enum Terminal {
    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Colours on a terminal, unless the user asks for none (no-color.org).
    static func wantsColours(_ descriptor: Int32) -> Bool {
        let environment = ProcessInfo.processInfo.environment
        return isTerminal(descriptor) && (environment["NO_COLOR"] ?? "").isEmpty
            && environment["TERM"] != "dumb"
    }
}

/// LoadProgress on the standard error: one line that is rewritten on a terminal, a line a second
/// elsewhere.
struct ProgressDisplay {
    let isOn: Bool
    private let rewrites = Terminal.isTerminal(FileHandle.standardError.fileDescriptor)
    private var isShown = false

    init(isOn: Bool) { self.isOn = isOn }

    mutating func show(_ progress: LoadProgress) {
        if !isOn { return }
        // Carriage return, then erase to the end of the line (ECMA-48, EL).
        let text = rewrites ? "\r\(progress.line)\u{1B}[K" : progress.line + "\n"
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
        isShown = true
    }

    mutating func clear() {
        if isShown, rewrites {
            try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K".utf8))
        }
        isShown = false
    }
}
