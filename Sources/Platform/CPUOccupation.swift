package import Basis
import Glibc

/// How long the CPUs of a set were taken, up to a moment, and how much of that time was the
/// caller's own: two readings say what others took between them.
package struct CPUOccupation: Equatable, Sendable {
    /// When it was read.
    private let time: Instant
    private let cpus: Int
    /// Time in which the CPUs had nothing to run or were not there, all added up.
    private let free: Nanoseconds
    /// Time in which they served interrupts.
    private let interrupts: Nanoseconds
    /// Time of all kinds, as the kernel has it.
    private let told: Nanoseconds
    /// What the caller's own processes have used.
    private var own: Nanoseconds

    /// A user-space tick, 1/100 s on every architecture that Swift runs on (time(7), USER_HZ).
    private static let tick = Nanoseconds.milliseconds(10)

    private enum Limit {
        /// What a reading may take; the figures themselves are no finer than two of it.
        static let atOnce = Nanoseconds.milliseconds(5)
        static let attempts = 4
    }

    /// Reads /proc/stat (proc_stat(5)); nil where it does not tell of every CPU of `set`.
    ///
    /// - Parameter own: the CPU time that the processes which are no others have used up to now, on
    ///   whatever CPUs.
    package init?(of set: CPUSet, own: Nanoseconds) {
        var reading: (stat: String, time: Instant)?
        // Who loses its CPU between the figures and the clock has figures of another time.
        for _ in 0..<Limit.attempts {
            let began = MonotonicClock.now
            guard let stat = try? readFile("/proc/stat") else { return nil }
            let time = MonotonicClock.now
            reading = (stat, time)
            if time.since(began) <= Limit.atOnce { break }
        }
        guard let reading else { return nil }
        self.init(of: set, stat: reading.stat, at: reading.time, own: own)
    }

    init?(of set: CPUSet, stat: String, at time: Instant, own: Nanoseconds) {
        var free: Int64 = 0
        var interrupts: Int64 = 0
        var told: Int64 = 0
        var seen = 0
        for line in stat.utf8.split(separator: UInt8(ascii: "\n")) {
            // The lines of the CPUs stand first.
            guard line.starts(with: "cpu".utf8) else { break }
            let words = Substring(line).split(separator: " ")
            guard let name = words.first, let cpu = Int(name.dropFirst(3)), set.cpus.contains(cpu)
            else { continue }
            let ticks = words.dropFirst().compactMap { Int64($0) }
            guard ticks.count >= 8 else { return nil }
            // user nice system idle iowait irq softirq steal: a tickless kernel keeps idle and
            // iowait by the clock, the rest it samples.
            free += ticks[3] + ticks[4] + ticks[7]
            interrupts += ticks[5] + ticks[6]
            told += ticks[..<8].reduce(0, +)
            seen += 1
        }
        guard seen == set.cpus.count, seen > 0 else { return nil }
        self.time = time
        self.own = own
        cpus = seen
        self.free = Self.tick * free
        self.interrupts = Self.tick * interrupts
        self.told = Self.tick * told
    }

    /// The same reading when `more` of the CPU time turns out to be the caller's own, too.
    package func leaving(_ more: Nanoseconds) -> CPUOccupation {
        var reading = self
        reading.own = own + more
        return reading
    }

    /// The share of the CPUs' time, 0...1, that others took since `earlier`: at least this, for two
    /// ticks of each CPU are given to their favour, one for each figure that is told in whole
    /// ticks, and so is time of which the kernel tells nothing. Nil when no time has passed, and
    /// where the kernel's figures don't go with it.
    ///
    /// - Parameter interruptsAreApart: whether the kernel counts interrupts beside the threads that
    ///   they interrupt (`CPUAccounting.interruptsAreApart`). Then most of them come from the own
    ///   load, and none is taken for the work of others.
    package func foreignShare(
        since earlier: CPUOccupation, interruptsAreApart: Bool = CPUAccounting.interruptsAreApart
    ) -> Double? {
        let all = time.since(earlier.time) * Int64(cpus)
        guard let taken = taken(of: all, since: earlier) else { return nil }
        var foreign = taken - (own - earlier.own)
        if interruptsAreApart { foreign = foreign - (interrupts - earlier.interrupts) }
        foreign = foreign - Self.tick * Int64(2 * cpus)
        return min(1, max(0, foreign.inSeconds / all.inSeconds))
    }

    /// The time out of `all` in which the CPUs were taken since `earlier`. What a thread does
    /// between two ticks of a CPU that sleeps at the tick is sampled by none, and short sleeps lack
    /// in the idle time, so that the figures may tell of half the time that has passed. Nil where
    /// they tell of much more or of next to nothing: not everything that looks like /proc/stat is
    /// it, as in some containers.
    private func taken(of all: Nanoseconds, since earlier: CPUOccupation) -> Nanoseconds? {
        let sum = told - earlier.told
        guard all > .zero, cpus == earlier.cpus,
            sum >= all / 8, sum <= all + all / 4 + Self.tick * Int64(2 * cpus)
        else { return nil }
        return min(sum, all) - (free - earlier.free)
    }

    /// The share of the CPUs' time, 0...1, in which they were taken since `earlier`.
    package func busyShare(since earlier: CPUOccupation) -> Double? {
        let all = time.since(earlier.time) * Int64(cpus)
        return taken(of: all, since: earlier).map { min(1, max(0, $0.inSeconds / all.inSeconds)) }
    }
}

/// How this kernel counts CPU time.
package enum CPUAccounting {
    private enum Limit {
        static let trials = 10
        static let trial = Nanoseconds.microseconds(500)
        /// A thread that sends to itself over loopback is in soft interrupts for a quarter of its
        /// time and more.
        static let apart = 0.93
    }

    /// Whether interrupts are counted beside the threads that they interrupt (the kernel option
    /// IRQ_TIME_ACCOUNTING), so that a thread's CPU clock lacks the soft interrupts in which
    /// loopback does half of its work. No file says so everywhere; trying it takes 5 ms, once.
    package static let interruptsAreApart: Bool = {
        guard let socket = try? Socket.datagramToItself() else { return true }
        var most = 0.0
        // A trial in which the thread lost its CPU shows too small a share.
        for _ in 0..<Limit.trials { most = max(most, sharePaid(sendingOn: socket)) }
        return most < Limit.apart
    }()

    /// The share of a short while that the thread's CPU clock has counted.
    private static func sharePaid(sendingOn socket: borrowing Descriptor) -> Double {
        let (began, cpu) = (MonotonicClock.now, CPUClock.thisThread)
        var now = began
        while now.since(began) < Limit.trial {
            var byte: UInt8 = 0
            // SAFETY: one byte is sent and received at a valid address; neither call blocks.
            _ = unsafe send(socket.raw, &byte, 1, CInt(MSG_DONTWAIT))
            _ = unsafe recv(socket.raw, &byte, 1, CInt(MSG_DONTWAIT))
            now = MonotonicClock.now
        }
        return (CPUClock.thisThread - cpu).inSeconds / now.since(began).inSeconds
    }
}
