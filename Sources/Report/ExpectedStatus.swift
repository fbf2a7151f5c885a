import Basis

/// The classes of status that the answers of a cell are expected to have. Answers with an error
/// status (4xx, 5xx) are failures to the generator, so they can't be among them.
package enum ExpectedStatus: String, CaseIterable, Hashable, Sendable {
    case success = "2xx"
    case redirect = "3xx"
    case either = "2xx,3xx"

    /// How `report` differs from it, in a clause, by more answers than may fail of a valid run.
    package func contradiction(by report: LoadReport) -> String? {
        let statuses = report.statuses
        let strays: [(name: String, count: Int64)] =
            switch self {
            case .success: [("3xx", statuses.redirect3xx)]
            case .redirect: [("2xx", statuses.success2xx)]
            case .either: []
            }
        let all =
            statuses.success2xx + statuses.redirect3xx + statuses.client4xx + statuses.server5xx
        guard let stray = strays.first,
            Double(stray.count) > Self.toleratedShare * Double(all)
        else { return nil }
        let target = stray.name == "3xx" ? report.location.map { " (Location: \($0))" } : nil
        return "\(stray.count) of \(all) answers had status \(stray.name)\(target ?? ""),"
            + " and \(rawValue) is expected"
    }

    /// As of failed requests.
    private static let toleratedShare = 0.001
}

extension LoadReport {
    /// Why the answers of a cell that expects `expected` are wrong, in one line with the first
    /// failure; nil when they are right.
    package func wrongness(expecting expected: ExpectedStatus) -> String? {
        if verdict == .errors {
            let reason = verdictReasons.first ?? "\(errors.total) requests failed"
            return reason + (firstFailure.map { "; the first: \($0.clause)" } ?? "")
        }
        return expected.contradiction(by: self)
    }
}

extension FirstFailure {
    /// The beginning of what was read is enough beside a reason; the record has more.
    private static let excerpt = 60

    /// `protocol: a field name holds a space, read: HTTP/1.1 200 OK\r\nX y`.
    var clause: String {
        var clause = "\(phase.rawValue): \(reason)"
        if let received {
            let isWhole = received.count <= Self.excerpt
            clause += ", read: \(received.prefix(Self.excerpt))" + (isWhole ? "" : "...")
        }
        return clause
    }
}
