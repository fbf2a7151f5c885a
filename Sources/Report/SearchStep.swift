package import Basis
package import Measure

/// One step of a search for capacity.
package struct SearchStep: Equatable, Sendable {
    package var purpose: CapacityProbe.Purpose
    /// Requests a second that were due, and successes.
    package var rate: Double
    package var achievedRate: Double
    package var answer: CapacityProbeResult.Answer
    /// What each rule compares: nanoseconds, percent or a count; nil where nothing was measured.
    package var values: [Double?]
    package var requests: Int64
    package var failed: Int64
    package var latency: LatencySummary
    /// What the generator says of the step alone.
    package var verdict: LoadReport.Verdict
    package var reasons: [String]

    /// A step with its report.
    package init(
        _ probe: CapacityProbe, _ answer: CapacityProbeResult.Answer, values: [Double?],
        report: LoadReport
    ) {
        purpose = probe.purpose
        rate = probe.rate
        achievedRate = report.achievedRate
        self.answer = answer
        self.values = values
        requests = report.requests
        failed = report.errors.ofRequests
        latency = report.latency
        verdict = report.verdict
        reasons = report.verdictReasons
    }

    package var json: JSONValue {
        [
            "purpose": .string(purpose.rawValue), "rate": .number(rate),
            "achieved_rate": .number(achievedRate), "answer": .string(answer.rawValue),
            "values": .array(values.map { .optional($0) }), "requests": .integer(requests),
            "failed": .integer(failed), "latency_us": latency.json,
            "verdict": .string(verdict.rawValue),
            "reasons": .array(reasons.map { .string($0) }),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        purpose = try fields.choice("purpose", of: CapacityProbe.Purpose.self)
        rate = try fields.number("rate")
        achievedRate = try fields.number("achieved_rate")
        answer = try fields.choice("answer", of: CapacityProbeResult.Answer.self)
        values = try fields.optionalNumbers("values")
        requests = try fields.integer("requests")
        failed = try fields.integer("failed")
        latency = try LatencySummary(try fields.fields("latency_us"))
        verdict = try fields.choice("verdict", of: LoadReport.Verdict.self)
        reasons = try fields.texts("reasons")
    }
}
