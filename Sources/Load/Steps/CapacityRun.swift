package import Basis
import Measure
import Platform
package import Report

/// A search for the highest rate that meets objectives, with real steps.
package struct CapacityRun: ~Copyable {
    private let plan: LoadPlan
    private let rules: CapacityRules
    private var series: StepSeries
    private var steps: [SearchStep] = []
    private var closedRate: Double?
    private var finding = CapacityFinding(outcome: .interrupted, low: nil, high: nil)
    /// From send to answer in the median, at the lowest rate that was met.
    private var unloaded: (rate: Double, service: Nanoseconds)?
    /// Why the generator was the limit, where it was.
    private var generatorReasons: [(rate: Double, reason: String)] = []
    /// What ended the search before its time.
    package private(set) var complaint: Complaint?
    /// The run that stands for the capacity: the one that confirmed it, else the one at the highest
    /// rate that was met, else the last.
    private var result: LoadResult?
    private var resultRank = 0.0

    /// - Parameter progress: takes the name of the step under way and how far it is.
    package init(
        _ plan: LoadPlan, _ rules: CapacityRules,
        progress: @escaping (String, LoadProgress) -> Void
    ) {
        self.plan = plan
        self.rules = rules
        series = StepSeries(plan, progress: progress)
    }

    /// Searches. Throws only where the first step could not begin.
    package mutating func run() throws(Coordinator.Failure) {
        let lowest = rules.lowest(in: plan.duration)
        var start = rules.first?.raw
        if start == nil { start = try scout() }
        guard let start else { return }
        var search = CapacitySearch(
            .init(
                start: max(start, lowest), lowest: lowest, highest: max(rules.highest.raw, lowest),
                step: plan.warmUp + plan.duration))
        while let probe = search.next {
            let began = MonotonicClock.now
            let result: LoadResult
            do throws(Coordinator.Failure) {
                result = try series.run(
                    "step \(steps.count + 1), \(decimalDisplay(probe.rate))/s", rate: probe.rate,
                    duration: plan.duration * Int64(probe.length))
            } catch {
                if steps.isEmpty, closedRate == nil { throw error }
                if case .complaint(let complaint) = error { self.complaint = complaint }
                break
            }
            // What was cut says nothing of its rate.
            if result.isInterrupted { break }
            // The end was asked for when only answers were missing: the step is whole.
            let isLast = result.interruption.count > 0
            let judgement = judge(result, probe)
            search.note(judgement.result, elapsed: MonotonicClock.now.since(began))
            keep(consume result, probe, judgement.result.answer)
            if isLast { break }
        }
        finding = search.finding
    }

    /// A closed loop shows what the connections carry, which tells where to begin. Nil when the
    /// user wants the end.
    private mutating func scout() throws(Coordinator.Failure) -> Double? {
        let result = try series.run("closed loop", rate: nil, duration: plan.duration / 2)
        if result.interruption.count > 0 { return nil }
        closedRate = result.achievedRate
        return result.achievedRate * CapacityRules.startShare
    }

    private mutating func judge(
        _ result: borrowing LoadResult, _ probe: CapacityProbe
    ) -> StepJudgement {
        let evidence = result.evidence
        let report = result.report
        var areMet = true
        var values: [Double?] = []
        for objective in rules.objectives {
            let outcome = objective.judge(result)
            areMet = areMet && outcome.isMet
            values.append(outcome.value)
        }
        let service = report.service.p50
        let judgement = StepJudgement(
            evidence, areMet: areMet,
            judgesErrors: rules.objectives.contains {
                $0.measure == .errorShare || $0.measure == .errorCount
            }, latenessLimit: rules.latenessLimit, service: service, unloaded: unloaded?.service,
            connections: plan.connections)
        if judgement.result.answer == .met, let service,
            unloaded.map({ probe.rate < $0.rate }) ?? true
        {
            unloaded = (probe.rate, service)
        }
        if let reason = judgement.generatorReason {
            generatorReasons.append((probe.rate, reason))
        }
        steps.append(
            SearchStep(probe, judgement.result.answer, values: values, report: report))
        return judgement
    }

    private mutating func keep(
        _ result: consuming LoadResult, _ probe: CapacityProbe,
        _ answer: CapacityProbeResult.Answer
    ) {
        var rank = 0.0
        if answer == .met { rank = probe.purpose == .confirm ? .infinity : probe.rate }
        guard rank >= resultRank else { return }
        resultRank = rank
        self.result = consume result
    }

    /// Lends the run that stands for the capacity; nil where no step came to its end.
    package borrowing func withResult<Answer>(
        _ body: (borrowing LoadResult) -> Answer
    ) -> Answer? {
        switch result {
        case .some(let result): body(result)
        case .none: nil
        }
    }

    /// What the search came to.
    package var report: SearchReport {
        SearchReport(
            rules: rules.objectives.map(\.description), closedRate: closedRate, finding: finding,
            reason: reason, steps: steps)
    }

    /// Why there is no capacity, in one line.
    private var reason: String? {
        func shown(_ rate: Double?) -> String { decimalDisplay(rate ?? 0) + "/s" }
        switch finding.outcome {
        case .found: return nil
        case .unconfirmed:
            return
                "met once at \(shown(finding.low ?? finding.high)), but not by the run that was to"
                + " confirm it"
        case .generatorBound:
            let there = generatorReasons.last { $0.rate == finding.high } ?? generatorReasons.last
            return "the generator was the limit from \(shown(finding.high)) on: "
                + (there?.reason ?? "it could not keep up")
        case .neverMet:
            return "not even met at \(shown(finding.high)), the lowest rate that steps of"
                + " \(plan.duration.display) can judge"
        case .alwaysMet: return "met up to \(shown(finding.low)), the highest rate that was allowed"
        case .outOfTime:
            return finding.low == nil
                ? "not met down to \(shown(finding.high)) when the time of the search was over"
                : "met up to \(shown(finding.low)) when the time of the search was over"
        case .interrupted: return complaint?.problem ?? "interrupted"
        }
    }

    /// What the program ends with, unless an objective of the confirming run decides.
    package var exitStatus: ExitStatus {
        if let complaint { return complaint.status }
        return switch finding.outcome {
        case .found, .alwaysMet: .success
        case .neverMet: .objectiveMissed
        case .unconfirmed, .generatorBound, .outOfTime: .inconclusive
        case .interrupted: .interrupted
        }
    }
}
