import Basis
import Measure
import Report

/// Loops that hang in a handler now and then: a hash gives them connections all the same, which
/// wait for its end; whoever looks at what the loops are doing gives them none.
enum StallEffect: Effect {
    static let name = "stall"
    static let source = "Hermes (SIGCOMM 2025): daily hangs of workers fell by 99.8 %"

    static let picture: EffectPicture? = .latencies

    private static let threads = 4
    private static let time = Nanoseconds.milliseconds(200)
    /// Of four loops 0.4 hang in the mean, so that a tenth of all come to one that does.
    private static let share = 0.005
    private static let rate = 400.0

    static let rows = [
        row("hash", "sharded:hash", Prediction(atLeast: 40, atMost: nil, unit: "ms")),
        row("load", "sharded:load", Prediction(atLeast: nil, atMost: 20, unit: "ms")),
    ]

    private static func row(
        _ name: String, _ pattern: String, _ predicted: Prediction
    ) -> EffectRow {
        EffectRow(
            name: name,
            setting: "\(pattern), \(threads) threads; 400 connections/s of one request, of which"
                + " 0.5 % sleep \(time.display): 95th percentile of the others",
            published: "nobody waits for a loop that hangs", predicted: predicted
        ) { (bench) throws(LaunchFailure) in
            var cell = Cell(pattern: pattern, threads: threads, connections: 256)
            cell.mix = .blocking([(.zero, 1 - share), (time, share)])
            cell.churn.requests = 1
            cell.churn.rate = PerSecond(raw: rate)
            cell.arrival = .poisson(PerSecond(raw: rate))
            let settings = Settings(warmup: .milliseconds(300), duration: .seconds(6))
            let report = try bench.report(try bench.launch(cell, settings))
            let latencies = try bench.latencies(report.kinds.first?.latencyHistogram ?? "")
            return .value(
                latencies.value(atPercentile: 95).inSeconds * 1e3,
                .distribution(latencies, .measured))
        }
    }
}
