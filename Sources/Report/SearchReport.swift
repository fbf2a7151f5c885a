package import Basis
package import Measure

/// How a search for capacity went; a part of the report of the run that confirmed it.
package struct SearchReport: Equatable, Sendable {
    /// The objectives, as the user wrote them.
    package var rules: [String]
    /// Successes a second of the closed loop that the search began with; nil where the user said
    /// where to begin.
    package var closedRate: Double?
    package var finding: CapacityFinding
    /// Why there is no capacity, or what limited the generator; nil where nothing is to be said.
    package var reason: String?
    package var steps: [SearchStep]

    package init(
        rules: [String], closedRate: Double?, finding: CapacityFinding, reason: String?,
        steps: [SearchStep]
    ) {
        self.rules = rules
        self.closedRate = closedRate
        self.finding = finding
        self.reason = reason
        self.steps = steps
    }

    /// Whether a run has confirmed the highest rate that was met.
    package var isConfirmed: Bool {
        finding.outcome == .found || finding.outcome == .alwaysMet
    }

    package var json: JSONValue {
        [
            "rules": .array(rules.map { .string($0) }),
            "outcome": .string(finding.outcome.rawValue),
            "capacity": .optional(finding.capacity), "low": .optional(finding.low),
            "high": .optional(finding.high), "reason": .optional(reason),
            "closed_rate": .optional(closedRate), "steps": .array(steps.map(\.json)),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        rules = try fields.texts("rules")
        closedRate = try fields.optionalNumber("closed_rate")
        finding = CapacityFinding(
            outcome: try fields.choice("outcome", of: CapacityFinding.Outcome.self),
            low: try fields.optionalNumber("low"), high: try fields.optionalNumber("high"))
        reason = try fields.optionalText("reason")
        steps = try fields.objects("steps").map { (fields) throws(RecordRefusal) in
            try SearchStep(fields)
        }
    }

    /// The steps as a table; what was found stands in every row, so that each says all of itself.
    package var table: CSVTable {
        var table = CSVTable(columns: [
            "step", "purpose", "rate", "achieved_rate", "answer", "rule", "value", "requests",
            "failed", "latency_us_mean", "latency_us_p50", "latency_us_p90", "latency_us_p99",
            "latency_us_p99_9", "latency_us_max", "verdict", "reasons", "outcome", "capacity",
            "low", "high",
        ])
        for (index, step) in steps.enumerated() {
            let hasSamples = step.latency.samples > 0
            let times: [Double?] = [
                hasSamples ? step.latency.mean / 1e3 : nil, step.latency.p50?.inMicroseconds,
                step.latency.p90?.inMicroseconds, step.latency.p99?.inMicroseconds,
                step.latency.p999?.inMicroseconds,
                hasSamples ? step.latency.max.inMicroseconds : nil,
            ]
            table.append(
                [
                    "\(index + 1)", step.purpose.rawValue, field(step.rate, decimals: 3),
                    field(step.achievedRate, decimals: 3), step.answer.rawValue,
                    rules.joined(separator: "; "),
                    step.values.map { field($0, decimals: 3) }.joined(separator: "; "),
                    "\(step.requests)", "\(step.failed)",
                ] + times.map { field($0, decimals: 3) } + [
                    step.verdict.rawValue, step.reasons.joined(separator: "; "),
                    finding.outcome.rawValue, field(finding.capacity, decimals: 3),
                    field(finding.low, decimals: 3), field(finding.high, decimals: 3),
                ])
        }
        return table
    }
}
