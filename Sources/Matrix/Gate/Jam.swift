import Basis
import Platform

/// Takes CPUs away from whatever else runs on them, in bursts of random length, until it is
/// dropped or its time is over.
struct Jam: ~Copyable {
    private enum Limit {
        /// Threads on each CPU: what runs there gets a third of it during a burst of all.
        static let threadsEach = 2
        static let burst = Nanoseconds.milliseconds(20)...Nanoseconds.milliseconds(120)
        static let pause = Nanoseconds.milliseconds(1)...Nanoseconds.milliseconds(40)
        /// Between looks at the time and the flag.
        static let look = Nanoseconds.milliseconds(1)
    }

    private final class Flag: Sendable {
        let isOver = Guarded(false)
    }

    private let flag = Flag()

    init(cpus: [Int], for span: Nanoseconds, seed: UInt64) throws(SystemError) {
        let deadline = MonotonicClock.now + span
        for index in 0..<cpus.count * Limit.threadsEach {
            let (flag, cpu) = (flag, cpus[index / Limit.threadsEach])
            // Detached: each ends by itself within a look after the flag or the deadline.
            _ = try Thread(named: "jam \(cpu)") {
                Self.run(on: cpu, until: deadline, flag, seed: seed, index: index)
            }
        }
    }

    deinit { flag.isOver.withLock { $0 = true } }

    private static func run(
        on cpu: Int, until deadline: Instant, _ flag: Flag, seed: UInt64, index: Int
    ) {
        // A thread that may not be bound jams some CPU, if not this one.
        try? CPUSet([cpu]).bindThisThread()
        var generator = SeededGenerator.stream(seed: seed, index: index)
        func length(_ range: ClosedRange<Nanoseconds>) -> Nanoseconds {
            Nanoseconds(
                raw: .random(in: range.lowerBound.raw...range.upperBound.raw, using: &generator))
        }
        while !flag.isOver.withLock({ $0 }), MonotonicClock.now < deadline {
            let end = MonotonicClock.now + length(Limit.burst)
            while MonotonicClock.now < end, !flag.isOver.withLock({ $0 }) {
                let look = MonotonicClock.now + Limit.look
                while MonotonicClock.now < look {}
            }
            blockThread(for: length(Limit.pause))
        }
    }
}
