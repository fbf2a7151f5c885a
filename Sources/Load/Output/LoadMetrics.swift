import Basis
import Measure
import Report
import Scrape

/// What a running generator has measured, for Prometheus. It is of the measured phase alone, and up
/// to a second old.
enum LoadMetrics {
    private static let prefix = "switchyard_load"

    /// Bounds of the buckets in microseconds: three a decade, from what a loop over shared memory
    /// takes to what nobody waits for.
    private static let bounds: [Int] = [
        10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000,
        500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000,
    ]

    /// - Parameter total: what the threads have told.
    static func text(of total: borrowing LoadTally, _ plan: LoadPlan) -> ExpositionText {
        var text = ExpositionText()
        text.begin("\(prefix)_info", .gauge, "what runs: the target, the protocol, the version")
        text.append(
            "\(prefix)_info",
            [
                .init("target", plan.url.description), .init("protocol", plan.application.name),
                .init("version", switchyardVersion),
            ], Int64(1))
        text.begin("\(prefix)_connections", .gauge, "connections that are measured")
        text.append("\(prefix)_connections", [], Int64(plan.connections))
        if let rate = plan.targetRate {
            text.begin("\(prefix)_target_rate", .gauge, "requests a second that are due")
            text.append("\(prefix)_target_rate", [], rate)
        }
        appendAnswers(total, to: &text)
        appendLosses(total, to: &text)
        text.begin("\(prefix)_body_bytes_total", .counter, "payload of successful answers")
        text.append("\(prefix)_body_bytes_total", [], Int64(clamping: total.bodyBytes))
        append(
            "response_seconds", "time from when a request was due to its answer", total.response,
            to: &text)
        if plan.arrivals.rate != nil {
            append(
                "service_seconds", "time from when a request was sent to its answer",
                total.service, to: &text)
            append(
                "lateness_seconds", "time from when a request was due to when it was sent",
                total.lateness, to: &text)
        }
        return text
    }

    private static func appendAnswers(_ total: borrowing LoadTally, to text: inout ExpositionText) {
        let name = "\(prefix)_answers_total"
        text.begin(name, .counter, "answers by their code")
        for entry in total.codes.answers.entries {
            text.append(name, [.init("code", "\(entry.code)")], entry.answers)
        }
    }

    private static func appendLosses(_ total: borrowing LoadTally, to text: inout ExpositionText) {
        let name = "\(prefix)_errors_total"
        text.begin(name, .counter, "requests and openings that failed, by how")
        let errors = total.errors
        for (kind, count) in [
            ("read", errors.read), ("write", errors.write), ("timeout", errors.timeout),
            ("protocol", errors.protocolViolation), ("status", errors.status),
            ("connect", errors.connect), ("handshake", errors.handshake),
        ] {
            text.append(name, [.init("kind", kind)], Int64(clamping: count))
        }
    }

    private static func append(
        _ name: String, _ help: String, _ histogram: borrowing Histogram,
        to text: inout ExpositionText
    ) {
        let mean = histogram.mean
        text.appendHistogram(
            "\(prefix)_\(name)", help, bounds: bounds.map { Double($0) * 1e-6 },
            counts: histogram.counts(upTo: bounds.map { .microseconds($0) }),
            count: histogram.totalCount, sum: mean * 1e-9 * Double(histogram.totalCount))
    }
}
