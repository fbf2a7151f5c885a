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
    case acceptorsRotate = "acceptors:rotate"
    case acceptorsHerd = "acceptors:herd"
    case acceptorsMutex = "acceptors:mutex"
    case acceptorsBlocking = "acceptors:blocking"
    case acceptorsSharedLevel = "acceptors:shared-level"
    case acceptorsSharedEdge = "acceptors:shared-edge"
    case acceptorsSharedOneshot = "acceptors:shared-oneshot"
    case acceptorsOneReader = "acceptors:one-reader"
    case shardedHash = "sharded:hash"
    case shardedRoundRobin = "sharded:round-robin"
    case shardedCPU = "sharded:cpu"
    case shardedIncomingCPU = "sharded:incoming-cpu"
    case shardedLoad = "sharded:load"
    case threadPerConnection = "thread-per-connection"
    case blockingPool = "blocking-pool"
    case workStealing = "work-stealing"
    case offload = "offload"
    case leaderFollowers = "leader-followers"
    case staged = "staged"
    case proactor = "proactor"
    case structured = "structured"
    case structuredGlobal = "structured:global"
    case prefork = "prefork"
    case processPerCore = "process-per-core"
    case descriptorPassing = "descriptor-passing"

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
        case .acceptorsRotate: "the same, and each steps back after 16 connections"
        case .acceptorsHerd: "N loops watch one listener, all are woken"
        case .acceptorsMutex: "N loops, one at a time watches the listener"
        case .acceptorsBlocking: "N threads sleep in accept, each feeds a reader of its own"
        case .acceptorsSharedLevel: "N acceptors sleep on one epoll, told of levels, a reader each"
        case .acceptorsSharedEdge: "the same, told of edges"
        case .acceptorsSharedOneshot: "the same, told once and armed again"
        case .acceptorsOneReader: "N acceptors on one listener feed one reader"
        case .shardedHash: "N loops, a listener each by SO_REUSEPORT; the kernel hashes"
        case .shardedRoundRobin: "the same, and an eBPF program takes them in turn"
        case .shardedCPU: "N loops bound to CPUs; a filter takes that of the packet's CPU"
        case .shardedIncomingCPU: "the same by SO_INCOMING_CPU"
        case .shardedLoad: "N loops, and an eBPF program takes that with the least to do"
        case .threadPerConnection: "one acceptor, a thread for each connection, blocking calls"
        case .blockingPool: "one acceptor, N threads, each with a connection, blocking calls"
        case .workStealing: "one reader, N workers with a queue each; the idle take from others"
        case .offload: "one loop, and N workers for what holds a thread"
        case .leaderFollowers: "N threads on one epoll; one waits at a time and serves what came"
        case .staged: "one accepts, one reads, N work, one sends, a queue before each"
        case .proactor: "N loops by io_uring, a listener each by SO_REUSEPORT"
        case .structured: "N loops that answer by Swift tasks on their own threads"
        case .structuredGlobal: "N loops that answer by Swift tasks on the process's pool"
        case .prefork: "N processes sleep in accept, each serves a connection, blocking calls"
        case .processPerCore: "N processes, each a loop with a listener by SO_REUSEPORT"
        case .descriptorPassing: "one process accepts and passes connections to N others"
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
    /// Whether nothing is multiplied by `--threads`, and what there is instead.
    var fixedThreads: String? {
        switch self {
        case .single: "one thread"
        case .threadPerConnection: "a thread for each connection"
        default: nil
        }
    }
    /// Whether a program chooses the listener, which not every machine lets one load.
    package var needsPrograms: Bool { self == .shardedRoundRobin || self == .shardedLoad }
    /// Whether bytes are moved by io_uring(7), which not every machine lets one use.
    package var needsRing: Bool { self == .proactor }
    /// Whether what `--threads` multiplies are processes.
    package var hasProcesses: Bool { processPattern != nil }
    /// Whether what is published can reach every connection: threads have topics in common, and a
    /// connection stays with one of them.
    package var takesEvents: Bool { !hasProcesses && self != .leaderFollowers }
    /// Whether the loop on a CPU has what arrives there, so that each must stay on one.
    var needsFixedCPUs: Bool { self == .shardedCPU || self == .shardedIncomingCPU }
}
