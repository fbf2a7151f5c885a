import Basis
package import Measure

/// How evenly the threads of a server share what there is.
extension LaunchRecord {
    /// Of requests, over the threads that answer them: acceptors and senders never do, nor do
    /// readers that have workers.
    package var balance: Evenness? { Evenness(answering.map { Double($0.requests) }) }

    /// Of CPU time, over the same.
    package var cpuBalance: Evenness? { Evenness(answering.map { Double($0.cpu.raw) }) }

    /// Of the connections that were taken from the kernel, over the threads that take them.
    package var acceptBalance: Evenness? {
        let acceptors = workers.filter { $0.role == "acceptor" }
        return Evenness((acceptors.isEmpty ? serving : acceptors).map { Double($0.accepted) })
    }

    /// Of connections, over the threads that have them.
    package var ownedBalance: Evenness? { Evenness(serving.map { Double($0.connections) }) }

    private var answering: [WorkerReport] {
        workers.contains { $0.role == "worker" }
            ? workers.filter { !["acceptor", "sender", "reader"].contains($0.role) }
            : serving
    }

    private var serving: [WorkerReport] {
        workers.filter { !["acceptor", "sender", "worker"].contains($0.role) }
    }
}
