import Basis
import Platform

/// What a thread has used up to a moment.
struct Usage: Sendable {
    var time: Instant = Instant(raw: 0)
    var cpu = Nanoseconds.zero
    var user = Nanoseconds.zero
    var system = Nanoseconds.zero
    /// The part of `cpu` spent polling for nothing.
    var spun = Nanoseconds.zero
    /// Time ready to run, without a CPU.
    var waited = Nanoseconds.zero
    var syscalls = SyscallCounts()
    var bytesRead: UInt64 = 0
    var bytesWritten: UInt64 = 0
    /// Of the watched CPUs.
    var occupation: CPUOccupation?

    init() {}
}

extension Usage {
    /// Of the calling thread, up to now.
    init<K: Kernel>(
        of kernel: K, spun: Nanoseconds, bytesRead: UInt64, bytesWritten: UInt64,
        watching cpus: CPUSet?
    ) {
        // Whoever started the generator, such as a run, is no stranger either.
        occupation = cpus.flatMap {
            CPUOccupation(of: $0, own: CPUClock.thisProcess + CPUClock.parent)
        }
        let resources = ResourceUsage.thisThread
        time = MonotonicClock.now
        cpu = CPUClock.thisThread
        user = resources.user
        system = resources.system
        self.spun = spun
        waited = Self.runQueueTime
        syscalls = kernel.counts
        self.bytesRead = bytesRead
        self.bytesWritten = bytesWritten
    }

    /// The second figure of the calling thread's schedstat (proc(5): time spent waiting on a run
    /// queue); zero where the kernel keeps none.
    private static var runQueueTime: Nanoseconds {
        guard let text = try? readFile("/proc/thread-self/schedstat") else { return .zero }
        let figures = text.split(separator: " ").map { Int64($0) }
        return Nanoseconds(raw: figures.count > 1 ? figures[1] ?? 0 : 0)
    }

    func since(_ earlier: Usage) -> UsedResources {
        var used = UsedResources(
            span: time.since(earlier.time), cpu: cpu - earlier.cpu, user: user - earlier.user,
            system: system - earlier.system, spun: spun - earlier.spun,
            waited: waited - earlier.waited, syscalls: syscalls - earlier.syscalls,
            bytesRead: bytesRead - earlier.bytesRead,
            bytesWritten: bytesWritten - earlier.bytesWritten)
        if let occupation, let before = earlier.occupation {
            used.foreignShare = occupation.foreignShare(since: before)
        }
        return used
    }
}
