/// What a figure still says of the server where the generator was the limit (docs/METHOD.md, "What
/// client-bound leaves"): a rate that the server does at least, a time that it took at most.
package enum Bound: Equatable, Sendable {
    case atLeast
    case atMost

    /// The verdict that makes figures bounds.
    package static let verdict = LoadReport.Verdict.clientBound.rawValue

    private static let rates: Set = ["rps", "capacity_rps"]
    private static let times: Set = [
        "p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns", "first_part_p50_ns",
        "first_part_p99_ns", "event_delay_p50_ns", "event_delay_p99_ns",
    ]

    /// - Parameter metric: a column of `runs.csv`.
    /// - Returns: nil for what the generator does not limit, as what the server used.
    package init?(_ metric: String) {
        if Self.rates.contains(metric) {
            self = .atLeast
        } else if Self.times.contains(metric) {
            self = .atMost
        } else {
            return nil
        }
    }

    /// That of a figure of a cell with this verdict; nil where it is no bound.
    package init?(_ metric: String, verdict: String) {
        guard verdict == Self.verdict else { return nil }
        self.init(metric)
    }

    /// In front of the figure in a terminal.
    package var sign: String {
        switch self {
        case .atLeast: ">= "
        case .atMost: "<= "
        }
    }

    /// In front of the figure on a page.
    package var pageSign: String {
        switch self {
        case .atLeast: "≥\u{00A0}"
        case .atMost: "≤\u{00A0}"
        }
    }

    /// Whether figures of this verdict count, as what they are or as bounds.
    package static func isSound(_ verdict: String) -> Bool {
        verdict == LoadReport.Verdict.valid.rawValue || verdict == Self.verdict
    }
}
