import Measure

/// Which connection a request goes to that is due by a rate.
package enum Skew: Equatable, Hashable, Sendable {
    /// Whichever is free.
    case even
    /// One that is drawn, be it free or not: the k-th of all connections by the weight k^-S (G. K.
    /// Zipf, "Human Behavior and the Principle of Least Effort", 1949).
    case zipf(Double)

    /// Below the least it is hardly one, above the greatest the first connection has all.
    private static let exponents = 0.1...10

    /// Reads `even` or such as `zipf:1.0`.
    package init?(parsing text: String) {
        if text == "even" {
            self = .even
            return
        }
        guard text.hasPrefix("zipf:"), let exponent = Double(text.dropFirst(5)),
            Self.exponents.contains(exponent)
        else { return nil }
        self = .zipf(exponent)
    }

    /// What to write instead of what is no skew.
    package static let remedy = "write even, or zipf:S with an S from 0.1 to 10, such as zipf:1"

    /// As it is read.
    package var text: String {
        switch self {
        case .even: "even"
        case .zipf(let exponent): "zipf:\(Self.short(exponent))"
        }
    }

    /// A part of a cell's id; nil for what is usual.
    var idPart: String? {
        switch self {
        case .even: nil
        case .zipf(let exponent): "zipf\(Self.short(exponent))"
        }
    }

    private static func short(_ exponent: Double) -> String {
        exponent == exponent.rounded() ? "\(Int(exponent))" : "\(exponent)"
    }

    /// The weight of the connection with a number from 0, of which the first has the greatest.
    package func weight(of index: Int) -> Double {
        switch self {
        case .even: 1
        case .zipf(let exponent): Elementary.exp(-exponent * Elementary.log(Double(index + 1)))
        }
    }
}
