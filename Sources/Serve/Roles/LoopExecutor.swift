import Platform
import Synchronization

/// Runs tasks on the thread of a loop, between its events: the thread calls `run` each turn. Jobs
/// of other threads wake it.
final class LoopExecutor: TaskExecutor {
    private let jobs = Guarded<[UnownedJob]>([])
    private let count = Atomic(0)
    private let port: Shared<ReaderPort>

    init(port: Shared<ReaderPort>) { self.port = port }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        count.add(1, ordering: .relaxed)
        var kernel = LinuxKernel()
        _ = port.value.gate.wakeIfAsleep(with: &kernel)
    }

    /// Whether a task waits to be run.
    @inline(always)
    var hasJobs: Bool { count.load(ordering: .relaxed) > 0 }

    /// Runs what waits, and what that gives rise to. On the loop's thread alone, or behind its end.
    func run() {
        var running: [UnownedJob] = []
        while hasJobs {
            jobs.withLock { swap(&$0, &running) }
            count.subtract(running.count, ordering: .relaxed)
            // SAFETY: each job was enqueued once, and is run once.
            for job in running { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
            running.removeAll(keepingCapacity: true)
        }
    }
}
