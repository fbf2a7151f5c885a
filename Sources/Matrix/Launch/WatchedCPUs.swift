import Basis
import Platform

/// The CPUs of a server under load, on which only it has work to do; where the generator shares
/// some with it, those of both.
struct WatchedCPUs {
    private let cpus: CPUSet
    private let server: ProcessGroup
    private let generator: Int32?

    init(_ split: CPUSplit, server: ProcessGroup, generator: Int32) {
        let isShared = !split.shared.isEmpty
        cpus = CPUSet(isShared ? split.server + split.load : split.server)
        self.server = server
        self.generator = isShared ? generator : nil
    }

    func read() -> CPUOccupation? { CPUOccupation(of: cpus, own: own) }

    /// What is no other's work: the server's, the generator's where it shares the CPUs, and this
    /// program's, which may run anywhere.
    private var own: Nanoseconds {
        let load = generator.flatMap { CPUClock.process($0) } ?? .zero
        return server.cpu + server.reapedCPU + load + CPUClock.thisProcess
    }

    /// The share that others took between two readings. Processes that the server has forked since
    /// count as its own, with all that they have used: called after the load, for it looks at every
    /// process.
    func foreignShare(from first: CPUOccupation?, to second: CPUOccupation?) -> Double? {
        guard let first, let second else { return nil }
        return second.leaving(server.youngerCPU).foreignShare(since: first)
    }
}
