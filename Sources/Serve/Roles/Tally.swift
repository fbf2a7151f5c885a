package import Basis
import Platform
import Secure
import Synchronization

/// What one thread of the server counts while it runs. Plain numbers of that thread.
package typealias Tally = ThreadCounts<UInt64>

extension Tally {
    mutating func note(_ facts: OpeningFacts) {
        handshakes &+= 1
        if facts.isResumed { resumedHandshakes &+= 1 }
        switch facts.early {
        case .none: break
        case .accepted: earlyHandshakes &+= 1
        case .rejected: earlyRefusals &+= 1
        }
    }

    /// Counts what was read of topics.
    mutating func note(_ feed: inout EventFeed) {
        if feed.shown | feed.missed == 0 { return }
        events &+= feed.shown
        missedEvents &+= feed.missed
        (feed.shown, feed.missed) = (0, 0)
    }
}

/// A tally that other threads may read at any time. Its thread publishes once a turn of its loop,
/// with plain stores, so that counting costs a request nothing.
struct TallyBoard: ~Copyable, Sendable {
    /// As many as a type can name; `Tally.count` of them are used.
    private let counts = InlineArray<32, Atomic<UInt64>> { _ in Atomic(0) }
    private let threadID = Atomic<Int32>(0)
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
        var tally = tally
        tally.syscalls = syscalls
        tally.withCells { cells in
            for index in 0..<Tally.count { counts[index].store(cells[index], ordering: .relaxed) }
        }
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
        for index in 0..<Tally.count { tally[index] = counts[index].load(ordering: .relaxed) }
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
