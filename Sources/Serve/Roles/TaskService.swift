import Basis
import Platform
import Synchronization

/// Answers the messages of one reader by tasks: one that takes them as they come, and of it a child
/// for each message, as servers of structured concurrency have them. Where they run, the executor
/// says that the first is started on.
final class TaskService: Sendable {
    private let pool: Shared<WorkItemPool>
    private let responder: Responder
    /// Items that are answered, in the order in which they were.
    private let done: Shared<WorkQueue>
    private let port: Shared<ReaderPort>
    /// Writers that no task is using.
    private let writers = Guarded<[TaskWriter]>([])
    private let messages: AsyncStream<UInt32>
    private let continuation: AsyncStream<UInt32>.Continuation
    /// Where the last task says that it has ended.
    private let ending: Shared<WorkQueue>
    /// Wakes of the reader since it last asked.
    private let wakeups = Atomic<UInt64>(0)

    init(
        pool: Shared<WorkItemPool>, done: Shared<WorkQueue>, ending: Shared<WorkQueue>,
        responder: Responder, port: Shared<ReaderPort>
    ) {
        self.pool = pool
        self.done = done
        self.ending = ending
        self.responder = responder
        self.port = port
        (messages, continuation) = AsyncStream.makeStream()
    }

    // MARK: for the reader

    func take(_ index: UInt32) { continuation.yield(index) }

    @inline(always)
    func nextDone() -> UInt32? { done.value.popIfAny() }

    @inline(always)
    var hasDone: Bool { !done.value.isEmpty }

    func takeWakeups() -> UInt64 { wakeups.exchange(0, ordering: .relaxed) }

    // MARK: for the crew

    /// Runs until `end`.
    func serve() async {
        await withDiscardingTaskGroup { group in
            for await index in messages {
                group.addTask { await self.answer(index) }
            }
        }
        _ = ending.value.push(0)
    }

    /// No message comes any more.
    func end() { continuation.finish() }

    /// Waits until every task has ended.
    func waitForAll() {
        var slept: UInt64 = 0
        _ = ending.value.pop(slept: &slept)
    }

    private func answer(_ index: UInt32) async {
        let writer = writers.withLock { $0.popLast() } ?? TaskWriter()
        writer.value.refreshDate(unixSeconds: WallClock.seconds)
        pool.value.withItem(index) { $0.answer(by: responder, with: &writer.value) }
        writers.withLock { $0.append(writer) }
        _ = done.value.push(index)
        var kernel = LinuxKernel()
        if port.value.gate.wakeIfAsleep(with: &kernel) {
            wakeups.add(1, ordering: .relaxed)
        }
    }
}

/// A writer of replies that one task after another has.
private final class TaskWriter: @unchecked Sendable {
    // SAFETY: it is taken out of the service's list, behind a lock, by the task that uses it.
    var value = ReplyWriter()
}
