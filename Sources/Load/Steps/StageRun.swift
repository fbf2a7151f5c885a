package import Basis
import Measure
package import Report

/// Stages that the user has laid out, one run after the other.
package struct StageRun: ~Copyable {
    /// What one stage came to.
    package struct Row: Sendable {
        package let stage: Stage
        package let report: LoadReport
        package let outcomes: [Objective.Outcome]
    }

    private let plan: LoadPlan
    private let stages: [Stage]
    private var series: StepSeries
    package private(set) var rows: [Row] = []
    /// Of each stage, and when it began.
    private var intervals: [(began: Nanoseconds, row: SeriesTable.Row)] = []
    private var began: Nanoseconds?
    private var isInterrupted = false
    private var areFailures = true
    /// What ended the stages before their time.
    package private(set) var complaint: Complaint?

    /// - Parameter progress: takes the name of the stage under way and how far it is.
    package init(
        _ plan: LoadPlan, _ stages: [Stage], progress: @escaping (String, LoadProgress) -> Void
    ) {
        self.plan = plan
        self.stages = stages
        series = StepSeries(plan, progress: progress)
    }

    /// Throws only where the first stage could not begin.
    package mutating func run() throws(Coordinator.Failure) {
        for (index, stage) in stages.enumerated() {
            let result: LoadResult
            do throws(Coordinator.Failure) {
                result = try series.run(
                    "stage \(index + 1)/\(stages.count), \(stage.rate.display)/s",
                    rate: stage.rate.raw, duration: stage.duration)
            } catch {
                if index == 0 { throw error }
                isInterrupted = true
                if case .complaint(let complaint) = error { self.complaint = complaint }
                return
            }
            add(result, stage, number: index + 1)
            if result.interruption.count > 0 {
                // Asked for the end when only the last answers were missing, it has them.
                isInterrupted = result.isInterrupted || index + 1 < stages.count
                return
            }
        }
    }

    private mutating func add(_ result: borrowing LoadResult, _ stage: Stage, number: Int) {
        var outcomes: [Objective.Outcome] = []
        for objective in plan.objectives { outcomes.append(objective.judge(result)) }
        rows.append(Row(stage: stage, report: result.report, outcomes: outcomes))
        areFailures = areFailures && result.isFailure
        let stageBegan = result.began
        began = began ?? stageBegan
        intervals += result.intervals.map { (stageBegan, (number, $0)) }
    }

    /// What the program ends with.
    package var exitStatus: ExitStatus {
        if let complaint { return complaint.status }
        if isInterrupted { return .interrupted }
        if rows.contains(where: { !$0.outcomes.allSatisfy(\.isMet) }) { return .objectiveMissed }
        return areFailures ? .failure : .success
    }

    /// The results in a format of other programs.
    package func rendering(_ kind: LoadPlan.Outputs.Kind) -> String {
        switch kind {
        case .json: json.pretty
        case .csv: table.text
        case .hlog: log.text
        case .series:
            SeriesTable(rows: intervals.map(\.row), hasCodes: plan.application.hasCodes)
                .text(for: plan.outputs.paths[.series] ?? "")
        // The command line has refused it.
        case .hgrm: ""
        }
    }

    private var log: IntervalLog {
        IntervalLog(
            start: began ?? .zero,
            entries: intervals.compactMap { began, row in
                row.interval.entry(tag: "stage-\(row.stage ?? 0)", began: began)
            })
    }

    /// The value of `schema`.
    package static let schema = "switchyard.stages/1"

    private var json: JSONValue {
        [
            "schema": .string(Self.schema),
            "status": .string(isInterrupted ? "interrupted" : "complete"),
            "stages": .array(rows.map(\.report.json)),
        ]
    }

    /// A row a stage: its number, then what the table of a single run has.
    private var table: CSVTable {
        var table = CSVTable(columns: ["stage"] + Renderings.columns(rows[0].report).names)
        for (index, row) in rows.enumerated() {
            table.append(["\(index + 1)"] + Renderings.columns(row.report).values)
        }
        return table
    }
}
