import Basis
import Measure
import Platform

/// A thread that wakes at equal intervals and keeps how late each time: how long a program on its
/// CPU has to wait for it, because of other programs, the hypervisor or the timer, as seen by one
/// that has nothing else to do.
final class Sentinel {
    private let isOver = Shared(false)
    private let lateness: Shared<[Nanoseconds]> = Shared([])
    private var thread: Handover<Platform.Thread>?

    /// Begins at once, on `cpu` where one is given.
    init(every interval: Nanoseconds, cpu: Int?) throws(SystemError) {
        let (isOver, lateness) = (isOver, lateness)
        thread = Handover(
            try Platform.Thread(named: "sentinel") {
                // A thread that can't be bound sees another CPU, and so less than it should.
                if let cpu { try? CPUSet([cpu]).bindThisThread() }
                var due = MonotonicClock.now
                while !isOver.value {
                    due = due + interval
                    blockThread(for: due.since(MonotonicClock.now))
                    let late = MonotonicClock.now.since(due)
                    lateness.change { $0.append(late) }
                }
            })
    }

    /// Ends the thread; the latenesses, rising.
    func end() -> [Nanoseconds] {
        isOver.change { $0 = true }
        if let thread { thread.take().join() }
        thread = nil
        return lateness.value.sorted()
    }

    /// A value that two threads use.
    private final class Shared<Value: Sendable>: Sendable {
        private let guarded: Guarded<Value>

        init(_ value: Value) { guarded = Guarded(value) }

        var value: Value { guarded.withLock { $0 } }

        func change(_ body: (inout Value) -> Void) { guarded.withLock { body(&$0) } }
    }
}
