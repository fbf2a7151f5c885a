import Basis

extension LoadReport {
    /// Codes that a clause can name.
    private static let codesNamed = 3

    /// What failed and how often, in a clause, the most frequent first: `all 120 answers had status
    /// 5xx`. Nil when nothing failed.
    package var failures: String? {
        let answers = requests + errors.status
        let share = errors.status == answers ? "all \(answers)" : "\(errors.status) of \(answers)"
        let kinds = [
            (errors.status, "\(share) answers had status \(failedClasses)"),
            (errors.timeout, "\(errors.timeout) requests timed out"),
            (errors.connect, "\(errors.connect) connections could not be opened"),
            (errors.handshake, "\(errors.handshake) handshakes failed"),
            (errors.write, "\(errors.write) requests could not be sent"),
            (errors.read, "\(errors.read) answers were cut off"),
            (errors.protocol, "\(errors.protocol) answers broke the protocol"),
        ]
        let found = kinds.filter { $0.0 > 0 }.sorted { $0.0 > $1.0 }
        return found.isEmpty ? nil : found.map(\.1).joined(separator: ", ")
    }

    /// The codes of those that failed where they are known and few, else their classes.
    private var failedClasses: String {
        let failed = codes.entries.filter { `protocol` == "grpc" ? $0.code > 0 : $0.code >= 400 }
        if (1...Self.codesNamed).contains(failed.count) {
            return failed.sorted { $0.answers > $1.answers }.map { "\($0.code)" }
                .joined(separator: " or ")
        }
        let classes = [(statuses.client4xx, "4xx"), (statuses.server5xx, "5xx")]
        let found = classes.filter { $0.0 > 0 }.sorted { $0.0 > $1.0 }.map(\.1)
        return found.isEmpty ? "neither 2xx nor 3xx" : found.joined(separator: " or ")
    }

    /// How the answers of `other`, got for the same requests, differ from these, in a clause: in
    /// classes of status or in the size of their bodies. Nil when they are alike.
    ///
    /// - Parameter slack: the share by which they may differ, for bodies that hold a time.
    package func difference(
        to other: LoadReport, names: (own: String, other: String), slack: Double
    ) -> String? {
        let shares = Self.classes.map { (name: $0.0, here: share($0.1), there: other.share($0.1)) }
        if shares.contains(where: { ($0.here - $0.there).magnitude > slack }),
            let most = shares.max(by: { $0.there - $0.here < $1.there - $1.here })
        {
            return "\(percent(most.there)) of the \(names.other)'s answers had status"
                + " \(most.name), \(percent(most.here)) of the \(names.own)'s"
        }
        guard requests > 0, other.requests > 0 else { return nil }
        let here = Double(bodyBytes) / Double(requests)
        let there = Double(other.bodyBytes) / Double(other.requests)
        guard (there - here).magnitude > slack * here else { return nil }
        return "a body of the \(names.other) has \(fixed(there, decimals: 1)) bytes, of the"
            + " \(names.own) \(fixed(here, decimals: 1))"
    }

    private static let classes: [(String, @Sendable (Statuses) -> Int64)] = [
        ("2xx", { $0.success2xx }), ("3xx", { $0.redirect3xx }), ("4xx", { $0.client4xx }),
        ("5xx", { $0.server5xx }),
    ]

    /// Zero where no answer had a status, as of messages.
    private func share(_ count: (Statuses) -> Int64) -> Double {
        let all = Self.classes.reduce(0) { $0 + $1.1(statuses) }
        return all > 0 ? Double(count(statuses)) / Double(all) : 0
    }

    private func percent(_ share: Double) -> String { fixed(share * 100, decimals: 0) + "%" }
}
