import Basis

/// A contest in one sentence.
struct FindingSentence {
    private let question: FindingQuestion
    private let contest: Contest

    init(_ contest: Contest, of question: FindingQuestion) {
        self.contest = contest
        self.question = question
    }

    private var winner: String { contest.ranking[0] }
    private var others: [(name: String, distance: Contest.Distance)] {
        zip(contest.ranking.dropFirst(), contest.distances).map { (name: $0, distance: $1) }
    }

    var text: String {
        let equals = others.filter(\.distance.isOpen).map(\.name)
        let behind = others.filter { !$0.distance.isOpen }
        guard let last = behind.last ?? others.last else { return "" }
        var words = place + ": "
        if last.distance.interval == nil {
            words += "\(winner) \(leads); \(clause(last)), of one launch each: no interval"
        } else if behind.isEmpty {
            words += "\(list(contest.ranking)) can't be told apart by \(noun); \(clause(last))"
        } else {
            words += "\(winner) \(leads); \(clause(last))"
            if !equals.isEmpty {
                words += "; \(list(equals)) can't be told apart from \(winner)"
            }
        }
        if !contest.absent.isEmpty { words += "; \(list(contest.absent)) could not be compared" }
        return words + "."
    }

    private var place: String {
        let counts = contest.loads.compactMap { Int($0) }.sorted().map { "\($0)" }
        let title = question.title.prefix(1).uppercased() + question.title.dropFirst()
        if counts.isEmpty { return title }
        return title + ", \(list(counts)) connection\(counts == ["1"] ? "" : "s")"
    }

    /// What the winner does.
    private var leads: String {
        let span = Nanoseconds(raw: Int64(contest.best.rounded())).display
        return switch contest.figure {
        case .rate: "serves most, \(decimalDisplay(contest.best)) requests/s"
        case .tail: "has the shortest p99, \(span)"
        case .cpu: "costs the server least, \(span) of CPU a request"
        case .capacity: "meets it up to the highest rate, \(decimalDisplay(contest.best))/s"
        }
    }

    /// How far behind another is.
    private func clause(_ other: (name: String, distance: Contest.Distance)) -> String {
        let ratio = fixed(other.distance.ratio, decimals: 2)
        let interval = other.distance.interval.map { range in
            " (\(fixed(range.lowerBound, decimals: 2)) to \(fixed(range.upperBound, decimals: 2)))"
        }
        let amount = ratio + (interval ?? "")
        return switch contest.figure {
        case .rate: "\(winner) has \(amount) times as many as \(other.name)"
        case .tail: "that of \(other.name) is \(amount) times as long as \(winner)'s"
        case .cpu: "\(other.name) takes \(amount) times as much as \(winner)"
        case .capacity: "\(winner) bears \(amount) times the load of \(other.name)"
        }
    }

    private var noun: String {
        switch contest.figure {
        case .rate: "requests/s"
        case .tail: "p99"
        case .cpu: "server CPU a request"
        case .capacity: "capacity"
        }
    }

    private func list(_ names: [String]) -> String {
        guard names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
    }
}
