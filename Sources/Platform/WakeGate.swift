import Synchronization

/// Wakes a sleeping loop at most once for any number of messages, and never too rarely.
///
/// The consumer announces its sleep, looks at its queues once more and only then waits; the
/// producer publishes its message and only then looks for the announcement. Each side stores before
/// it loads, so both need a full fence between: with less, both may read the old value and the wake
/// is lost, on x86 too (Dekker's algorithm).
package struct WakeGate: ~Copyable, Sendable {
    package let waker: Waker
    private let isAsleep = Atomic<Bool>(false)

    package init() throws(SystemError) { waker = try Waker() }

    /// One whose waker is still to be opened.
    package init(opensLater: Void) { waker = Waker(opensLater: ()) }

    /// Consumer: announces that it will wait. Afterwards look at every queue once more, and wait
    /// without a timeout only when all are empty.
    @inline(always)
    package borrowing func announceSleep() {
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// Consumer: after the wait.
    @inline(always)
    package borrowing func announceAwake() { isAsleep.store(false, ordering: .relaxed) }

    /// Producer: after publishing. Says whether a wake was sent.
    @inline(always)
    package borrowing func wakeIfAsleep<K: Kernel>(with kernel: inout K) -> Bool {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard isAsleep.load(ordering: .relaxed),
            isAsleep.exchange(false, ordering: .sequentiallyConsistent)
        else { return false }
        kernel.wake(waker)
        return true
    }
}
