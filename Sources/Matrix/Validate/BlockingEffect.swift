import Basis
import Measure
import Report

/// One request in a hundred sleeps for 20 ms: whoever shares its thread waits for it. Where such
/// requests go to threads of their own, or each connection has one, nobody else does.
enum BlockingEffect: Effect {
    static let name = "blocking"
    static let source =
        "V. Bartenev, Thread Pools in NGINX Boost Performance 9x! (2015): 8 against 250 requests/s"

    static let picture: EffectPicture? = .latencies

    private static let time = Nanoseconds.milliseconds(20)
    private static let share = 0.01
    private static let rate = 1_000.0

    static let rows = [
        // A fifth of the time a request sleeps in the one loop: a tenth of all come while so much
        // is left of it, or behind several.
        row(
            "loop", "single", threads: 1, "few requests a second",
            Prediction(atLeast: 5, atMost: nil, unit: "ms")),
        row(
            "offload", "offload", threads: 8, "thirty times as many",
            Prediction(atLeast: nil, atMost: 2, unit: "ms")),
        row(
            "threads", "thread-per-connection", threads: 1, "none published",
            Prediction(atLeast: nil, atMost: 2, unit: "ms")),
    ]

    private static func row(
        _ name: String, _ pattern: String, threads: Int, _ published: String,
        _ predicted: Prediction
    ) -> EffectRow {
        EffectRow(
            name: name,
            setting: "\(pattern), 64 connections, 1,000 requests/s, of which 1 % sleep"
                + " \(time.display): 90th percentile of the others",
            published: published, predicted: predicted
        ) { (bench) throws(LaunchFailure) in
            var cell = Cell(pattern: pattern, threads: threads, connections: 64)
            cell.mix = .blocking([(.zero, 1 - share), (time, share)])
            cell.arrival = .poisson(PerSecond(raw: rate))
            let settings = Settings(warmup: .milliseconds(300), duration: .seconds(3))
            let report = try bench.report(try bench.launch(cell, settings))
            guard let others = report.kinds.first, let p90 = others.latency.p90 else {
                throw LaunchFailure("too few requests were answered")
            }
            let latencies = try bench.latencies(others.latencyHistogram)
            return .value(p90.inSeconds * 1e3, .distribution(latencies, .measured))
        }
    }
}
