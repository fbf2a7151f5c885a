package import Basis
import Synchronization

/// What it takes to let a sleeping thread go on: the wake, the switch to it and, on another CPU,
/// the time until that one is out of its idle state. What a pattern that hands requests over costs
/// is a multiple of this, and differs from machine to machine by more than a factor of ten.
package enum HandoverClock {
    /// Hand-overs in one measurement.
    private static let turns = 5_000

    /// Two threads that wake each other by a lock and its condition, as workers are woken.
    private final class Pair: Sendable {
        private let monitor = Monitor()
        /// Whose turn it is; changed inside the monitor.
        private let next = Atomic(0)

        /// Waits for its turns, one after the other, and passes each on.
        func play(_ side: Int) {
            for _ in 0..<turns {
                monitor.enter()
                while next.load(ordering: .relaxed) != side { monitor.wait() }
                next.store(1 - side, ordering: .relaxed)
                monitor.signal()
                monitor.leave()
            }
        }
    }

    /// The mean time of a hand-over between a thread on one CPU and one on the other, which may be
    /// the same.
    package static func measure(on first: Int, _ second: Int) throws(SystemError) -> Nanoseconds {
        let pair = Pair()
        let places = [CPUSet([first]), CPUSet([second])]
        let times = Guarded([Nanoseconds]())
        // Both are bound before the first turn.
        let refused = Guarded<SystemError?>(nil)
        func start(_ side: Int) throws(SystemError) -> Thread {
            try Thread(named: "hand-over") {
                do throws(SystemError) {
                    try places[side].bindThisThread()
                } catch {
                    refused.withLock { $0 = error }
                }
                let began = MonotonicClock.now
                pair.play(side)
                times.withLock { $0.append(MonotonicClock.now.since(began)) }
            }
        }
        let one = try start(0)
        let other = try start(1)
        one.join()
        other.join()
        if let error = refused.withLock({ $0 }) { throw error }
        // The one that began later has waited for nothing but turns.
        let shortest = times.withLock { $0.min() } ?? .zero
        return Nanoseconds(raw: shortest.raw / Int64(2 * turns))
    }
}
