import Platform
import Secure

/// `sharded:*`: N loops with a listener each on one port (SO_REUSEPORT). Who chooses among them:
/// the kernel, by a hash of the addresses (`hash`); a program that takes them in turn
/// (`round-robin`); the CPU on which a connection arrives, by a filter (`cpu`) or by the kernel
/// itself (`incoming-cpu`); or a program that knows what each loop has to do (`load`).
struct ShardedListeners: ExecutionPattern {
    enum Choice: Sendable { case hash, turns, cpu, incomingCPU, load }

    private let choice: Choice

    init(_ choice: Choice) { self.choice = choice }

    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let loads = choice == .load ? Shared(try ListenerLoads(count: crew.options.threads)) : nil
        if let loads { crew.keep(loads) }
        let shards = try crew.listenApart()
        for index in shards[0].indices {
            try choose(among: shards.map { $0[index].socket }, loads, crew.options)
        }
        for (index, listeners) in shards.enumerated() {
            let load = loads.map { PublishedLoad($0, index: index) }
            try crew.startLoop(
                index, listeners: listeners, sharing: load.map { .publishing($0) } ?? .alone,
                budget: Limit.acceptsPerTurn, kind: kind)
        }
        return shards[0]
    }

    /// Has the kernel choose among the listeners of one address.
    private func choose(
        among group: [Shared<Descriptor>], _ loads: Shared<ListenerLoads>?, _ options: ServerOptions
    ) throws(SystemError) {
        let cpus = options.cpus?.cpus ?? []
        switch choice {
        case .hash: break
        case .turns: try ListenerLoads(count: group.count).takeTurns(group[0].value)
        case .cpu:
            try ListenerGroup.chooseByCPU(
                group[0].value, cpus: group.indices.map { cpus[$0 % cpus.count] })
        case .incomingCPU:
            for (index, listener) in group.enumerated() {
                try ListenerGroup.prefer(cpu: cpus[index % cpus.count], for: listener.value)
            }
        case .load:
            try loads?.value.chooseLeast(
                group[0].value, candidates: Limit.listenersLookedAt, stall: Limit.stalledTurn)
        }
    }
}

extension Crew {
    /// Listeners of their own for each thread, on the same ports (SO_REUSEPORT).
    ///
    /// All are bound before any loop runs: a listener that joins later would move connections that
    /// others are waiting for.
    func listenApart() throws(SystemError) -> [[Listener]] {
        let first = try listen(sharingPort: true)
        var shards = [first]
        for _ in 1..<max(2, options.threads) where shards.count < options.threads {
            shards.append(try listen(sharingPort: true, on: first.map(\.address)))
        }
        return shards
    }
}
