import Basis
import Foundation
import Load
import Platform
import Report

@main
enum Main {
    static func main() {
        // A reader that went away is no reason to lose the other outputs.
        StandardStreams.outliveReaders()
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
            try plan.outputs.check()
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
            return conclude(result)
        } catch Coordinator.Failure.complaint(let complaint) {
            throw complaint
        } catch Coordinator.Failure.interrupted {
            return .interrupted
        }
    }

    private static func conclude(_ result: borrowing LoadResult) -> ExitStatus {
        let plan = result.plan
        let report = result.report
        let outcomes = plan.objectives.map { $0.judge(result) }
        // Before the text, whose reader may be slow or gone.
        let complaints = plan.outputs.save(result, report) { write($0, to: .standardOutput) }
        if !(plan.isQuiet && plan.outputs.takeStandardOutput) {
            let stream: FileHandle =
                plan.outputs.takeStandardOutput ? .standardError : .standardOutput
            let colours = Terminal.wantsColours(stream.fileDescriptor)
            write(TextReport.text(report, objectives: outcomes, colours: colours), to: stream)
        }
        for complaint in complaints {
            write("switchyard-load: \(complaint)\n", to: .standardError)
        }
        if let first = complaints.first { return first.status }
        if result.isInterrupted { return .interrupted }
        return outcomes.allSatisfy(\.isMet) ? .success : .objectiveMissed
    }

    /// One byte more than is allowed shows that there are too many; a device may have no end.
    private static func read(_ path: String) throws(Complaint) -> [UInt8] {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            return Array(try file.read(upToCount: Limit.bodyBytes + 1) ?? Data())
        } catch {
            throw Complaint(
                "--body file '\(path)' can't be read", remedy: "check the path", status: .failure)
        }
    }

    @discardableResult
    private static func write(_ text: String, to stream: FileHandle) -> Bool {
        (try? stream.write(contentsOf: Data(text.utf8))) != nil
    }
}
