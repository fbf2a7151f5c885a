import Basis
import Link
import Report

/// A choice of cells such as `protocol=h1 pattern=~shard connections>=64`: terms with spaces
/// between them, all of which must hold.
///
/// `=` and `!=` compare with one or, separated by commas, several values; `=~` and `!~` search a
/// regular expression; `<`, `<=`, `>` and `>=` compare numbers. A rate of 0 is a closed loop.
struct CellFilter: Equatable, Sendable {
    private enum Relation: String, CaseIterable {
        // The longer ones first: `=~` must not be read as `=`.
        case contains = "=~"
        case excludes = "!~"
        case differs = "!="
        case atLeast = ">="
        case atMost = "<="
        case equals = "="
        case above = ">"
        case below = "<"

        func holds(_ number: Double, _ bound: Double) -> Bool {
            switch self {
            case .atLeast: number >= bound
            case .atMost: number <= bound
            case .above: number > bound
            case .below: number < bound
            case .equals, .differs, .contains, .excludes: false
            }
        }
    }

    private struct Term: Equatable, Sendable {
        let key: String
        let relation: Relation
        let value: String

        var text: String { key + relation.rawValue + value }
    }

    private static let keys = Axis.allCases.map(\.rawValue) + ["cell"]
    private static let numeric: Set<String> = [
        "threads", "connections", "streams", "payload", "pipeline", "requests_per_connection",
        "connection_rate", "burst", "idle", "rtt", "link_loss", "link_rate", "rate",
    ]

    private let terms: [Term]

    /// - Parameter origin: where the text stands, for complaints: `--filter`.
    init(parsing text: String, origin: String) throws(Complaint) {
        var terms: [Term] = []
        for word in text.split(separator: " ") {
            let key = word.prefix { $0.isLetter || $0 == "_" }
            let rest = word.dropFirst(key.count)
            guard let relation = Relation.allCases.first(where: { rest.hasPrefix($0.rawValue) }),
                !key.isEmpty, rest.count > relation.rawValue.count
            else {
                throw Complaint(
                    "\(origin): '\(word)' is not key, relation and value",
                    remedy: "write it like pattern=single or connections>=64")
            }
            let term = Term(
                key: String(key), relation: relation,
                value: String(rest.dropFirst(relation.rawValue.count)))
            try Self.check(term, origin: origin)
            terms.append(term)
        }
        self.terms = terms
    }

    private static func check(_ term: Term, origin: String) throws(Complaint) {
        guard keys.contains(term.key) else {
            let near = nearestName(to: term.key, among: keys)
            throw Complaint(
                "\(origin): unknown key '\(term.key)'",
                remedy: near.map { "did you mean '\($0)'?" }
                    ?? "choose from \(keys.joined(separator: ", "))")
        }
        switch term.relation {
        case .contains, .excludes:
            if (try? Regex(term.value)) == nil {
                throw Complaint(
                    "\(origin): '\(term.value)' is no regular expression",
                    remedy: "quote special characters with a backslash")
            }
        case .atLeast, .atMost, .above, .below:
            guard numeric.contains(term.key), number(term.value) != nil else {
                throw Complaint(
                    "\(origin): '\(term.text)' compares no numbers",
                    remedy: "use = or =~ with texts, or a number such as 64 or 10k")
            }
        case .equals, .differs: break
        }
    }

    func matches(_ cell: Cell) -> Bool {
        terms.allSatisfy { Self.holds($0, Self.text(cell, $0.key)) }
    }

    private static func holds(_ term: Term, _ actual: String) -> Bool {
        switch term.relation {
        case .equals: isOneOf(term, actual)
        case .differs: !isOneOf(term, actual)
        case .contains: isFound(term.value, in: actual)
        case .excludes: !isFound(term.value, in: actual)
        case .atLeast, .atMost, .above, .below:
            term.relation.holds(number(actual) ?? 0, number(term.value) ?? 0)
        }
    }

    private static func isOneOf(_ term: Term, _ actual: String) -> Bool {
        term.value.split(separator: ",").contains { value in
            if value == actual { return true }
            guard numeric.contains(term.key), let wanted = number(String(value)) else {
                return false
            }
            return wanted == number(actual)
        }
    }

    private static func isFound(_ pattern: String, in text: String) -> Bool {
        guard let regex = try? Regex(pattern) else { return false }
        return text.firstMatch(of: regex) != nil
    }

    private static func number(_ text: String) -> Double? {
        if text == "closed" { return 0 }
        if let plain = Double(text) { return plain }
        if let share = parseShare(text) { return share }
        if let bits = parseBitRate(text) { return Double(bits) }
        // Times in seconds, as without a unit.
        return PerSecond(parsing: text)?.raw ?? Nanoseconds(parsing: text)?.inSeconds
    }

    private static func text(_ cell: Cell, _ key: String) -> String {
        guard let axis = Axis(rawValue: key) else { return cell.id }
        switch axis {
        case .server: return cell.server
        case .pattern: return cell.pattern ?? ""
        case .protocol: return cell.language.rawValue
        case .threads: return "\(cell.threads)"
        case .connections: return "\(cell.connections)"
        case .streams: return "\(cell.streams)"
        case .payload: return "\(cell.payload.raw)"
        case .path: return cell.target
        case .pipeline: return "\(cell.pipeline)"
        case .tls: return cell.tls.rawValue
        case .handshake: return cell.handshake.rawValue
        case .nodelay: return cell.nodelay.rawValue
        case .quickack: return cell.quickack.rawValue
        case .cork: return cell.cork.rawValue
        case .requestShape: return cell.requestShape.rawValue
        case .replyShape: return cell.replyShape.rawValue
        case .close: return cell.churn.close.rawValue
        case .fastopen: return cell.churn.opensFast ? "on" : "off"
        case .requestsPerConnection: return "\(cell.churn.requests ?? 0)"
        case .connectionRate: return "\(cell.churn.rate?.raw ?? 0)"
        case .rtt: return "\(cell.link.roundTrip.inSeconds)"
        case .linkLoss: return "\(cell.link.loss)"
        case .linkRate: return cell.link.rate.map { "\($0)" } ?? "none"
        case .rate:
            if cell.arrival == .subscribe { return cell.arrival.name }
            if let question = cell.arrival.question { return "find:\(question.rules)" }
            return "\(cell.arrival.rate?.raw ?? 0)"
        case .arrivals: return cell.arrival.question?.arrivals ?? cell.arrival.name
        case .burst: return "\(cell.burst)"
        case .skew: return cell.skew.text
        case .idle: return "\(cell.company.idle)"
        case .slowReaders: return cell.company.slowReaders?.text ?? "none"
        case .slowSenders: return cell.company.slowSenders?.text ?? "none"
        case .expect: return cell.expected.rawValue
        case .mix: return cell.mix?.name ?? "none"
        }
    }
}
