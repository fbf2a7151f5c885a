/// What a field of a table says of a metric.
package enum Figure: Equatable, Sendable {
    case number(Double)
    /// None, and how the table writes that: an empty field, or a word of other tools.
    case missing(written: String)

    private enum Limit {
        /// Figures beyond have differences and means that no `Double` holds.
        static let magnitude = 1e300
    }

    /// How R, pandas, NumPy, SQL, Go, C, JavaScript, Octave and spreadsheets write that there is no
    /// figure, or none that can be computed with; in lower case, without a sign.
    private static let words: Set<String> = [
        "nan", "inf", "infinity", "na", "n/a", "<na>", "none", "null", "nil", "nat", "#n/a",
        "#num!", "#div/0!", "#value!",
    ]

    /// Nil for text that is neither a number nor a known way to say that there is none. Decimal:
    /// the standard library would read hexadecimal too. Spaces around it mean nothing.
    package init?(parsing field: String) {
        if let value = Self.decimal(field) {
            self = .number(value)
            return
        }
        let words = field.split { $0 == " " || $0 == "\t" }
        guard words.count < 2 else { return nil }
        let word = words.first.map(String.init) ?? ""
        if let value = Self.decimal(word) {
            self = .number(value)
            return
        }
        let sign = word.first.map { "+-".contains($0) } ?? false
        let unsigned = word.dropFirst(sign ? 1 : 0).lowercased()
        guard word.isEmpty || Self.words.contains(unsigned) || unsigned.hasPrefix("nan(") else {
            return nil
        }
        self = .missing(written: word)
    }

    private static func decimal(_ text: String) -> Double? {
        guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }),
            let value = Double(text), value.magnitude <= Limit.magnitude
        else { return nil }
        return value
    }

    package var number: Double? {
        if case .number(let value) = self { return value }
        return nil
    }

    /// How the table writes that there is no figure; empty also where there is one.
    package var missing: String {
        if case .missing(let written) = self { return written }
        return ""
    }
}
