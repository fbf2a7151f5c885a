import Basis
import Foundation
import Measure

extension GateProcedure {
    /// The verdict and the reasons for it, one line each; nil before the gate is over.
    package var verdict: (name: Verdict, reasons: [String])? {
        guard let stop else { return nil }
        switch stop {
        case .invalid(let why): return (.invalid, why)
        case .wrong(let why): return (.wrong, [why])
        case .complete:
            let judged = judgements
            for kind in [Verdict.regression, .inconclusive] where judged.contains(kind) {
                return (kind, reasons(judged))
            }
            return (.pass, [])
        }
    }

    /// The verdicts of all metrics of all cells, in their order.
    package var judgements: [Verdict] {
        let adjusted = adjusted
        return subjects.map { judge($0, p: adjusted[$0]) }
    }

    /// The findings; nil before the gate is over.
    package var result: GateResult? {
        guard let verdict else { return nil }
        let adjusted = adjusted
        return GateResult(
            verdict: verdict.name, reasons: verdict.reasons,
            findings: subjects.map { finding($0, p: adjusted[$0]) }, control: controlFindings,
            lost: lost, reruns: attempt)
    }

    var controlFindings: [ControlFinding] {
        let measured = control.keys.sorted { ($0.cell, $0.metric) < ($1.cell, $1.metric) }
        return measured.compactMap { subject in
            let values = (control[subject] ?? []).map(\.worsening)
            guard let centre = SignedRank.hodgesLehmann(values) else { return nil }
            let p = min(
                1, 2 * min(SignedRank.pGreater(values), SignedRank.pGreater(values.map { -$0 })))
            return ControlFinding(
                metric: metric(subject).name, pairs: values.count, ratio: exp(centre), p: p,
                isBroken: abs(centre) > log(1 + policy.controlEffect) || p < policy.controlLevel)
        }
    }

    /// Holm's p-values of what was tested.
    private var adjusted: [Subject: Double] {
        let tested = suspects.filter { !(confirmed[$0] ?? []).isEmpty }
        let pValues = tested.map { subject in
            SignedRank.pGreater(
                (confirmed[subject] ?? []).map(\.worsening),
                shift: log(1 + (metric(subject).tier.deadBand ?? 0)))
        }
        return Dictionary(uniqueKeysWithValues: zip(tested, Holm.adjusted(pValues)))
    }

    private func judge(_ subject: Subject, p: Double?) -> Verdict {
        // Why the gate ended comes before what it had seen by then, if anything.
        if case .invalid? = stop { return .invalid }
        if case .wrong? = stop { return .inconclusive }
        guard !(screened[subject] ?? []).isEmpty else { return .inconclusive }
        if let p, p <= policy.alpha {
            return limits(confirmed[subject]).allowWorse ? .regression : .inconclusive
        }
        // What is behind the base's bound may be better than the candidate.
        if !limits(measured(subject)).allowBetter { return .inconclusive }
        let isHidden = sigma[metric(subject).name].map { $0 > policy.sigmaLimit } ?? true
        return untested.contains(subject) || isHidden ? .inconclusive : .pass
    }

    private func measured(_ subject: Subject) -> [GatePair] {
        (screened[subject] ?? []) + (confirmed[subject] ?? [])
    }

    /// Of which sides one of the pairs has a bound.
    private func limits(_ pairs: [GatePair]?) -> Limits {
        Limits(
            base: (pairs ?? []).contains(where: \.limits.base),
            candidate: (pairs ?? []).contains(where: \.limits.candidate))
    }

    private func finding(_ subject: Subject, p: Double?) -> GateFinding {
        let noise = sigma[metric(subject).name]
        let pairs = p == nil ? screened[subject] ?? [] : confirmed[subject] ?? []
        let change = Change(
            pairs: pairs.map { ($0.base, $0.candidate) }, metric: metric(subject),
            isTested: p != nil)
        let verdict = judge(subject, p: p)
        return GateFinding(
            cell: cells[subject.cell].id, metric: metric(subject),
            stage: p == nil ? .screen : .confirm, verdict: verdict, change: change, pAdjusted: p,
            sigma: noise,
            minimumDetectableEffect: noise.flatMap {
                design.minimumDetectableEffect(tier: metric(subject).tier, sigma: $0)
            },
            reason: reason(subject, verdict, change, p: p),
            worsenings: pairs.map(\.worsening), limits: limits(pairs))
    }

    /// The reasons of the regressions, or where there is none of what is inconclusive.
    private func reasons(_ judged: [Verdict]) -> [String] {
        let adjusted = adjusted
        let kinds: [Verdict] = [.regression, .inconclusive]
        return kinds.flatMap { kind in
            zip(subjects, judged).filter { $0.1 == kind }.map { subject, _ in
                let finding = finding(subject, p: adjusted[subject])
                return "\(finding.cell) \(finding.metric.name): \(finding.reason)"
            }
        }
    }

    /// Why a bound leaves the verdict open; nil where it does not.
    private func limitReason(_ subject: Subject, _ change: Change, p: Double?) -> String? {
        let isSlower = p.map { $0 <= policy.alpha } ?? false
        if isSlower
            ? limits(confirmed[subject]).allowWorse : limits(measured(subject)).allowBetter
        {
            return nil
        }
        let side = isSlower ? "candidate" : "base"
        return
            "\(change.text(in: metric(subject))), but the generator was the limit of the \(side),"
            + " which may be better than that"
    }

    private func reason(
        _ subject: Subject, _ verdict: Verdict, _ change: Change?, p: Double?
    ) -> String {
        guard let change else { return "nothing was measured" }
        switch verdict {
        case .pass: return ""
        case .invalid: return "the gate is invalid"
        case .wrong: return "wrong answers"
        case .regression:
            return
                "\(change.text(in: metric(subject))) confirmed on \(change.baseCount) fresh pairs,"
                + " \(pText(p ?? 1))"
        case .inconclusive:
            if case .wrong? = stop { return "the gate ended early" }
            if untested.contains(subject) {
                return
                    "\(change.text(in: metric(subject))) in the screening, and more suspects than"
                    + " \(policy.suspectsMax) are not confirmed"
            }
            if let reason = limitReason(subject, change, p: p) { return reason }
            let noise = sigma[metric(subject).name] ?? 0
            let effect = design.minimumDetectableEffect(tier: metric(subject).tier, sigma: noise)
            let hidden = effect.map { "changes below \(fixed($0 * 100, decimals: 1))%" }
            return "pairs scatter by \(fixed(noise * 100, decimals: 1))%, which hides"
                + " \(hidden ?? "changes")"
        }
    }
}
