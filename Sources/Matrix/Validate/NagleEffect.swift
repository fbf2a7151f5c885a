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
        row("stall", "head, then body; Nagle; delayed ACK", "40 ms", stall, figure: 40) {
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
        row(
            "link-nodelay", "head, then body; TCP_NODELAY; RTT 20 ms", "1 RTT", roundTrips(1),
            figure: 20
        ) {
            $0.link.roundTrip = .milliseconds(20)
            $0.replyShape = .headThenBody
        },
        row(
            "link-quickack", "head, then body; Nagle; TCP_QUICKACK; RTT 20 ms", "2 RTT",
            roundTrips(2), figure: 40
        ) {
            $0.link.roundTrip = .milliseconds(20)
            $0.nodelay = .load
            $0.quickack = .load
            $0.replyShape = .headThenBody
        },
        row(
            "link-stall", "head, then body; Nagle; delayed ACK; RTT 20 ms", "2 RTT and 40 ms",
            Prediction(atLeast: 40 + 38, atMost: 44 + 60, unit: "ms"), figure: 80
        ) {
            $0.link.roundTrip = .milliseconds(20)
            $0.nodelay = .load
            $0.replyShape = .headThenBody
        },
    ]

    /// So many of 20 ms, and what a link and two programs add.
    private static func roundTrips(_ count: Double) -> Prediction {
        Prediction(atLeast: count * 20, atMost: count * 20 + 4, unit: "ms")
    }

    private static func row(
        _ name: String, _ setting: String, _ published: String, _ predicted: Prediction,
        figure: Double? = nil, _ change: @escaping @Sendable (inout Cell) -> Void
    ) -> EffectRow {
        EffectRow(
            name: name, setting: setting, published: published, publishedFigure: figure,
            predicted: predicted
        ) { (bench) throws(LaunchFailure) in
            var cell = Cell(pattern: "single", threads: 1, connections: 1)
            change(&cell)
            if !cell.link.isLoopback, let reason = bench.linkProhibition() { return .lacks(reason) }
            // The warm-up takes the first exchange of the connection, which never stalls.
            let settings = Settings(warmup: .milliseconds(300), duration: .milliseconds(1_500))
            guard let median = try bench.median(of: cell, settings) else {
                return .lacks("time for a median")
            }
            return .value(median)
        }
    }
}
