import Basis
import Platform

/// The desk of a reader whose messages are answered by tasks: on the reader's own thread, where it
/// has an executor of tasks, or wherever the service's tasks run.
struct TaskDesk: MessageDesk, ~Copyable {
    private let service: TaskService
    private let executor: LoopExecutor?
    private var wakes = SyscallCounts()

    init(service: TaskService, executor: LoopExecutor?) {
        self.service = service
        self.executor = executor
    }

    static var isDeferred: Bool { true }
    static var worksInTurn: Bool { true }

    mutating func submit(
        _ message: Message, body: Span<UInt8>, from owner: Exchange, mustFollow: Bool,
        items: inout WorkItems, tally: inout Tally
    ) -> Submission {
        let index = items.take(message, body: body, from: owner)
        tally.requests &+= 1
        if executor == nil {
            tally.handoffs &+= 1
            let woken = service.takeWakeups()
            tally.wakeups &+= woken
            wakes.other &+= woken
        }
        service.take(index)
        return .passedOn(index)
    }

    mutating func work() { executor?.run() }

    mutating func nextDone() -> UInt32? { service.nextDone() }

    var hasDone: Bool { service.hasDone || executor?.hasJobs == true }

    var counts: SyscallCounts { wakes }
}
