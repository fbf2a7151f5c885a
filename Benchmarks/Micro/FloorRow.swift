import Basis
import Measure

/// One figure of `switchyard-micro floor`, mostly a ratio of one session, against what it should
/// be.
struct FloorRow: Equatable {
    enum Target: Equatable {
        case atLeast(Double)
        case atMost(Double)
        case within(ClosedRange<Double>)
        /// The same of the bare C programs, to see how much of it is the machine's.
        case comparison

        func holds(_ value: Double) -> Bool {
            switch self {
            case .atLeast(let bound): value >= bound
            case .atMost(let bound): value <= bound
            case .within(let range): range.contains(value)
            case .comparison: true
            }
        }

        var text: String {
            switch self {
            case .atLeast(let bound): ">= \(fixed(bound, decimals: 2))"
            case .atMost(let bound): "<= \(fixed(bound, decimals: 2))"
            case .within(let range):
                "\(fixed(range.lowerBound, decimals: 2)) to \(fixed(range.upperBound, decimals: 2))"
            case .comparison: "-"
            }
        }
    }

    enum Verdict: String {
        case pass, miss
        /// It has no target.
        case known
        /// There is nothing to compare with: a program is not installed.
        case absent
    }

    let name: String
    let target: Target
    /// One value a round.
    var values: [Double] = []
    /// Why there are no values.
    var absence: String?

    init(_ name: String, _ target: Target) {
        self.name = name
        self.target = target
    }

    var median: Double? { Median.of(values) }

    /// The median decides; the range shows how sure it is.
    var verdict: Verdict {
        guard absence == nil, let median else { return .absent }
        if target == .comparison { return .known }
        return target.holds(median) ? .pass : .miss
    }

    /// `PASS  1.31  (1.28 to 1.35)  >= 1.25  name`, in columns.
    var line: String {
        func column(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        let figures =
            median.map { median in
                let low = fixed(values.min() ?? median, decimals: 3)
                let high = fixed(values.max() ?? median, decimals: 3)
                return column(fixed(median, decimals: 3), 7) + column("(\(low) to \(high))", 20)
            } ?? column(absence ?? "not measured", 27)
        return column(verdict.rawValue.uppercased(), 8) + figures + column(target.text, 14) + name
    }

    var json: JSONValue {
        [
            "name": .string(name),
            "verdict": .string(verdict.rawValue),
            "target": .string(target.text),
            "median": median.map { .number($0) } ?? .null,
            "low": values.min().map { .number($0) } ?? .null,
            "high": values.max().map { .number($0) } ?? .null,
            "values": .array(values.map { .number($0) }),
            "absence": absence.map { .string($0) } ?? .null,
        ]
    }
}
