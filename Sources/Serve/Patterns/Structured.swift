import Platform
import Secure

/// `structured` and `structured:global`: N loops with a listener each, as `sharded:hash` has them,
/// that answer by Swift's structured concurrency, a child task for each message. The tasks run on
/// the loop's own thread, which is their executor, as those of SwiftNIO can be; or on the pool that
/// the whole process has, a thread for each CPU, and the replies come back to the loop.
struct Structured: ExecutionPattern {
    enum Place: Sendable { case ownThread, globalPool }

    private let place: Place

    init(_ place: Place) { self.place = place }

    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let spare = place == .globalPool ? Descriptors.sparedForPool : 0
        if place == .globalPool { try startPool(crew) }
        let shards = try crew.listenApart()
        for (index, listeners) in shards.enumerated() {
            let context = crew.context(.loop, index)
            let port = try crew.openPort()
            let pool = Shared(WorkItemPool())
            crew.keep(pool)
            let done = Shared(WorkQueue())
            crew.keep(done)
            let ending = Shared(WorkQueue(capacity: 1))
            crew.keep(ending)
            let service = TaskService(
                pool: pool, done: done, ending: ending,
                responder: context.responder, port: port)
            let executor = place == .ownThread ? LoopExecutor(port: port) : nil
            let reader = try Reader<K, Stream, TaskDesk, S>(
                context: context, kernel: context.kernel, port: port,
                desk: TaskDesk(service: service, executor: executor), items: pool, kind: kind,
                watched: try WatchedListeners(
                    listeners, budget: Limit.acceptsPerTurn, leaving: spare))
            Task.detached(executorPreference: executor) { await service.serve() }
            crew.whenWorkersEnd {
                service.end()
                // Its thread has ended; what is left of the tasks runs here.
                executor?.run()
                service.waitForAll()
            }
            try crew.start(reader, at: context)
        }
        return shards[0]
    }

    /// Has the pool open what it keeps, while it can be said that it can't: whenever the pool can't
    /// open something, it ends the process.
    private func startPool<K: Kernel>(_ crew: Crew<K>) throws(SystemError) {
        // It opens its timer in a thread of its own, at the same time as the loops open theirs.
        let ofLoops = crew.options.threads * (crew.options.listen.count + Descriptors.ofLoop)
        try Descriptor.checkRoom(for: Descriptors.keptByPool + Descriptors.sparedForPool + ofLoops)
        let hasRun = Shared(WorkQueue(capacity: 1))
        crew.keep(hasRun)
        Task.detached { _ = hasRun.value.push(0) }
        var slept: UInt64 = 0
        _ = hasRun.value.pop(slept: &slept)
    }

    /// How many descriptors who needs, at most.
    private enum Descriptors {
        /// A poller, a wake, and a timer for each of three clocks.
        static let keptByPool = 5
        /// Where work has waited in it for a second, the pool reads of each of its threads in
        /// /proc whether that runs; and who asks for figures has some read there, too.
        static let sparedForPool = 8
        /// Beside its listeners: a poller, a wake, a reserve, and a connection.
        static let ofLoop = 4
    }
}
