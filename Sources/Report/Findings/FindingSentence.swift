import Basis

/// A contest in one sentence.
struct FindingSentence {
    private let question: FindingQuestion
    private let contest: Contest
    private let isOfPage: Bool

    /// - Parameter isOfPage: whether signs are those of a page, not those of a terminal.
    init(_ contest: Contest, of question: FindingQuestion, isOfPage: Bool) {
        self.contest = contest
        self.question = question
        self.isOfPage = isOfPage
    }

    private var winner: String { contest.ranking[0] }
    private var others: [(name: String, distance: Contest.Distance)] {
        zip(contest.ranking.dropFirst(), contest.distances).map { (name: $0, distance: $1) }
    }

    var text: String {
        place + ": " + (contest.ranking.isEmpty ? unranked : ranked) + absences + "."
    }

    private var ranked: String {
        let equals = others.filter(\.distance.isOpen).map(\.name)
        let behind = others.filter { !$0.distance.isOpen }
        guard let last = behind.last ?? others.last else { return "" }
        var words = ""
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
        if !contest.placeless.isEmpty {
            words += "; the generator was the limit of \(bounds), which may be better"
        }
        return words
    }

    /// Where bounds alone, or bounds and one figure that is better than they, say nothing of who
    /// wins.
    private var unranked: String {
        let words = "the generator was the limit of \(bounds), so that"
        guard let alone = contest.alone else { return words + " nobody wins for certain" }
        return words + " \(alone.name) (\(amount(alone.figure))) does not win for certain"
    }

    /// Who has a bound and no place.
    private var bounds: String {
        let sign = Bound(contest.figure.rawValue).map { isOfPage ? $0.pageSign : $0.sign } ?? ""
        return list(contest.placeless.map { "\($0.name) (\(sign)\(amount($0.bound)))" })
    }

    private var absences: String {
        contest.absent.isEmpty ? "" : "; \(list(contest.absent)) could not be compared"
    }

    private var place: String {
        let counts = contest.loads.compactMap { Int($0) }.sorted().map { "\($0)" }
        let title = question.title.prefix(1).uppercased() + question.title.dropFirst()
        if counts.isEmpty { return title }
        return title + ", \(list(counts)) connection\(counts == ["1"] ? "" : "s")"
    }

    /// A figure with its unit.
    private func amount(_ figure: Double) -> String {
        let span = Nanoseconds(raw: Int64(figure.rounded())).display
        return switch contest.figure {
        case .rate: "\(decimalDisplay(figure)) requests/s"
        case .tail: span
        case .cpu: "\(span) of CPU a request"
        case .capacity: "\(decimalDisplay(figure))/s"
        }
    }

    /// What the winner does.
    private var leads: String {
        let bound =
            !contest.bestIsBound ? "" : contest.figure.isBetterHigher ? "at least " : "at most "
        let amount = bound + amount(contest.best)
        return switch contest.figure {
        case .rate: "serves most, \(amount)"
        case .tail: "has the shortest p99, \(amount)"
        case .cpu: "costs the server least, \(amount)"
        case .capacity: "meets it up to the highest rate, \(amount)"
        }
    }

    /// How far behind another is: of a bound what is certain of it.
    private func clause(_ other: (name: String, distance: Contest.Distance)) -> String {
        let ratio = fixed(other.distance.ratio, decimals: 2)
        let interval = other.distance.interval
        let amount =
            if contest.bestIsBound {
                "at least " + (interval.map { fixed($0.lowerBound, decimals: 2) } ?? ratio)
            } else {
                ratio
                    + (interval.map { range in
                        " (\(fixed(range.lowerBound, decimals: 2)) to"
                            + " \(fixed(range.upperBound, decimals: 2)))"
                    } ?? "")
            }
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
