package import Basis
import Measure
import Report

extension Comparison {
    package static let schema = "switchyard.comparison/1"

    /// `compare.json`.
    package var json: JSONValue {
        [
            "schema": .string(Self.schema), "base": .string(base),
            "candidate": .string(candidate), "summary": .string(summary),
            "remarks": .array(remarks.map { .string($0) }),
            "only_in_base": .array(onlyInBase.map { .string($0.display) }),
            "only_in_candidate": .array(onlyInCandidate.map { .string($0.display) }),
            "rows": .array(rows.map(Self.json)),
        ]
    }

    private static func json(_ row: Row) -> JSONValue {
        [
            "cell": .string(row.cell.display),
            "key": .array(row.cell.values.map { .string($0) }), "metric": .string(row.metric.name),
            "finding": .string(row.finding.rawValue),
            "doubts": .array(row.doubts.map { .string($0.name) }),
            "design": .string(row.design.name), "bounds": .string(row.limits.name),
            "change": row.change?.json ?? .null,
            "p_holm": .optional(row.pAdjusted),
        ]
    }
}

extension Change {
    var json: JSONValue {
        [
            "method": .string(method.rawValue), "base": .number(baseMedian),
            "candidate": .number(candidateMedian), "ratio": .optional(ratio),
            "ci_lo": .optional(ratioInterval?.low), "ci_hi": .optional(ratioInterval?.high),
            "diff": .optional(difference), "diff_lo": .optional(differenceInterval?.low),
            "diff_hi": .optional(differenceInterval?.high),
            "confidence": .number(Change.confidence), "p": .optional(pWorse),
            "superiority": .number(superiority), "sigma": .optional(sigma),
            "n_base": .count(baseCount), "n_candidate": .count(candidateCount),
        ]
    }
}
