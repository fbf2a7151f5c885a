import Basis
import Measure
package import Report

/// What several runs came to, for people, in the terminal.
package enum StepText {
    /// The steps of a search and what they say together.
    package static func search(
        _ plan: LoadPlan, _ search: SearchReport, colours: Bool
    ) -> String {
        var text = "target         \(plan.url)\n"
        text += "search         \(search.rules.joined(separator: ", ")); "
        text += "steps of \(plan.duration.display) after \(plan.warmUp.display) of warm-up, "
        text += plan.arrivals.name + "\n"
        if let closed = search.closedRate {
            text += "begun from     \(decimalDisplay(closed))/s of a closed loop\n"
        }
        var table = TextTable(
            [.init("step"), .init("why", .left), .init("rate/s"), .init("reached/s")]
                + search.rules.map { .init($0) }
                + [
                    .init("p50"), .init("p99"), .init("failed"), .init("answer", .left),
                    .init("verdict", .left),
                ])
        for (index, step) in search.steps.enumerated() {
            table.append(
                [
                    .init("\(index + 1)"), .init(step.purpose.rawValue),
                    .init(decimalDisplay(step.rate)), .init(decimalDisplay(step.achievedRate)),
                ] + zip(search.rules, step.values).map { .init(shown($1, of: $0)) } + [
                    .init(step.latency.p50?.display ?? "-"),
                    .init(step.latency.p99?.display ?? "-"), .init("\(step.failed)"),
                    .init(step.answer.rawValue, tone(step.answer)),
                    .init(step.verdict.rawValue, step.verdict.tone),
                ])
        }
        if !search.steps.isEmpty { text += "\n" + table.text(width: nil, colours: colours) }
        return text + "\n" + conclusion(search) + "\n"
    }

    /// The capacity with its interval, or why there is none; one line without its end.
    package static func conclusion(_ search: SearchReport) -> String {
        let finding = search.finding
        func shown(_ rate: Double?) -> String { rate.map { "\(decimalDisplay($0))/s" } ?? "-" }
        if let capacity = finding.capacity {
            let above = finding.high.map { ", not at \(shown($0))" } ?? ""
            return "capacity       \(shown(capacity)): met there and by the confirming run" + above
        }
        var line = "capacity       none"
        if let reason = search.reason { line += ": \(reason)" }
        switch finding.outcome {
        case .generatorBound where finding.low != nil:
            line += "; met up to \(shown(finding.low))"
        case .interrupted where finding.low != nil || finding.high != nil:
            line += "; met up to \(shown(finding.low)), not at \(shown(finding.high))"
        default: break
        }
        return line
    }

    /// A row a stage.
    package static func stages(
        _ plan: LoadPlan, _ rows: [StageRun.Row], colours: Bool
    ) -> String {
        var text = "target         \(plan.url)\n"
        text += "load           open loop, \(plan.arrivals.name);"
        text += " \(TextReport.counted(plan.connections, "connection")) on"
        text += " \(TextReport.counted(plan.threads, "thread")); "
        text += "each stage after \(plan.warmUp.display) of warm-up\n\n"
        var table = TextTable([
            .init("stage"), .init("time"), .init("rate/s"), .init("reached/s"), .init("mean"),
            .init("p50"), .init("p90"), .init("p99"), .init("p99.9"), .init("max"), .init("failed"),
            .init("verdict", .left),
        ])
        for (index, row) in rows.enumerated() {
            let (report, latency) = (row.report, row.report.latency)
            let some = latency.samples > 0
            let mean = some ? Nanoseconds(raw: Int64(latency.mean.rounded())).display : "-"
            table.append(
                [
                    .init("\(index + 1)"), .init(row.stage.duration.display),
                    .init(row.stage.rate.display), .init(decimalDisplay(report.achievedRate)),
                    .init(mean),
                ]
                    + [latency.p50, latency.p90, latency.p99, latency.p999].map {
                        .init($0?.display ?? "-")
                    } + [
                        .init(some ? latency.max.display : "-"),
                        .init("\(report.errors.ofRequests)"),
                        .init(report.verdict.rawValue, report.verdict.tone),
                    ])
        }
        text += table.text(width: nil, colours: colours)
        for (index, row) in rows.enumerated() {
            for outcome in row.outcomes where !outcome.isMet {
                text += "slo            stage \(index + 1): \(outcome.objective) missed:"
                text += " \(outcome.figure)\n"
            }
            for reason in row.report.verdictReasons {
                text += "verdict        stage \(index + 1): \(reason)\n"
            }
            for warning in row.report.warnings {
                text += "note           stage \(index + 1): \(warning)\n"
            }
        }
        return text
    }

    /// - Parameter rule: says in what the value is measured.
    private static func shown(_ value: Double?, of rule: String) -> String {
        guard let value else { return "-" }
        if !rule.lowercased().hasPrefix("errors") {
            return Nanoseconds(raw: Int64(value.rounded())).display
        }
        return rule.hasSuffix("%") ? fixed(value, decimals: 3) + "%" : fixed(value, decimals: 0)
    }

    private static func tone(_ answer: CapacityProbeResult.Answer) -> TextTable.Tone {
        switch answer {
        case .met: .good
        case .missed, .overloaded: .bad
        case .generator: .doubtful
        }
    }
}
