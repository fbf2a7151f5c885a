import Basis
import Foundation
import Load
import Platform
import Report

/// Several runs one after the other.
extension Main {
    /// Makes the steps of a plan that has some.
    static func load(_ plan: LoadPlan, in steps: LoadSteps) throws -> ExitStatus {
        // Before any thread starts: threads inherit that these signals are blocked. Each step takes
        // them for itself; between two they stay pending.
        _ = try TerminationSignals()
        let display = SharedDisplay(isOn: !plan.isQuiet)
        defer { display.clear() }
        do {
            switch steps {
            case .search(let rules):
                var run = CapacityRun(plan, rules) { display.show($1, of: $0) }
                try run.run()
                display.clear()
                return conclude(run, plan)
            case .stages(let stages):
                var run = StageRun(plan, stages) { display.show($1, of: $0) }
                try run.run()
                display.clear()
                return conclude(run, plan)
            }
        } catch Coordinator.Failure.complaint(let complaint) {
            throw complaint
        } catch Coordinator.Failure.interrupted {
            return .interrupted
        }
    }

    private static func conclude(_ run: borrowing CapacityRun, _ plan: LoadPlan) -> ExitStatus {
        let search = run.report
        var text = StepText.search(plan, search, colours: colours(plan))
        var status = run.exitStatus
        var complaints: [Complaint] = []
        let isConfirmed = search.isConfirmed
        if let outcome = run.withResult({ (result: borrowing LoadResult) -> Bool in
            var report = result.report
            report.search = search
            complaints = plan.outputs.save(result, report) { StandardStreams.output($0) }
            guard isConfirmed else { return true }
            var outcomes: [Objective.Outcome] = []
            for objective in plan.objectives { outcomes.append(objective.judge(result)) }
            text += "\nThe confirming run:\n"
            text += TextReport.text(
                report, objectives: outcomes, colours: colours(plan),
                hasHistogram: plan.drawsHistogram)
            return outcomes.allSatisfy(\.isMet)
        }), !outcome {
            status = .objectiveMissed
        }
        tell(text, plan)
        return end(complaints + (run.complaint.map { [$0] } ?? []), else: status)
    }

    private static func conclude(_ run: borrowing StageRun, _ plan: LoadPlan) -> ExitStatus {
        var texts: [LoadPlan.Outputs.Kind: String] = [:]
        for kind in plan.outputs.paths.keys { texts[kind] = run.rendering(kind) }
        let complaints = plan.outputs.save(texts) { StandardStreams.output($0) }
        tell(StepText.stages(plan, run.rows, colours: colours(plan)), plan)
        return end(complaints + (run.complaint.map { [$0] } ?? []), else: run.exitStatus)
    }
}
