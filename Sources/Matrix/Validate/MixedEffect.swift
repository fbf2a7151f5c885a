import Basis
import Measure
import Report

/// Short requests and a few long ones, that sleep while they hold their thread: where each thread
/// has a queue, some wait behind a long request while another thread has nothing to do, however
/// even the numbers are. One queue for all, or threads that take from others, lose nothing.
///
/// What is predicted comes of `QueueSimulator`.
enum MixedEffect: Effect {
    static let name = "mixed"
    static let source = "simulation; R. Prekas et al., ZygOS (SOSP 2017)"

    static let picture: EffectPicture? = .latencies

    private static let threads = 2
    private static let clients = 16
    // Long enough that to wake from a sleep is little.
    private static let short = Nanoseconds.milliseconds(4)
    private static let long = Nanoseconds.milliseconds(204)
    private static let longShare = 0.01

    private static let oneQueue = Simulation(.shared)

    static let rows = [
        row("shared", "balanced:shared", launches: 1, oneQueue, loss),
        row("stealing", "work-stealing", launches: 1, oneQueue, loss),
        row("round-robin", "balanced:per-worker", launches: 2, Simulation(.roundRobin), near),
        // By a hash of each request, so with a connection for each: a loop whose connections stay
        // has always some that ask it.
        row(
            "hash", "sharded:hash", launches: 3, reconnects: true, Simulation(.hashPerRequest),
            near),
    ]

    /// The share of the threads' time that is spent on requests, and what the requests take.
    private struct Simulation: Sendable {
        let share: Double
        let points: [EffectPoint]

        init(_ discipline: QueueSimulator.Discipline) {
            var sojourn = Histogram()
            var sum = 0.0
            let seeds = 8
            for seed in 1...seeds {
                let outcome = QueueSimulator(
                    workers: threads, clients: clients,
                    service: .bimodal(fast: short, slow: long, slowShare: longShare),
                    discipline: discipline
                ).run(requests: 20_000, warmup: 2_000, seed: UInt64(seed))
                sum += outcome.efficiency
                sojourn.add(outcome.sojourn)
            }
            share = sum / Double(seeds)
            points = .distribution(sojourn, .simulated)
        }
    }

    /// What nothing but the hand-over may take of it.
    private static func loss(_ share: Double) -> Prediction {
        Prediction(
            atLeast: 0.97 * share, atMost: 1.03, unit: "of the threads' time", expected: share)
    }

    private static func near(_ share: Double) -> Prediction {
        Prediction(
            atLeast: 0.8 * share, atMost: min(0.95, 1.2 * share), unit: "of the threads' time",
            expected: share)
    }

    private static func row(
        _ name: String, _ pattern: String, launches: Int, reconnects: Bool = false,
        _ simulation: Simulation, _ predicted: (Double) -> Prediction
    ) -> EffectRow {
        EffectRow(
            name: name,
            setting: "\(pattern)\(reconnects ? ", a connection each time" : ""), \(threads) threads"
                + " that sleep \(short.display) a request, and"
                + " \(long.display) for one in a hundred; \(clients) clients, mean of \(launches)",
            published: "none published", predicted: predicted(simulation.share)
        ) { (bench) throws(LaunchFailure) in
            var sum = 0.0
            var latencies = Histogram()
            for _ in 0..<launches {
                let report = try report(pattern, reconnects, bench)
                sum += try busyShare(report)
                latencies.add(try bench.latencies(report.latencyHistogram))
            }
            return .value(
                sum / Double(launches),
                .distribution(latencies, .measured) + simulation.points)
        }
    }

    private static let settings = Settings(warmup: .milliseconds(500), duration: .seconds(12))

    private static func report(
        _ pattern: String, _ reconnects: Bool, _ bench: EffectBench
    ) throws(LaunchFailure) -> LoadReport {
        var cell = Cell(pattern: pattern, threads: threads, connections: clients)
        cell.mix = .blocking([(short, 1 - longShare), (long, longShare)])
        if reconnects {
            cell.churn.requests = 1
            // No port waits for its reuse.
            cell.churn.close = .reset
        }
        return try bench.report(try bench.launch(cell, settings))
    }

    private static func busyShare(_ report: LoadReport) throws(LaunchFailure) -> Double {
        let times = [short, long]
        guard report.kinds.count == times.count else { throw LaunchFailure("kinds are missing") }
        let busy = zip(report.kinds, times).reduce(0) { sum, kind in
            sum + Double(kind.0.requests) * kind.1.inSeconds
        }
        return busy / (Double(threads) * settings.duration.inSeconds)
    }
}

extension RequestMix {
    /// Requests that sleep, each so long and with such a share of all.
    static func blocking(_ kinds: [(time: Nanoseconds, share: Double)]) -> RequestMix {
        RequestMix(
            name: "blocking",
            kinds: kinds.map { kind in
                Kind(
                    name: "sleeps-\(kind.time.display)", weight: kind.share,
                    path: kind.time == .zero
                        ? "/plaintext" : "/block?us=\(kind.time.raw / 1_000)")
            })
    }
}
