/// Metrics in the text format of Prometheus, version 0.0.4: families one behind another, each with
/// a line that says what it is, its type, and its samples.
package struct ExpositionText: Sendable {
    package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    /// What a family's samples are.
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    /// One label of a sample.
    package struct Label: Equatable, Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package private(set) var text = ""

    package init() {}

    /// Begins a family, whose samples follow.
    ///
    /// - Parameters:
    ///   - name: with its unit, `seconds` or `bytes`, and `_total` where it counts.
    ///   - help: one sentence without a full stop.
    package mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Appends a sample of the family that was begun last.
    package mutating func append(_ name: String, _ labels: [Label] = [], _ value: Int64) {
        append(name, labels, "\(value)")
    }

    /// The same of a number with a fraction.
    package mutating func append(_ name: String, _ labels: [Label] = [], _ value: Double) {
        append(name, labels, Self.number(value))
    }

    /// Appends a whole family that is a distribution.
    ///
    /// - Parameters:
    ///   - counts: how many samples are at most each of `bounds`, which rise.
    ///   - count: of all samples.
    package mutating func appendHistogram(
        _ name: String, _ help: String, bounds: [Double], counts: [UInt64], count: UInt64,
        sum: Double
    ) {
        precondition(bounds.count == counts.count, "a count for each bound")
        begin(name, .histogram, help)
        for (bound, count) in zip(bounds, counts) {
            append("\(name)_bucket", [Label("le", Self.number(bound))], "\(count)")
        }
        append("\(name)_bucket", [Label("le", "+Inf")], "\(count)")
        append("\(name)_sum", [], Self.number(sum))
        append("\(name)_count", [], "\(count)")
    }

    private mutating func append(_ name: String, _ labels: [Label], _ value: String) {
        text += name
        if !labels.isEmpty {
            let shown = labels.map {
                "\($0.name)=\"\(Self.escaped($0.value).replacing("\"", with: "\\\""))\""
            }
            text += "{\(shown.joined(separator: ","))}"
        }
        text += " \(value)\n"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
