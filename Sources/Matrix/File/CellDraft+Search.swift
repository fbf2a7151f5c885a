import Basis

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

    private static func isRule(_ rule: Substring) -> Bool {
        let shape = /(p[0-9.]+|mean|max|errors)<=?([^<>=]+)/.ignoresCase()
        guard let match = rule.wholeMatch(of: shape) else { return false }
        let (name, value) = (match.1.lowercased(), String(match.2))
        if name == "errors" {
            return value.hasSuffix("%")
                ? Double(value.dropLast()).map { (0...100).contains($0) } ?? false
                : parseCount(value) != nil
        }
        if name.hasPrefix("p"), name != "p" {
            guard let percentile = Double(name.dropFirst()), percentile > 0, percentile < 100 else {
                return false
            }
        }
        return value.last?.isLetter == true && Nanoseconds(parsing: value) != nil
    }
}
