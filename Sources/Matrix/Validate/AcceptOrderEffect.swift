import Basis
import Measure
import Report

/// Who gets a connection when several idle threads could have it: connections come one at a time,
/// to four threads that have nothing else to do.
enum AcceptOrderEffect: Effect {
    static let name = "accept-order"
    static let source =
        "M. Majkowski, Why does one NGINX worker take all the load? (Cloudflare, 2017);"
        + " nginx 1.21.6"

    static let picture: EffectPicture? = EffectPicture(
        shape: .parts, x: "threads, the busiest first", y: "share of the connections, %")

    private static let even = Prediction(atLeast: 0.95, atMost: nil, unit: "Jain")
    private static let uneven = Prediction(atLeast: nil, atMost: 0.6, unit: "Jain")

    static let rows = [
        row("blocking", "acceptors:blocking", "2 1 0 2 1 0: even", even),
        row("exclusive", "acceptors:exclusive", "0 0 0 0 0 0: one has all", uneven, figure: 0.25),
        row("rotate", "acceptors:rotate", "even again", even),
        row("hash", "sharded:hash", "nearly even", even),
        row(
            "round-robin", "sharded:round-robin", "even",
            Prediction(atLeast: 0.999, atMost: nil, unit: "Jain")),
    ]

    private static func row(
        _ name: String, _ pattern: String, _ published: String, _ predicted: Prediction,
        figure: Double? = nil
    ) -> EffectRow {
        EffectRow(
            name: name, setting: "\(pattern), 4 threads; 500 connections a second, of one request",
            published: published, publishedFigure: figure, predicted: predicted
        ) { (bench) throws(LaunchFailure) in
            let record = try bench.comeOneByOne(to: pattern, threads: 4)
            let shares = record.workers.filter { $0.role == "loop" || $0.role == "acceptor" }
                .map { Double($0.accepted) }
            guard let evenness = Evenness(shares) else {
                throw LaunchFailure("no connection was accepted")
            }
            let accepted = shares.reduce(0, +)
            return .value(
                evenness.jain, .series(shares.sorted(by: >).map { 100 * $0 / accepted }))
        }
    }
}

extension EffectBench {
    /// A launch in which 500 connections a second come one at a time, each with one request.
    func comeOneByOne(
        to pattern: String, threads: Int
    ) throws(LaunchFailure) -> LaunchRecord {
        var cell = Cell(pattern: pattern, threads: threads, connections: 64)
        let rate = PerSecond(raw: 500)
        cell.churn.requests = 1
        cell.churn.rate = rate
        cell.arrival = .constant(rate)
        let settings = Settings(warmup: .milliseconds(200), duration: .milliseconds(1_500))
        let record = try launch(cell, settings)
        _ = try report(record)
        return record
    }
}
