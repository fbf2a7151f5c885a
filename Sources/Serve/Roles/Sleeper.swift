import Basis
import Platform
import Synchronization

/// A thread that sleeps in system calls, as those see it that want it to come to an end: what it
/// sleeps in is interrupted by a signal, as often as it takes.
struct Sleeper: ~Copyable, Sendable {
    /// The thread's id while it may be in such a call, else 0.
    private let thread = Atomic<Int32>(0)
    private let isEnding = Atomic<Bool>(false)

    /// The thread is about to make a call that may sleep; false where it must not any more. Both
    /// sides write before they read, so that one of them sees the other.
    func lieDown() -> Bool {
        thread.store(Thread.currentID, ordering: .sequentiallyConsistent)
        if !isEnding.load(ordering: .sequentiallyConsistent) { return true }
        getUp()
        return false
    }

    /// Behind the call.
    func getUp() { thread.store(0, ordering: .sequentiallyConsistent) }

    /// Interrupts the call that the thread sleeps in, and lets it begin none any more.
    func end() {
        isEnding.store(true, ordering: .sequentiallyConsistent)
        // A signal may come just before the call, and is lost then.
        while case let id = thread.load(ordering: .sequentiallyConsistent), id != 0 {
            Interruption.send(to: id)
            blockThread(for: .microseconds(100))
        }
    }
}
