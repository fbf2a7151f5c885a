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

    /// Counts a connection's first answer.
    mutating func noteFirstByte(after span: Nanoseconds) {
        firstBytes &+= 1
        firstByteTime &+= UInt64(clamping: span.raw)
    }

    /// Counts the times of a message that a worker got.
    mutating func noteTimes(waited: Nanoseconds, handled: Nanoseconds) {
        timedMessages &+= 1
        queueWait &+= UInt64(clamping: waited.raw)
        handlerTime &+= UInt64(clamping: handled.raw)
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
    private let counts = InlineArray<40, Atomic<UInt64>> { _ in Atomic(0) }
    /// The times of `Tally.firstBytes`.
    let firstBytes = SpanBuckets()
    /// The thread that counts now; 0 where there is none.
    private let threadID = Atomic<Int32>(0)
    /// What threads that counted here before had used, each set down by itself at its end, since
    /// nobody can ask the kernel about it afterwards.
    private let pastCPU = Atomic<Int64>(0)
    private let pastVoluntary = Atomic<Int64>(0)
    private let pastInvoluntary = Atomic<Int64>(0)
    /// Odd while one of them sets that down.
    private let endings = Atomic<UInt64>(0)
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
        endings.add(1, ordering: .sequentiallyConsistent)
        pastVoluntary.add(usage.voluntarySwitches, ordering: .relaxed)
        pastInvoluntary.add(usage.involuntarySwitches, ordering: .relaxed)
        pastCPU.add(CPUClock.thisThread.raw, ordering: .relaxed)
        threadID.store(0, ordering: .releasing)
        endings.add(1, ordering: .sequentiallyConsistent)
    }

    /// The counts as last published and what the kernel says of the thread now.
    func read() -> (tally: Tally, thread: ThreadStatistics) {
        var tally = Tally()
        for index in 0..<Tally.count { tally[index] = counts[index].load(ordering: .relaxed) }
        while true {
            let before = endings.load(ordering: .sequentiallyConsistent)
            let id = threadID.load(ordering: .acquiring)
            let now = id == 0 ? ThreadStatistics() : ThreadStatistics(threadID: id)
            var past = ThreadStatistics()
            past.cpu = .init(raw: pastCPU.load(ordering: .relaxed))
            past.voluntarySwitches = pastVoluntary.load(ordering: .relaxed)
            past.involuntarySwitches = pastInvoluntary.load(ordering: .relaxed)
            atomicMemoryFence(ordering: .sequentiallyConsistent)
            if before % 2 == 0, endings.load(ordering: .sequentiallyConsistent) == before {
                return (tally, past + now)
            }
        }
    }
}
