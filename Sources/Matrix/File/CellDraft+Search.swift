import Basis
import Report

/// The rate that is not given but searched.
extension CellDraft {
    private static let prefix = "find:"

    /// Reads `find:p99<5ms`, with further rules behind commas; nil where the value is no search.
    /// The same rules as the generator's `--find-rate` takes, so that a slip is told beforehand.
    static func rules(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> String? {
        guard case .string(let text) = value, text.hasPrefix(prefix) else { return nil }
        let rules = text.dropFirst(prefix.count).filter { $0 != " " }
        for rule in rules.split(separator: ",", omittingEmptySubsequences: false)
        where !isRule(rule) {
            throw place.complaint(
                "'\(rule)' is no rule to find a rate by",
                "write an upper bound such as find:p99<5ms, find:mean<=200us or"
                    + " find:p99<5ms,errors<0.1%")
        }
        return String(rules)
    }

    /// Whether the generator takes it, and a cell's id can hold it.
    private static func isRule(_ rule: Substring) -> Bool {
        let shape = /(p[0-9.]+|mean|max|errors)<=?[^<>=]+/.ignoresCase()
        return rule.wholeMatch(of: shape) != nil && (try? Objective(parsing: String(rule))) != nil
    }
}
