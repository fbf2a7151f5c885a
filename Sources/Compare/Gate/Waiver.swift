package import Basis
import Report

/// A regression that somebody has decided to live with for a while.
package struct Waiver: Equatable, Sendable {
    /// A cell id; `*` stands for any characters.
    package let cell: String
    package let metric: String
    /// The worsening that is forgiven, as a ratio above 1.
    package let maxRatio: Double
    package let reason: String
    /// The last day on which it holds: `2027-01-31`, UTC.
    package let expires: String

    /// Whether it forgives a worsening to `ratio` of `metric` in `cell`.
    package func covers(cell: String, metric: String, ratio: Double) -> Bool {
        metric == self.metric && ratio <= maxRatio
            && Self.matches(Array(cell.utf8)[...], Array(self.cell.utf8)[...])
    }

    /// Whether it could ever forgive something in a gate of `cells`.
    package func concerns(_ cells: [GateCell]) -> Bool {
        cells.contains { cell in
            cell.metrics.contains { covers(cell: cell.id, metric: $0.name, ratio: 1) }
        }
    }

    private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == UInt8(ascii: "*") {
            return (text.startIndex...text.endIndex).contains {
                matches(text[$0...], pattern.dropFirst())
            }
        }
        return text.first == first && matches(text.dropFirst(), pattern.dropFirst())
    }

    /// Reads a JSON5 file `{waivers: [{cell, metric, max_ratio, reason, expires}]}`. A waiver that
    /// has expired is refused, before anything is measured: it must be renewed or removed by a
    /// person.
    ///
    /// - Parameter today: as `expires`.
    package static func parse(
        _ text: String, file: String, today: String
    ) throws(Complaint) -> [Waiver] {
        do {
            let root = try RecordFields(try JSONValue(parsing: text, as: .relaxed))
            try root.only(["waivers"])
            return try root.objects("waivers").map { fields in
                try fields.only(["cell", "metric", "max_ratio", "reason", "expires"])
                let waiver = Waiver(
                    cell: try fields.text("cell"), metric: try fields.text("metric"),
                    maxRatio: try fields.number("max_ratio"), reason: try fields.text("reason"),
                    expires: try fields.text("expires"))
                guard waiver.maxRatio > 1, waiver.maxRatio < 100 else {
                    throw RecordRefusal(path: "max_ratio", problem: "is not between 1 and 100")
                }
                guard UTCTime.isDay(waiver.expires) else {
                    throw RecordRefusal(
                        path: "expires", problem: "is no day of the calendar such as 2027-01-31")
                }
                guard waiver.expires >= today else {
                    throw RecordRefusal(
                        path: "expires",
                        problem: "is past: the waiver of \(waiver.cell) \(waiver.metric) ended on"
                            + " \(waiver.expires)")
                }
                return waiver
            }
        } catch {
            throw Complaint(
                "\(file) can't be used: \(error)",
                remedy: "renew the waiver, remove it or mend the file")
        }
    }
}

extension GateResult {
    /// The result with regressions forgiven that a waiver covers; the reasons say which.
    package func waived(_ waivers: [Waiver]) -> GateResult {
        var forgiven: [String] = []
        let judged = findings.map { finding -> GateFinding in
            guard finding.verdict == .regression, let change = finding.change,
                let waiver = waivers.first(where: {
                    $0.covers(
                        cell: finding.cell, metric: finding.metric.name,
                        ratio: change.worsening(finding.metric))
                })
            else { return finding }
            forgiven.append(
                "waived until \(waiver.expires): \(finding.cell) \(finding.metric.name)"
                    + " \(change.text(in: finding.metric)): \(waiver.reason)")
            return finding.passing(because: "waived until \(waiver.expires): \(waiver.reason)")
        }
        guard !forgiven.isEmpty, verdict == .regression else { return self }
        let kinds: [Verdict] = [.regression, .inconclusive]
        let left = kinds.first { kind in judged.contains { $0.verdict == kind } }
        let open = judged.filter { $0.verdict == .regression || $0.verdict == .inconclusive }
        return GateResult(
            verdict: left ?? .pass,
            reasons: forgiven + open.map { "\($0.cell) \($0.metric.name): \($0.reason)" },
            findings: judged, control: control, lost: lost, reruns: reruns)
    }
}

extension GateFinding {
    fileprivate func passing(because reason: String) -> GateFinding {
        GateFinding(
            cell: cell, metric: metric, stage: stage, verdict: .pass, change: change,
            pAdjusted: pAdjusted, sigma: sigma, minimumDetectableEffect: minimumDetectableEffect,
            reason: reason, worsenings: worsenings, limits: limits)
    }
}
