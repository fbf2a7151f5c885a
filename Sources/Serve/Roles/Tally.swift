import Basis
package import Platform
import Synchronization

/// What one thread of the server counts while it runs. Plain numbers of that thread.
package struct Tally: Equatable, Sendable {
    /// Connections this thread accepted from the kernel.
    package var accepted: UInt64 = 0
    /// Connections this thread came to own.
    package var connections: UInt64 = 0
    /// Messages this thread answered.
    package var requests: UInt64 = 0
    /// Wakes this thread sent to another.
    package var wakeups: UInt64 = 0
    /// Times this thread was woken for a connection that another had taken.
    package var emptyAccepts: UInt64 = 0
    /// Connections or messages this thread passed to another.
    package var handoffs: UInt64 = 0
    /// Messages this thread took from another's queue.
    package var steals: UInt64 = 0
    /// Connections closed at once because descriptors, slots or readers had run out.
    package var shed: UInt64 = 0
    package var syscalls = SyscallCounts()

    package init() {}
}

/// A tally that other threads may read at any time. Its thread publishes once a turn of its loop,
/// with plain stores, so that counting costs a request nothing.
struct TallyBoard: ~Copyable, Sendable {
    private let threadID = Atomic<Int32>(0)
    private let accepted = Atomic<UInt64>(0)
    private let connections = Atomic<UInt64>(0)
    private let requests = Atomic<UInt64>(0)
    private let wakeups = Atomic<UInt64>(0)
    private let emptyAccepts = Atomic<UInt64>(0)
    private let handoffs = Atomic<UInt64>(0)
    private let steals = Atomic<UInt64>(0)
    private let shed = Atomic<UInt64>(0)
    private let waits = Atomic<UInt64>(0)
    private let receives = Atomic<UInt64>(0)
    private let sends = Atomic<UInt64>(0)
    private let accepts = Atomic<UInt64>(0)
    private let others = Atomic<UInt64>(0)
    /// Set by the thread itself when it ends, since nobody can ask the kernel about it afterwards.
    private let finalCPU = Atomic<Int64>(-1)
    private let finalVoluntary = Atomic<Int64>(0)
    private let finalInvoluntary = Atomic<Int64>(0)
    #if HANDICAP
        private let handicap = Handicap.ofThread
    #endif

    /// Called by the thread before its loop.
    func begin() { threadID.store(Thread.currentID, ordering: .releasing) }

    @inline(always)
    func publish(_ tally: Tally, _ syscalls: SyscallCounts) {
        accepted.store(tally.accepted, ordering: .relaxed)
        connections.store(tally.connections, ordering: .relaxed)
        requests.store(tally.requests, ordering: .relaxed)
        wakeups.store(tally.wakeups, ordering: .relaxed)
        emptyAccepts.store(tally.emptyAccepts, ordering: .relaxed)
        handoffs.store(tally.handoffs, ordering: .relaxed)
        steals.store(tally.steals, ordering: .relaxed)
        shed.store(tally.shed, ordering: .relaxed)
        waits.store(syscalls.wait, ordering: .relaxed)
        receives.store(syscalls.receive, ordering: .relaxed)
        sends.store(syscalls.send, ordering: .relaxed)
        accepts.store(syscalls.accept, ordering: .relaxed)
        others.store(syscalls.other, ordering: .relaxed)
        #if HANDICAP
            handicap.pay(tally, syscalls)
        #endif
    }

    /// Called by the thread behind its loop: keeps what only it can read.
    func end() {
        let usage = ResourceUsage.thisThread
        finalVoluntary.store(usage.voluntarySwitches, ordering: .relaxed)
        finalInvoluntary.store(usage.involuntarySwitches, ordering: .relaxed)
        finalCPU.store(CPUClock.thisThread.raw, ordering: .releasing)
    }

    /// The counts as last published and what the kernel says of the thread now.
    func read() -> (tally: Tally, thread: ThreadStatistics) {
        var tally = Tally()
        tally.accepted = accepted.load(ordering: .relaxed)
        tally.connections = connections.load(ordering: .relaxed)
        tally.requests = requests.load(ordering: .relaxed)
        tally.wakeups = wakeups.load(ordering: .relaxed)
        tally.emptyAccepts = emptyAccepts.load(ordering: .relaxed)
        tally.handoffs = handoffs.load(ordering: .relaxed)
        tally.steals = steals.load(ordering: .relaxed)
        tally.shed = shed.load(ordering: .relaxed)
        tally.syscalls.wait = waits.load(ordering: .relaxed)
        tally.syscalls.receive = receives.load(ordering: .relaxed)
        tally.syscalls.send = sends.load(ordering: .relaxed)
        tally.syscalls.accept = accepts.load(ordering: .relaxed)
        tally.syscalls.other = others.load(ordering: .relaxed)
        var thread = ThreadStatistics()
        let cpu = finalCPU.load(ordering: .acquiring)
        if cpu >= 0 {
            thread.cpu = .init(raw: cpu)
            thread.voluntarySwitches = finalVoluntary.load(ordering: .relaxed)
            thread.involuntarySwitches = finalInvoluntary.load(ordering: .relaxed)
        } else if case let id = threadID.load(ordering: .acquiring), id != 0 {
            thread = ThreadStatistics(threadID: id)
        }
        return (tally, thread)
    }
}
