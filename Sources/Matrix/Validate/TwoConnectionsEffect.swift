import Basis
import Report

/// Two connections on two loops: where a hash chooses, both come to the same one in half of all
/// launches, which then have half of the rate, and no single launch tells of the other half.
enum TwoConnectionsEffect: Effect {
    static let name = "two-connections"
    static let source = "Envoy issue 33707 (2024): two connections on three workers"

    static let picture: EffectPicture? = EffectPicture(
        shape: .launches, x: "launch", y: "rate, of that of both loops")

    private static let serviceMicroseconds = 5_000
    /// Of both loops together, in requests a second.
    private static let fullRate = 2 * 1e6 / Double(serviceMicroseconds)

    static let rows = [
        // Of 20 launches of a fair coin fewer than 4 or more than 16 fall alike in 0.3 % of cases.
        row(
            "hash", "sharded:hash", launches: 20, "30 % of runs have 6k instead of 10k/s",
            Prediction(atLeast: 0.2, atMost: 0.8, unit: "of launches"), figure: 0.3),
        row(
            "round-robin", "sharded:round-robin", launches: 6, "none published",
            Prediction(atLeast: nil, atMost: 0, unit: "of launches")),
        row(
            "balanced", "balanced:shared", launches: 6, "none published",
            Prediction(atLeast: nil, atMost: 0, unit: "of launches")),
    ]

    private static func row(
        _ name: String, _ pattern: String, launches: Int, _ published: String,
        _ predicted: Prediction, figure: Double? = nil
    ) -> EffectRow {
        EffectRow(
            name: name,
            setting: "\(pattern), 2 threads that sleep \(serviceMicroseconds) us a request;"
                + " 2 connections, \(launches) launches: those with half of the rate",
            published: published, publishedFigure: figure, predicted: predicted
        ) { (bench) throws(LaunchFailure) in
            var cell = Cell(pattern: pattern, threads: 2, connections: 2)
            cell.path = "/block?us=\(serviceMicroseconds)"
            let settings = Settings(warmup: .milliseconds(100), duration: .milliseconds(300))
            var rates: [Double] = []
            for _ in 0..<launches {
                let report = try bench.report(try bench.launch(cell, settings))
                guard report.achievedRate > 0 else { throw LaunchFailure("nothing was answered") }
                rates.append(report.achievedRate / fullRate)
            }
            let halves = rates.count { $0 < 0.75 }
            return .value(Double(halves) / Double(launches), .series(rates))
        }
    }
}
