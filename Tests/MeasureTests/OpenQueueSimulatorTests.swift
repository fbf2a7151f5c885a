import Basis
import Testing

@testable import Measure

@Suite("Open queue simulator")
struct OpenQueueSimulatorTests {
    private func run(
        workers: Int, perSecond rate: Double, _ service: ServiceTime,
        _ discipline: OpenQueueSimulator.Discipline, requests: Int = 300_000, seed: UInt64 = 1
    ) -> Histogram {
        OpenQueueSimulator(
            workers: workers, rate: PerSecond(raw: rate), service: service, discipline: discipline
        ).run(requests: requests, warmup: requests / 10, seed: seed)
    }

    /// The wait is λ E[S²] / 2 (1 - λ E[S]), whatever the distribution of the service time.
    @Test(
        "one worker waits as Pollaczek and Khinchine have it",
        arguments: [
            // Load 0.5 and 0.8 of 1 ms, each the same or exponential; then 20 ms for one in 20.
            (500.0, ServiceTime.deterministic(.milliseconds(1)), 1.5),
            (800.0, .deterministic(.milliseconds(1)), 3.0),
            (500.0, .exponential(mean: .milliseconds(1)), 2.0),
            (800.0, .exponential(mean: .milliseconds(1)), 5.0),
            (500.0, .bimodal(fast: .zero, slow: .milliseconds(20), slowShare: 0.05), 11.0),
        ])
    func pollaczekKhinchine(rate: Double, service: ServiceTime, mean: Double) {
        for discipline in OpenQueueSimulator.Discipline.allCases {
            let sojourn = run(workers: 1, perSecond: rate, service, discipline)
            #expect(abs(sojourn.mean * 1e-6 / mean - 1) < 0.08, "\(sojourn.mean)")
        }
    }

    /// A. K. Erlang's C: of four workers at a load of 2 all are busy for 0.1739 of those who come,
    /// who then wait 1 / (4 - 2) ms in the mean.
    @Test("one queue for several waits as Erlang has it")
    func erlang() {
        let sojourn = run(
            workers: 4, perSecond: 2_000, .exponential(mean: .milliseconds(1)), .shared)
        #expect(abs(sojourn.mean * 1e-6 - 1.087) < 0.02, "\(sojourn.mean)")
    }

    @Test("a queue for each waits longer than one for all, and nobody among enough")
    func order() {
        let service = ServiceTime.bimodal(
            fast: .zero, slow: .milliseconds(20), slowShare: 0.05)
        let turns = run(workers: 4, perSecond: 2_000, service, .roundRobin)
        let shared = run(workers: 4, perSecond: 2_000, service, .shared)
        let many = run(workers: 64, perSecond: 2_000, service, .shared)
        // Those of an independent simulation.
        #expect(abs(turns.mean * 1e-6 / 10.2 - 1) < 0.08, "\(turns.mean)")
        #expect(abs(shared.mean * 1e-6 / 2.0 - 1) < 0.08, "\(shared.mean)")
        #expect(abs(many.mean * 1e-6 - 1) < 0.05, "\(many.mean)")
        #expect(many.max == .milliseconds(20))
    }

    @Test("the same seed gives the same, another seed another")
    func seeded() {
        let service = ServiceTime.exponential(mean: .milliseconds(1))
        func buckets(seed: UInt64) -> [Histogram.Bucket] {
            run(workers: 2, perSecond: 900, service, .shared, requests: 2_000, seed: seed).buckets
        }
        #expect(buckets(seed: 9) == buckets(seed: 9))
        #expect(buckets(seed: 9) != buckets(seed: 10))
    }
}
