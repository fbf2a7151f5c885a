import Basis
import Report

/// What resuming saves a server: of TLS 1.2 the signature and the exchange of keys, of 1.3 the
/// signature alone, for keys are agreed on afresh.
///
/// Measured is CPU time of the server for a connection with one request, resumed over full.
enum HandshakeEffect: Effect {
    static let name = "handshake"
    static let source = "RFC 5077, RFC 8446 §2.2"

    static let picture: EffectPicture? = EffectPicture(
        shape: .rounds, x: "round", y: "resumed over full")

    static let rows = [
        row("resumed-1.2", .v12, "neither signature nor keys", 0.75),
        row("resumed-1.3", .v13, "no signature", 0.97),
    ]

    /// Ratios that the median is of.
    private static let rounds = 3

    private static func row(
        _ name: String, _ version: Cell.TLS, _ published: String, _ limit: Double
    ) -> EffectRow {
        EffectRow(
            name: name, setting: "TLS \(version.rawValue), server CPU, resumed over full",
            published: published, predicted: Prediction(atLeast: nil, atMost: limit, unit: "x")
        ) { (bench) throws(LaunchFailure) in
            var cell = Cell(pattern: "single", threads: 1, connections: 16)
            cell.tls = version
            cell.churn.requests = 1
            cell.churn.close = .reset
            let settings = Settings(warmup: .milliseconds(500), duration: .seconds(1))
            var resumed = cell
            resumed.handshake = .resumed
            return try bench.costRatio(of: (cell, resumed), rounds: rounds, settings)
        }
    }
}
