import Basis
import Compare

/// How many pairs a gate takes, as `pairs` in a matrix file says it for all profiles or for one.
enum PairCounts {
    private enum Key: String, CaseIterable { case screen, control, confirm, suspects }
    private enum StepKey: String, CaseIterable {
        case scatter = "scatter_pct"
        case pairs
    }

    private enum Limit {
        /// Pairs of one test or stage; the exact test counts no further.
        static let pairs = 1_000
        static let suspects = 1_000
        /// In percent; with more, a pair says nothing.
        static let scatter = 100.0
        static let steps = 10
    }

    /// `policy` with the counts that `value` gives.
    static func read(
        _ value: JSONValue, over policy: GatePolicy, _ place: FilePlace
    ) throws(Complaint) -> GatePolicy {
        var policy = policy
        for member in try place.members(value, known: Key.allCases.map(\.rawValue)) {
            let inner = place.in(member.name)
            switch Key(rawValue: member.name) {
            case .screen: policy.screenPairs = try even(member.value, inner, from: 2)
            case .control: policy.controlPairs = try even(member.value, inner, from: 0)
            case .confirm: policy.confirmPairs = try steps(member.value, inner)
            case .suspects:
                policy.suspectsMax = try CellDraft.count(
                    member.value, inner, in: 1...Limit.suspects)
            case nil: break
            }
        }
        return policy
    }

    /// Pairs stand in blocks ABBA.
    private static func even(
        _ value: JSONValue, _ place: FilePlace, from least: Int
    ) throws(Complaint) -> Int {
        let count = try CellDraft.count(value, place, in: least...Limit.pairs)
        guard count.isMultiple(of: 2) else {
            throw place.complaint("\(count) is odd", "give an even number: pairs come by two")
        }
        return count
    }

    private static func steps(
        _ value: JSONValue, _ place: FilePlace
    ) throws(Complaint) -> [GatePolicy.NoiseStep] {
        guard case .array(let list) = value, (1...Limit.steps).contains(list.count) else {
            throw place.complaint(
                "is not a list of 1 to \(Limit.steps) steps",
                "write [{scatter_pct: 2.2, pairs: 16}, ...]")
        }
        var steps: [GatePolicy.NoiseStep] = []
        for (index, entry) in list.enumerated() {
            let inner = place.at(index)
            let known = StepKey.allCases.map(\.rawValue)
            _ = try inner.members(entry, known: known)
            guard let scatter = number(entry[StepKey.scatter.rawValue]),
                let pairs = entry[StepKey.pairs.rawValue]
            else { throw inner.complaint("is no step", "write {scatter_pct: 2.2, pairs: 16}") }
            guard scatter > 0, scatter <= Limit.scatter, scatter / 100 > steps.last?.sigma ?? 0
            else {
                throw inner.complaint(
                    "scatter_pct \(scatter) does not rise", "order the steps by rising scatter")
            }
            let count = try even(pairs, inner.in(StepKey.pairs.rawValue), from: 2)
            // Read as a decimal: a quotient would be another number than 0.027.
            let share = Double("\(scatter)e-2") ?? scatter / 100
            steps.append(.init(sigma: share, pairs: count))
        }
        return steps
    }

    private static func number(_ value: JSONValue?) -> Double? {
        switch value {
        case .integer(let number)?: Double(number)
        case .number(let number)?: number
        default: nil
        }
    }
}
