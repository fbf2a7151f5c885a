import Basis
import Measure
import Report

/// Requests at random of which a few sleep and hold their thread, in an open loop: how long all
/// take in the mean, where they wait for one thread, for one of several that they were given to,
/// for whichever is free first, or for none.
///
/// What is predicted comes of `OpenQueueSimulator`. For one thread there is a formula, that of
/// Pollaczek and Khinchine: the wait is λ E[S²] / 2 (1 - λ E[S]).
enum OpenMixedEffect: Effect {
    static let name = "open-mixed"
    static let source =
        "F. Pollaczek, Über eine Aufgabe der Wahrscheinlichkeitstheorie (1930); simulation"
    static let picture: EffectPicture? = .latencies

    private static let connections = 256
    private static let long = Nanoseconds.milliseconds(20)
    private static let longShare = 0.05
    private static let seconds = 8

    // The bounds are three deviations of such runs, simulated, and what the programs add.
    static let rows = [
        row(
            "single", "single", threads: 1, rate: 500, simulated(500, 1, .shared), 0.5...1.6,
            published: "Pollaczek-Khinchine: 11 ms", figure: 11),
        row(
            "per-worker", "balanced:per-worker", threads: 4, rate: 2_000,
            simulated(2_000, 4, .roundRobin), 0.7...1.4),
        row(
            "shared", "balanced:shared", threads: 4, rate: 2_000, simulated(2_000, 4, .shared),
            0.65...1.6),
        // So many threads are never busy all at once.
        row(
            "threads", "thread-per-connection", threads: 1, rate: 2_000,
            simulated(2_000, 16, .shared), 0.85...1.6),
    ]

    private static func simulated(
        _ rate: Double, _ workers: Int, _ discipline: OpenQueueSimulator.Discipline
    ) -> Histogram {
        let simulator = OpenQueueSimulator(
            workers: workers, rate: PerSecond(raw: rate),
            service: .bimodal(fast: .zero, slow: long, slowShare: longShare),
            discipline: discipline)
        var sojourn = Histogram()
        for seed in 1...8 {
            sojourn.add(simulator.run(requests: 25_000, warmup: 1_000, seed: UInt64(seed)))
        }
        return sojourn
    }

    private static func row(
        _ name: String, _ pattern: String, threads: Int, rate: Double,
        _ simulated: consuming Histogram, _ bounds: ClosedRange<Double>,
        published: String = "none published", figure: Double? = nil
    ) -> EffectRow {
        let expected = simulated.mean * 1e-6
        let points = [EffectPoint].distribution(simulated, .simulated)
        let predicted = Prediction(
            atLeast: bounds.lowerBound * expected, atMost: bounds.upperBound * expected, unit: "ms",
            expected: expected)
        let crew = threads == 1 ? "" : ", \(threads) threads"
        return EffectRow(
            name: name,
            setting: "\(pattern)\(crew), \(connections) connections, \(Int(rate)) requests/s at"
                + " random, of which 5 % sleep \(long.display): mean latency",
            published: published, publishedFigure: figure, predicted: predicted
        ) { (bench) throws(LaunchFailure) in
            var cell = Cell(pattern: pattern, threads: threads, connections: connections)
            cell.mix = .blocking([(.zero, 1 - longShare), (long, longShare)])
            cell.arrival = .poisson(PerSecond(raw: rate))
            let settings = Settings(warmup: .milliseconds(500), duration: .seconds(seconds))
            let report = try bench.report(try bench.launch(cell, settings))
            let latencies = try bench.latencies(report.latencyHistogram)
            return .value(latencies.mean * 1e-6, .distribution(latencies, .measured) + points)
        }
    }
}
