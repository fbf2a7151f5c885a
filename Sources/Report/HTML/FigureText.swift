import Basis

/// How numbers look in a report.
enum FigureText {
    /// Three significant digits below 1000, whole numbers in groups of three from there on:
    /// `0.050`, `4.13`, `48.2`, `519`, `60 685` (with a narrow space that does not break).
    static func of(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let text =
            switch value.magnitude {
            case 0: "0"
            case ..<0.9995: fixed(value, decimals: 3)
            case ..<9.995: fixed(value, decimals: 2)
            case ..<99.95: fixed(value, decimals: 1)
            default: grouped(fixed(value, decimals: 0))
            }
        return text.hasPrefix("-") ? "−" + text.dropFirst() : text
    }

    /// A whole number as it is meant: a count of threads, a rate that was asked for.
    static func count(_ value: Double) -> String {
        value == value.rounded() ? grouped(fixed(value, decimals: 0)) : "\(value)"
    }

    private static func grouped(_ digits: String) -> String {
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            let left = digits.count - index
            if index > 0, left.isMultiple(of: 3), grouped != "-" { grouped += "\u{202F}" }
            grouped.append(digit)
        }
        return grouped
    }
}
