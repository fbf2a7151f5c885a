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

    private static let threads = 2
    private static let clients = 16
    private static let short = Nanoseconds.milliseconds(2)
    private static let long = Nanoseconds.milliseconds(202)
    private static let longShare = 0.01

    static let rows = [
        row("shared", "balanced:shared", launches: 1, loss(.shared)),
        row("stealing", "work-stealing", launches: 1, loss(.shared)),
        row("round-robin", "balanced:per-worker", launches: 2, near(.roundRobin)),
        // By a hash of each request, so with a connection for each: a loop whose connections stay
        // has always some that ask it.
        row("hash", "sharded:hash", launches: 3, reconnects: true, near(.hashPerRequest)),
    ]

    /// The share of the threads' time that is spent on requests.
    private static func simulated(_ discipline: QueueSimulator.Discipline) -> Double {
        let shares = (1...8).map { seed in
            QueueSimulator(
                workers: threads, clients: clients,
                service: .bimodal(fast: short, slow: long, slowShare: longShare),
                discipline: discipline
            ).run(requests: 20_000, warmup: 2_000, seed: UInt64(seed)).efficiency
        }
        return shares.reduce(0, +) / Double(shares.count)
    }

    /// What nothing but the hand-over may take of it.
    private static func loss(_ discipline: QueueSimulator.Discipline) -> Prediction {
        Prediction(
            atLeast: 0.95 * simulated(discipline), atMost: 1.03, unit: "of the threads' time")
    }

    private static func near(_ discipline: QueueSimulator.Discipline) -> Prediction {
        let value = simulated(discipline)
        return Prediction(
            atLeast: 0.8 * value, atMost: min(0.95, 1.2 * value), unit: "of the threads' time")
    }

    private static func row(
        _ name: String, _ pattern: String, launches: Int, reconnects: Bool = false,
        _ predicted: Prediction
    ) -> EffectRow {
        EffectRow(
            name: name,
            setting: "\(pattern)\(reconnects ? ", a connection each time" : ""), \(threads) threads"
                + " that sleep \(short.display) a request, and"
                + " \(long.display) for one in a hundred; \(clients) clients, mean of \(launches)",
            published: "none published", predicted: predicted
        ) { (bench) throws(LaunchFailure) in
            var sum = 0.0
            for _ in 0..<launches { sum += try busyShare(pattern, reconnects, bench) }
            return .value(sum / Double(launches))
        }
    }

    private static func busyShare(
        _ pattern: String, _ reconnects: Bool, _ bench: EffectBench
    ) throws(LaunchFailure) -> Double {
        var cell = Cell(pattern: pattern, threads: threads, connections: clients)
        cell.mix = .blocking([(short, 1 - longShare), (long, longShare)])
        if reconnects {
            cell.churn.requests = 1
            // No port waits for its reuse.
            cell.churn.close = .reset
        }
        let settings = Settings(warmup: .milliseconds(500), duration: .seconds(8))
        let report = try bench.report(try bench.launch(cell, settings))
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
