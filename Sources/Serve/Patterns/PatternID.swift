package import Basis

/// Every execution pattern by the name that command lines, matrices and reports use:
/// `family:variant`, or the bare family for its default variant.
package enum PatternID: String, CaseIterable, Sendable {
    case single = "single"
    case readersDirect = "readers:direct"
    case readersQueue = "readers:queue"
    case balancedShared = "balanced:shared"
    case balancedPerWorker = "balanced:per-worker"
    case acceptorsExclusive = "acceptors:exclusive"
    case acceptorsHerd = "acceptors:herd"
    case acceptorsBlocking = "acceptors:blocking"
    case acceptorsOneReader = "acceptors:one-reader"
    case shardedHash = "sharded:hash"

    /// Reads an id or a family name.
    package init(parsing text: String) throws(Complaint) {
        let families = PatternFamily.usualVariants
        if let known = PatternID(rawValue: families[text] ?? text) {
            self = known
            return
        }
        let names = Self.allCases.map(\.rawValue) + families.keys.sorted()
        let near = nearestName(to: text, among: names).map { "did you mean \($0)? " } ?? ""
        throw Complaint(
            "pattern '\(text)' is unknown",
            remedy: near + "choose from " + Self.allCases.map(\.rawValue).joined(separator: ", "))
    }

    /// One line that says who plays which role.
    package var summary: String {
        switch self {
        case .single: "one thread listens, accepts, reads and works"
        case .readersDirect: "one acceptor arms the poller of one of N readers"
        case .readersQueue: "one acceptor passes connections to N readers by ring and eventfd"
        case .balancedShared: "one reader passes messages to N workers by one queue"
        case .balancedPerWorker: "one reader passes messages to N workers by a queue each"
        case .acceptorsExclusive: "N loops watch one listener with EPOLLEXCLUSIVE"
        case .acceptorsHerd: "N loops watch one listener, all are woken"
        case .acceptorsBlocking: "N threads sleep in accept, each feeds a reader of its own"
        case .acceptorsOneReader: "N acceptors on one listener feed one reader"
        case .shardedHash: "N loops, a listener each by SO_REUSEPORT; the kernel hashes"
        }
    }

    /// Every id on a line of its own, for programs.
    package static var list: String { allCases.map { $0.rawValue + "\n" }.joined() }

    package static var help: String {
        let width = (allCases.map(\.rawValue.count).max() ?? 0) + 2
        let rows = allCases.map {
            "  " + $0.rawValue + String(repeating: " ", count: width - $0.rawValue.count)
                + $0.summary
        }
        return "patterns:\n" + rows.joined(separator: "\n")
    }

    /// Whether an acceptor chooses among several readers.
    var handsConnectionsOver: Bool { self == .readersDirect || self == .readersQueue }
    var hasOneLoop: Bool { self == .single }
}
