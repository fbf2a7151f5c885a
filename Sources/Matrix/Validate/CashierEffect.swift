import Basis
import Measure
import Report

/// One queue for twelve cashiers, or a queue for each: what a shared listener and one for each
/// thread do to the time that clients wait. A cashier sleeps while it serves, so that twelve of
/// them need less than one CPU.
///
/// What is predicted comes of `QueueSimulator`.
enum CashierEffect: Effect {
    static let name = "cashiers"
    static let source =
        "M. Majkowski, Why does one NGINX worker take all the load? (Cloudflare, 2017)"

    static let picture: EffectPicture? = .latencies

    private static let threads = 12
    private static let clients = 200
    private static let serviceMicroseconds = 1_780
    /// A machine that stands still for a moment puts one of them off.
    private static let launches = 3

    static let rows = [
        // The kernel's own scatter is more than that of the queue, which is next to none.
        row(
            "shared", "acceptors:exclusive", .shared, "1.58 of 30.39 ms: 0.05", figure: 0.05,
            atMost(0.15, .shared)),
        row(
            "hash", "sharded:hash", .hashPerRequest, "25.27 of 31.37 ms: 0.81", figure: 0.81,
            near(.hashPerRequest)),
        row(
            "round-robin", "sharded:round-robin", .roundRobin, "none published",
            // Threads that wake late fall behind; by a hash it is more than twice that.
            atMost(0.3, .roundRobin)),
    ]

    private static func atMost(
        _ bound: Double, _ discipline: QueueSimulator.Discipline
    ) -> Prediction {
        Prediction(
            atLeast: nil, atMost: bound, unit: "of the mean", expected: deviation(discipline))
    }

    private static func near(_ discipline: QueueSimulator.Discipline) -> Prediction {
        let value = deviation(discipline)
        // A run of some thousand connections lets a queue that happens to be long stay long.
        return Prediction(
            atLeast: value * 0.65, atMost: value * 2, unit: "of the mean", expected: value)
    }

    /// The deviation of what clients wait, over its mean.
    private static func deviation(_ discipline: QueueSimulator.Discipline) -> Double {
        let outcome = simulated(discipline)
        return outcome.sojourn.standardDeviation / outcome.sojourn.mean
    }

    private static func simulated(
        _ discipline: QueueSimulator.Discipline
    ) -> QueueSimulator.Outcome {
        QueueSimulator(
            workers: threads, clients: clients,
            service: .deterministic(.microseconds(serviceMicroseconds)),
            discipline: discipline
        ).run(requests: 20_000, warmup: 4_000, seed: 1)
    }

    private static func row(
        _ name: String, _ pattern: String, _ discipline: QueueSimulator.Discipline,
        _ published: String, figure: Double? = nil, _ predicted: Prediction
    ) -> EffectRow {
        EffectRow(
            name: name,
            setting: "\(pattern), \(threads) threads that sleep \(serviceMicroseconds) us a"
                + " request; \(clients) clients, a connection each time: deviation of latency,"
                + " median of \(launches)",
            published: published, publishedFigure: figure, predicted: predicted
        ) { (bench) throws(LaunchFailure) in
            var cell = Cell(pattern: pattern, threads: threads, connections: clients)
            cell.path = "/block?us=\(serviceMicroseconds)"
            cell.churn.requests = 1
            // No port waits for its reuse: there would soon be none left.
            cell.churn.close = .reset
            let settings = Settings(warmup: .milliseconds(500), duration: .seconds(3))
            var deviations: [Double] = []
            var all = Histogram()
            for _ in 0..<launches {
                let report = try bench.report(try bench.launch(cell, settings))
                let latencies = try bench.latencies(report.latencyHistogram)
                deviations.append(latencies.standardDeviation / latencies.mean)
                all.add(latencies)
            }
            return .median(
                of: deviations,
                points: .distribution(all, .measured)
                    + .distribution(simulated(discipline).sojourn, .simulated))
        }
    }
}
