import Basis
import Report

/// How many threads a connection wakes. Who was woken for nothing shows in the switches of
/// contexts, hardly in the events: the kernel looks again before it lets a thread go.
enum HerdEffect: Effect {
    static let name = "herd"
    static let source =
        "accept(2) and epoll(7); J. Baron, epoll: add EPOLLEXCLUSIVE (df0108c5, 2016)"

    private static let threads = 16

    static let rows = [
        row(
            "all", "acceptors:herd", "as many as threads",
            Prediction(atLeast: 12, atMost: 24, unit: "switches"), figure: 16),
        row(
            "exclusive", "acceptors:exclusive", "one",
            Prediction(atLeast: nil, atMost: 4, unit: "switches"), figure: 1),
        row(
            "shared-level", "acceptors:shared-level", "two of the threads that accept",
            Prediction(atLeast: 1.3, atMost: 3, unit: "switches"), figure: 2),
        row(
            "shared-edge", "acceptors:shared-edge", "one of the threads that accept",
            Prediction(atLeast: 0.8, atMost: 1.3, unit: "switches"), figure: 1),
    ]

    private static func row(
        _ name: String, _ pattern: String, _ published: String, _ predicted: Prediction,
        figure: Double
    ) -> EffectRow {
        EffectRow(
            name: name,
            setting: "\(pattern), \(threads) threads; 500 connections a second, of one request",
            published: published, publishedFigure: figure, predicted: predicted
        ) { (bench) throws(LaunchFailure) in
            let record = try bench.comeOneByOne(to: pattern, threads: threads)
            let acceptors = record.workers.filter { $0.role == "acceptor" }
            let accepting = acceptors.isEmpty ? record.workers : acceptors
            // One request on each connection, and both counts are of the time between readings.
            let connections = record.workers.reduce(0) { $0 + $1.requests }
            guard connections > 0 else { throw LaunchFailure("no request was answered") }
            let switches = accepting.reduce(0) { $0 + $1.voluntarySwitches }
            return .value(Double(switches) / Double(connections))
        }
    }
}
