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
            // A long run must not end with nowhere to write.
            for path in plan.outputs.all { try checkWritable(path) }
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
        if !(plan.isQuiet && plan.outputs.takeStandardOutput) {
            let stream: FileHandle =
                plan.outputs.takeStandardOutput ? .standardError : .standardOutput
            let colours = Terminal.wantsColours(stream.fileDescriptor)
            write(
                TextReport.text(report, objectives: outcomes, colours: colours), to: stream)
        }
        try save(result, report)
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

    private static func unwritable(_ path: String) -> Complaint {
        Complaint(
            "'\(path)' can't be written", remedy: "check the folder and its permissions",
            status: .failure)
    }

    private static func checkWritable(_ path: String) throws(Complaint) {
        if path == "-" { return }
        let files = FileManager.default
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let target = files.fileExists(atPath: path) ? path : folder
        if !files.isWritableFile(atPath: target) { throw unwritable(path) }
    }

    private static func write(_ text: String, toFile path: String) throws(Complaint) {
        if path == "-" {
            write(text, to: .standardOutput)
            return
        }
        do {
            // Not by renaming: the file may be a device or a pipe.
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw unwritable(path)
        }
    }

    private static func write(_ text: String, to stream: FileHandle) {
        // A reader that went away is no reason to lose the other outputs.
        try? stream.write(contentsOf: Data(text.utf8))
    }
}
