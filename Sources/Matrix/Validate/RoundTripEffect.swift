import Basis
import Report

/// How many round trips pass from the beginning of a connection to the first byte of its answer:
/// one for the handshake of TCP, two or one for that of TLS, one for the request. A ticket saves
/// one of TLS 1.2, early data saves that of 1.3, and Fast Open that of TCP.
///
/// Measured is the slope between two round-trip times, so that what the machine adds cancels out.
enum RoundTripEffect: Effect {
    static let name = "round-trips"
    static let source = "RFC 9293, RFC 7413 (TCP), RFC 5246 (TLS 1.2), RFC 8446 (TLS 1.3)"

    static let picture: EffectPicture? = EffectPicture(
        shape: .curve, x: "round-trip time of the link, ms", y: "median latency, ms")

    static let rows = [
        row("plain", "TCP", 2),
        row("plain-fastopen", "TCP with Fast Open", 1) { $0.churn.opensFast = true },
        row("tls1.2", "TLS 1.2", 4) { $0.tls = .v12 },
        row("tls1.2-resumed", "TLS 1.2, resumed", 3) {
            $0.tls = .v12
            $0.handshake = .resumed
        },
        row("tls1.3", "TLS 1.3", 3) { $0.tls = .v13 },
        row("tls1.3-resumed", "TLS 1.3, resumed", 3) {
            $0.tls = .v13
            $0.handshake = .resumed
        },
        row("tls1.3-fastopen", "TLS 1.3 with Fast Open", 2) {
            $0.tls = .v13
            $0.churn.opensFast = true
        },
        row("tls1.3-early", "TLS 1.3 with early data", 2) {
            $0.tls = .v13
            $0.handshake = .early
        },
        row("tls1.3-early-fastopen", "TLS 1.3 with early data and Fast Open", 1) {
            $0.tls = .v13
            $0.handshake = .early
            $0.churn.opensFast = true
        },
    ]

    private static let near = Nanoseconds.milliseconds(10)
    private static let far = Nanoseconds.milliseconds(50)
    private static let tolerance = 0.15

    private static func row(
        _ name: String, _ setting: String, _ count: Int,
        _ change: @escaping @Sendable (inout Cell) -> Void = { _ in }
    ) -> EffectRow {
        let predicted = Prediction(
            atLeast: Double(count) - tolerance, atMost: Double(count) + tolerance, unit: "RTT")
        return EffectRow(
            name: name, setting: "\(setting), a request on each connection",
            published: "\(count) RTT", publishedFigure: Double(count), predicted: predicted
        ) { (bench) throws(LaunchFailure) in
            if let reason = bench.linkProhibition() { return .lacks(reason) }
            var cell = Cell(pattern: "single", threads: 1, connections: 64)
            cell.churn.requests = 1
            cell.churn.rate = PerSecond(raw: 50)
            cell.churn.close = .reset
            cell.arrival = .constant(PerSecond(raw: 50))
            change(&cell)
            // The warm-up brings the cookies and the tickets of what is resumed.
            let settings = Settings(warmup: .seconds(1), duration: .milliseconds(1_500))
            var medians: [Double] = []
            var points = [Nanoseconds.zero, far].map {
                let time = $0.inSeconds * 1e3
                return EffectPoint(kind: .predicted, x: time, y: Double(count) * time)
            }
            for roundTrip in [near, far] {
                cell.link.roundTrip = roundTrip
                guard let median = try bench.median(of: cell, settings) else {
                    return .lacks("time for a median")
                }
                medians.append(median)
                points.append(
                    EffectPoint(kind: .measured, x: roundTrip.inSeconds * 1e3, y: median))
            }
            return .value((medians[1] - medians[0]) / ((far - near).inSeconds * 1e3), points)
        }
    }
}
