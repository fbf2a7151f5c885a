import Basis
import Measure
import Report

/// Nagle's algorithm at the sender of a reply that is written as head and body, and delayed
/// acknowledgements at its receiver: each waits for the other, until the receiver's timer of 40 ms
/// (TCP_DELACK_MIN of Linux) has run out.
enum NagleEffect: Effect {
    static let name = "nagle"
    static let source = "RFC 896, RFC 1122 §4.2.3.2; Linux, tcp(7)"

    /// The timer's shortest time and a tick of the slowest kernel around it.
    private static let stall = Prediction(atLeast: 38, atMost: 60, unit: "ms")
    private static let none = Prediction(atLeast: nil, atMost: 1, unit: "ms")

    static let rows = [
        row("stall", "head, then body; Nagle; delayed ACK", "40 ms", stall) {
            $0.nodelay = .load
            $0.replyShape = .headThenBody
        },
        row("nodelay", "head, then body; TCP_NODELAY", "no stall", none) {
            $0.replyShape = .headThenBody
        },
        row("one-write", "one write; Nagle; delayed ACK", "no stall", none) {
            $0.nodelay = .load
        },
        row("quickack", "head, then body; Nagle; TCP_QUICKACK each receive", "no stall", none) {
            $0.nodelay = .load
            $0.quickack = .load
            $0.replyShape = .headThenBody
        },
    ]

    private static func row(
        _ name: String, _ setting: String, _ published: String, _ predicted: Prediction,
        _ change: @escaping @Sendable (inout Cell) -> Void
    ) -> EffectRow {
        EffectRow(name: name, setting: setting, published: published, predicted: predicted) {
            (bench) throws(LaunchFailure) in
            var cell = Cell(pattern: "single", threads: 1, connections: 1)
            change(&cell)
            // The warm-up takes the first exchange of the connection, which never stalls.
            var settings = Settings()
            settings.warmup = .milliseconds(300)
            settings.duration = .milliseconds(1_500)
            let report = try bench.launch(cell, settings)
            if report.errors.total > 0 {
                throw LaunchFailure("\(report.errors.total) exchanges failed")
            }
            guard let median = report.latency.p50 else {
                return .lacks("time for a median: \(report.latency.samples) exchanges were made")
            }
            return .value(median.inSeconds * 1e3)
        }
    }
}
