import Basis
import TestSupport
import Testing

@testable import Measure

@Suite("Queue simulator")
struct QueueSimulatorTests {
    private func run(
        workers: Int, clients: Int, _ service: ServiceTime, _ discipline: QueueSimulator.Discipline,
        requests: Int, seed: UInt64 = 1
    ) -> QueueSimulator.Outcome {
        QueueSimulator(
            workers: workers, clients: clients, service: service, discipline: discipline
        ).run(requests: requests, warmup: requests / 5, seed: seed)
    }

    /// M. Majkowski, "Why does one NGINX worker take all the load?" (Cloudflare, 2017): 12 workers,
    /// 200 clients, a new connection for each request. Published with a shared queue: mean 30.39
    /// ms, median 30.28, deviation 1.58; with SO_REUSEPORT: 31.37, 24.67, 25.27. Service 30.39 ms *
    /// 12 / 200.
    private static let cloudflare = ServiceTime.deterministic(Nanoseconds(raw: 1_823_400))

    @Test("Cloudflare's table: a shared queue")
    func cloudflareShared() {
        let outcome = run(
            workers: 12, clients: 200, Self.cloudflare, .shared, requests: 20_000)
        // Requests wait 16 or 17 rounds: the deviation is 1.8234 ms * sqrt(2)/3 and nothing else.
        #expect(abs(outcome.sojourn.mean / 1e6 - 30.39) < 0.01)
        #expect(abs(outcome.sojourn.standardDeviation / 1e6 - 0.86) < 0.01)
        #expect(abs(outcome.sojourn.value(atPercentile: 50).inSeconds * 1e3 - 31.0) < 0.05)
        #expect(abs(outcome.efficiency - 1) < 1e-3)
        #expect(abs(outcome.throughput.raw - 12e9 / 1_823_400) < 10)
    }

    @Test("Cloudflare's table: a queue for each worker, chosen by hash", arguments: [1, 2, 3])
    func cloudflareHash(seed: UInt64) {
        let outcome = run(
            workers: 12, clients: 200, Self.cloudflare, .hashPerRequest, requests: 20_000,
            seed: seed)
        let mean = outcome.sojourn.mean / 1e6
        let median = outcome.sojourn.value(atPercentile: 50).inSeconds * 1e3
        let deviation = outcome.sojourn.standardDeviation / 1e6
        #expect(abs(mean - 31.25) < 0.25, "seed \(seed)")
        #expect(abs(median - 24.67) < 5, "seed \(seed)")
        #expect(deviation > 21 && deviation < 36, "seed \(seed): \(deviation)")
    }

    /// 99 % of requests take half the mean, 1 % fifty times the mean. The expected efficiencies
    /// come from an independent simulation that counted throughput against the nominal mean.
    @Test(
        "mixed service times separate the disciplines",
        arguments: [
            (2, 16, .shared, 0.985), (2, 16, .leastLoaded, 0.977), (2, 16, .twoChoices, 0.855),
            (2, 16, .roundRobin, 0.730), (2, 16, .hashPerRequest, 0.721),
            (64, 256, .shared, 0.997), (64, 256, .leastLoaded, 0.989),
            (64, 256, .twoChoices, 0.675), (64, 256, .roundRobin, 0.422),
            (64, 256, .hashPerRequest, 0.407),
        ] as [(Int, Int, QueueSimulator.Discipline, Double)])
    func mixed(
        workers: Int, clients: Int, discipline: QueueSimulator.Discipline, expected: Double
    ) {
        let service = ServiceTime.bimodal(
            fast: .microseconds(500), slow: .microseconds(50_500), slowShare: 0.01)
        #expect(service.mean == 1e6)
        let outcome = run(
            workers: workers, clients: clients, service, discipline, requests: 20_000)
        #expect(abs(outcome.efficiency - expected) < 0.05, "\(outcome.efficiency)")
    }

    /// A closed network of two equal exponential servers with random routing has all N + 1 states
    /// equally likely (W. J. Gordon and G. F. Newell, Operations Research 15, 1967): each is idle
    /// in one of N + 1.
    @Test("random routing of exponential work agrees with queueing theory", arguments: [1, 4, 16])
    func gordonNewell(clients: Int) {
        let outcome = run(
            workers: 2, clients: clients, .exponential(mean: .milliseconds(1)), .hashPerRequest,
            requests: 30_000)
        let expected = Double(clients) / Double(clients + 1)
        #expect(abs(outcome.efficiency / expected - 1) < 0.02)
        // Little's law: clients = throughput * mean sojourn.
        let little = outcome.throughput.raw * outcome.sojourn.mean / 1e9
        #expect(abs(little / Double(clients) - 1) < 0.01)
    }

    @Test("a client alone waits for nobody", arguments: QueueSimulator.Discipline.allCases)
    func alone(discipline: QueueSimulator.Discipline) {
        let outcome = run(
            workers: 3, clients: 1, .deterministic(.milliseconds(2)), discipline, requests: 300)
        #expect(outcome.sojourn.min == .milliseconds(2))
        #expect(outcome.sojourn.max == .milliseconds(2))
        #expect(outcome.throughput.raw == 500)
        #expect(abs(outcome.efficiency - 1.0 / 3) < 1e-9)
        #expect(outcome.served.reduce(0, +) == 300)
    }

    @Test("round robin and fixed homes serve whom they should")
    func served() {
        let service = ServiceTime.deterministic(.milliseconds(1))
        let turns = run(workers: 4, clients: 8, service, .roundRobin, requests: 4_000)
        #expect(turns.served == [1_000, 1_000, 1_000, 1_000])
        // Two clients on 64 workers almost surely live apart; the rest of the workers never work.
        let homes = run(workers: 64, clients: 2, service, .hashPerClient, requests: 1_000)
        #expect(homes.served.count { $0 > 0 } <= 2)
    }

    @Test("the same seed gives the same run, another seed another")
    func seeded() {
        let service = ServiceTime.exponential(mean: .milliseconds(1))
        let first = run(workers: 4, clients: 20, service, .twoChoices, requests: 2_000, seed: 9)
        let second = run(workers: 4, clients: 20, service, .twoChoices, requests: 2_000, seed: 9)
        let other = run(workers: 4, clients: 20, service, .twoChoices, requests: 2_000, seed: 10)
        #expect(first.sojourn.buckets == second.sojourn.buckets)
        #expect(first.throughput == second.throughput)
        #expect(first.sojourn.buckets != other.sojourn.buckets)
    }

    /// E[max/mean] of an independent simulation.
    @Test(
        "how unevenly a hash spreads connections",
        arguments: [
            (2, 2, 1.50), (8, 2, 1.27), (64, 2, 1.10), (1_000, 2, 1.03), (64, 64, 3.95),
            (256, 64, 2.34), (1_024, 64, 1.63), (10_000, 64, 1.19),
        ])
    func imbalance(connections: Int, workers: Int, expected: Double) {
        let found = HashImbalance.expectedMaxOverMean(
            connections: connections, workers: workers,
            trials: connections > 500 ? 40 : 500, seed: 6)
        #expect(abs(found / expected - 1) < 0.04)
    }
}
