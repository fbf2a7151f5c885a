/// How the launches of one cell lie in time: it decides what a comparison of them can prove.
package enum Design: Equatable, Sendable {
    /// Base and candidate are neighbours, pair after pair, in both orders.
    case interleaved
    /// The same, but one side always came first.
    case oneOrder
    /// Launches of both sides are mixed in time without pairs.
    case mixed
    /// One side was measured after the other.
    case sequential
    /// The tables don't say when.
    case unknown

    package var name: String {
        switch self {
        case .interleaved: "interleaved"
        case .oneOrder: "one-order"
        case .mixed: "mixed"
        case .sequential: "sequential"
        case .unknown: "unknown"
        }
    }

    package typealias Launch = RunTable.Launch

    /// The design of one cell with the pairs it consists of, which only interleaved designs have.
    ///
    /// Where a column joins neighbours, the user vouches for the design. Else the times of launch
    /// show it: sorted by them, the launches come two by two from different sides; or the side
    /// changes more than once and at least half as often as it would by chance (A. Wald and J.
    /// Wolfowitz, "On a test whether two samples are from the same population", Ann. Math. Stat.
    /// 11, 1940); or not. Launches of one moment keep the order of their slots.
    static func of(
        base: [Launch], candidate: [Launch], areJoined: Bool
    ) -> (design: Design, pairs: [(base: Launch, candidate: Launch)]) {
        if areJoined { return joined(base, candidate) }
        let sides = base.map { ($0, true) } + candidate.map { ($0, false) }
        guard !base.isEmpty, !candidate.isEmpty, sides.allSatisfy({ $0.0.time != nil }) else {
            return (.unknown, [])
        }
        // Times are whole seconds, in which several launches may begin.
        let sorted = sides.sorted {
            ($0.0.time ?? "", $0.0.slot) < ($1.0.time ?? "", $1.0.slot)
        }
        if sorted.count.isMultiple(of: 2) {
            let pairs = stride(from: 0, to: sorted.count, by: 2).map {
                (sorted[$0], sorted[$0 + 1])
            }
            if pairs.allSatisfy({ $0.0.1 != $0.1.1 }) {
                let baseFirst = pairs.count { $0.0.1 }
                let least = min(baseFirst, pairs.count - baseFirst)
                return (
                    4 * least >= pairs.count ? .interleaved : .oneOrder,
                    pairs.map { $0.0.1 ? ($0.0.0, $0.1.0) : ($0.1.0, $0.0.0) }
                )
            }
        }
        let changes = zip(sorted, sorted.dropFirst()).count { $0.0.1 != $0.1.1 }
        let expected = 2 * Double(base.count * candidate.count) / Double(sorted.count)
        return (changes > 1 && Double(changes) >= expected / 2 ? .mixed : .sequential, [])
    }

    private static func joined(
        _ base: [Launch], _ candidate: [Launch]
    ) -> (design: Design, pairs: [(base: Launch, candidate: Launch)]) {
        var partners: [String: [Launch]] = [:]
        for launch in candidate.reversed() {
            // A row that names no pair has no partner, whoever else names none.
            if let pair = launch.pair { partners[pair, default: []].append(launch) }
        }
        let pairs = base.compactMap { launch -> (base: Launch, candidate: Launch)? in
            guard let pair = launch.pair, let partner = partners[pair]?.popLast() else {
                return nil
            }
            return (launch, partner)
        }
        return (pairs.isEmpty ? .unknown : .interleaved, pairs)
    }
}
