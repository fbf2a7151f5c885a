import Basis
import TestSupport
import Testing

@testable import Platform

/// What others take of some CPUs, told from what the kernel counts.
struct CPUOccupationTests {
    private static let second = Instant(raw: 1_000_000_000)

    /// Ticks of two CPUs as /proc/stat shows them.
    private static func stat(
        idle: [Int], softirq: [Int] = [0, 0], steal: [Int] = [0, 0], all: Int = 100_000
    ) -> String {
        // What was neither idle nor withheld went to programs.
        let lines = (0..<2).map { cpu in
            let busy = all - idle[cpu] - softirq[cpu] - steal[cpu]
            return "cpu\(cpu) \(busy) 0 0 \(idle[cpu]) 0 0 \(softirq[cpu]) \(steal[cpu]) 0 0"
        }
        return (["cpu  1 2 3 4 5 6 7 8 0 0"] + lines + ["intr 1 2 3", "cpu0 is no CPU here"])
            .joined(separator: "\n")
    }

    /// The share that others took of `cpus` in a second, of which `own` ms were the caller's.
    private static func share(
        _ cpus: [Int], idle: [Int], softirq: [Int] = [0, 0], steal: [Int] = [0, 0], own: Int,
        interruptsAreApart: Bool = false
    ) throws -> Double {
        let before = try #require(
            CPUOccupation(
                of: CPUSet(cpus), stat: stat(idle: [1_000, 2_000]), at: Instant(raw: 0),
                own: .seconds(7)))
        let after = try #require(
            CPUOccupation(
                of: CPUSet(cpus),
                stat: stat(
                    idle: [1_000 + idle[0], 2_000 + idle[1]], softirq: softirq, steal: steal,
                    all: 100_100),
                at: second, own: .seconds(7) + .milliseconds(own)))
        let share = try #require(
            after.foreignShare(since: before, interruptsAreApart: interruptsAreApart))
        return (share * 1_000).rounded() / 1_000
    }

    @Test("two ticks of each CPU are nobody's")
    func shares() throws {
        // One CPU of which 600 ms were free: others took 400 ms, 380 for sure.
        #expect(try Self.share([0], idle: [60, 0], own: 0) == 0.38)
        // All of it was the caller's own.
        #expect(try Self.share([0], idle: [60, 0], own: 400) == 0)
        // Half of the other CPU went to others.
        #expect(try Self.share([1], idle: [100, 0], own: 500) == 0.48)
        // Both together: 2 s, of which 1.6 s busy, 0.9 s the caller's.
        #expect(try Self.share([0, 1], idle: [30, 10], own: 900) == 0.33)
        // What the hypervisor withheld is told apart.
        #expect(try Self.share([0], idle: [20, 0], steal: [70, 0], own: 0) == 0.08)
        // More own time than there was, because it was spent on other CPUs.
        #expect(try Self.share([0], idle: [100, 0], own: 3_000) == 0)
    }

    @Test("interrupts that are counted apart come from the own load")
    func interrupts() throws {
        #expect(try Self.share([0], idle: [10, 0], softirq: [30, 0], own: 600) == 0.28)
        #expect(
            try Self.share(
                [0], idle: [10, 0], softirq: [30, 0], own: 600, interruptsAreApart: true) == 0)
    }

    @Test("without a line for each CPU there is no reading", arguments: [[2], [0, 2], []])
    func missing(cpus: [Int]) {
        #expect(
            CPUOccupation(
                of: CPUSet(cpus), stat: Self.stat(idle: [1, 1]), at: Self.second, own: .zero) == nil
        )
    }

    @Test("figures that do not add up to the time that has passed say nothing")
    func unlike() throws {
        let before = try #require(
            CPUOccupation(
                of: CPUSet([0]), stat: Self.stat(idle: [0, 0], all: 0), at: Instant(raw: 0),
                own: .zero))
        for all in [0, 10, 150] {
            let after = try #require(
                CPUOccupation(
                    of: CPUSet([0]), stat: Self.stat(idle: [0, 0], all: all), at: Self.second,
                    own: .zero))
            #expect(after.foreignShare(since: before, interruptsAreApart: false) == nil)
            #expect(after.busyShare(since: before) == nil)
        }
    }

    @Test("time of which the kernel tells nothing is not held against others")
    func untold() throws {
        let before = try #require(
            CPUOccupation(
                of: CPUSet([0]), stat: Self.stat(idle: [0, 0], all: 0), at: Instant(raw: 0),
                own: .zero))
        // 600 ms are told, 200 of them idle; 100 of the other 400 were the caller's own.
        let after = try #require(
            CPUOccupation(
                of: CPUSet([0]), stat: Self.stat(idle: [20, 0], all: 60), at: Self.second,
                own: .milliseconds(100)))
        let share = try #require(after.foreignShare(since: before, interruptsAreApart: false))
        #expect(abs(share - 0.28) < 1e-9)
        let busy = try #require(after.busyShare(since: before))
        #expect(abs(busy - 0.4) < 1e-9)
    }

    @Test("no time, no share")
    func noTime() throws {
        let reading = try #require(
            CPUOccupation(
                of: CPUSet([0]), stat: Self.stat(idle: [1, 1]), at: Self.second, own: .zero))
        #expect(reading.foreignShare(since: reading, interruptsAreApart: false) == nil)
        #expect(reading.busyShare(since: reading) == nil)
    }

    @Test("this machine's CPUs can be read, and a busy loop of one's own is not foreign")
    func own() throws {
        let cpu = CPUSet([try #require(CPUSet.available.cpus.last)])
        let shares = Guarded<(own: Double, other: Double)?>(nil)
        try withThreads(1) { _ in
            try? cpu.bindThisThread()
            let own = CPUOccupation(of: cpu, own: CPUClock.thisThread)
            let other = CPUOccupation(of: cpu, own: .zero)
            let end = MonotonicClock.now + .milliseconds(300)
            while MonotonicClock.now < end {}
            guard let own, let other,
                let first = CPUOccupation(of: cpu, own: CPUClock.thisThread)?.foreignShare(
                    since: own),
                let second = CPUOccupation(of: cpu, own: .zero)?.foreignShare(since: other)
            else { return }
            shares.withLock { $0 = (first, second) }
        }
        let found = try #require(shares.withLock { $0 })
        // Other tests may run there meanwhile: only the order is certain.
        #expect(found.other > found.own)
        #expect((0...1).contains(found.own) && (0...1).contains(found.other))
    }

    @Test("a set of CPUs is part of a larger one, not of itself")
    func part() {
        #expect(CPUSet([1]).isPart(of: CPUSet([0, 1])))
        #expect(!CPUSet([0, 1]).isPart(of: CPUSet([0, 1])))
        #expect(!CPUSet([2]).isPart(of: CPUSet([0, 1])))
        #expect(CPUSet(list: "0,2-4") == CPUSet([0, 2, 3, 4]))
        #expect(CPUSet(list: "") == nil && CPUSet(list: "1-") == nil && CPUSet(list: "x") == nil)
        #expect(!(CPUSet.ofParent?.cpus.isEmpty ?? false))
    }
}
