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
        StandardStreams.end(
            LoadOptions.parser.program, run(CommandArguments.all))
    }

    private static func run(_ arguments: [String]) -> ExitStatus {
        do {
            let options = try LoadOptions.parser.parse(arguments)
            if options.wantsHelp {
                StandardStreams.output(LoadOptions.parser.help)
                return .success
            }
            if options.has("version") {
                StandardStreams.output("switchyard-load \(switchyardVersion)\n")
                return .success
            }
            let plan = try LoadOptions.plan(
                options, randomSeed: .random(in: 0..<1_000_000_000), readFile: read)
            try plan.outputs.check()
            return try load(plan)
        } catch let complaint as Complaint {
            StandardStreams.error("switchyard-load: \(complaint)\n")
            return complaint.status
        } catch {
            StandardStreams.error("switchyard-load: \(error)\n")
            return .failure
        }
    }

    private static func load(_ plan: LoadPlan) throws -> ExitStatus {
        if let steps = plan.steps { return try load(plan, in: steps) }
        // Before any thread starts: threads inherit that these signals are blocked.
        var coordinator = try Coordinator(plan, signals: try TerminationSignals())
        do {
            if let url = try coordinator.openMetrics() {
                StandardStreams.error("metrics at \(url)\n")
            }
        } catch Coordinator.Failure.complaint(let complaint) {
            throw complaint
        }
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
        let complaints = plan.outputs.save(result, report) { StandardStreams.output($0) }
        tell(
            TextReport.text(
                report, objectives: outcomes, colours: colours(plan),
                hasHistogram: plan.drawsHistogram), plan)
        return end(complaints, else: result.exitStatus(outcomes))
    }

    static func colours(_ plan: LoadPlan) -> Bool {
        Terminal.wantsColours(plan.outputs.takeStandardOutput ? STDERR_FILENO : STDOUT_FILENO)
    }

    /// Says it where no output is.
    static func tell(_ text: String, _ plan: LoadPlan) {
        if plan.isQuiet && plan.outputs.takeStandardOutput { return }
        if plan.outputs.takeStandardOutput {
            StandardStreams.error(text)
        } else {
            StandardStreams.output(text)
        }
    }

    static func end(_ complaints: [Complaint], else status: ExitStatus) -> ExitStatus {
        for complaint in complaints { StandardStreams.error("switchyard-load: \(complaint)\n") }
        return complaints.first?.status ?? status
    }

    /// One byte more than is allowed shows that there are too many; a device may have no end.
    /// - Parameter path: `-` for the standard input.
    private static func read(_ path: String) throws(Complaint) -> [UInt8] {
        do throws(SystemError) {
            let place = path == "-" ? "/dev/stdin" : path
            return try InputFile.read(place, upTo: Limit.bodyBytes + 1)
        } catch {
            throw Complaint(
                "file '\(path)' can't be read: \(error.reason)", remedy: "check the path",
                status: .failure)
        }
    }
}
