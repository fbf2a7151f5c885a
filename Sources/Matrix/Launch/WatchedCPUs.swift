import Basis
import Platform

/// The CPUs of a server under load, on which only it has work to do; where the generator shares
/// some with it, or with a link, those of both.
struct WatchedCPUs {
    private let cpus: CPUSet
    private let server: ProcessGroup
    /// The generator where its CPUs are watched too, and the link.
    private let others: [Int32]

    /// - Parameter link: the process that carries packets between the two.
    init(_ split: CPUSplit, server: ProcessGroup, generator: Int32, link: Int32? = nil) {
        let isShared = Self.isShared(split, hasLink: link != nil)
        cpus = CPUSet(isShared ? split.server + split.load : split.server)
        self.server = server
        others = (isShared ? [generator] : []) + (link.map { [$0] } ?? [])
    }

    /// - Parameter others: processes whose work there is no foreign work.
    init(_ cpus: CPUSet, server: ProcessGroup, others: [Int32]) {
        self.cpus = cpus
        self.server = server
        self.others = others
    }

    /// Whether the generator has no CPU for itself, so that it can't tell who else works there.
    static func isShared(_ split: CPUSplit, hasLink: Bool) -> Bool {
        hasLink || !split.shared.isEmpty
    }

    /// A moment: what was taken of the CPUs, and what the server's processes had used.
    struct Reading {
        fileprivate let occupation: CPUOccupation?
        fileprivate let server: Nanoseconds
    }

    /// No server answers a request in less CPU time.
    static let leastOfRequest = Nanoseconds.microseconds(1)

    /// The share of the time in which the CPUs were taken between two readings, by whomever.
    static func busyShare(from first: Reading, to second: Reading) -> Double? {
        guard let before = first.occupation, let after = second.occupation else { return nil }
        return after.busyShare(since: before)
    }

    func read() -> Reading {
        Reading(
            occupation: CPUOccupation(of: cpus, own: own), server: server.cpu + server.reapedCPU)
    }

    /// What is no other's work: the server's, the generator's where it shares the CPUs, the link's,
    /// and this program's, which may run anywhere.
    private var own: Nanoseconds {
        others.reduce(server.cpu + server.reapedCPU + CPUClock.thisProcess) { sum, id in
            sum + (CPUClock.process(id) ?? .zero)
        }
    }

    /// The share that others took between two readings. Processes that the server has forked since
    /// count as its own, with all that they have used: called after the load, for it looks at every
    /// process. Nil where the processes that were started can't be those that answered `requests`,
    /// as with a launcher whose server lives elsewhere: its work can't be told from that of others.
    func foreignShare(from first: Reading, to second: Reading, requests: Double) -> Double? {
        guard let before = first.occupation, let after = second.occupation else { return nil }
        let younger = server.youngerCPU
        let used = second.server + younger - first.server
        guard used.inSeconds >= requests * Self.leastOfRequest.inSeconds else { return nil }
        return after.leaving(younger).foreignShare(since: before)
    }
}
