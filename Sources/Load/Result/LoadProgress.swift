package import Basis
import Measure

/// One second of a run, for the eye.
package struct LoadProgress: Equatable, Sendable {
    /// Since the load began.
    package let elapsed: Nanoseconds
    package let isWarmUp: Bool
    /// How much of the whole run is done, 0...1; nil where its end is a number of requests.
    package let share: Double?
    /// Successful requests a second of this interval.
    package let rate: Double
    package let p50: Nanoseconds?
    package let p99: Nanoseconds?
    /// In this interval.
    package let failed: UInt64

    init(_ tally: borrowing LoadTally, plan: LoadPlan, elapsed: Nanoseconds, length: Nanoseconds) {
        self.elapsed = elapsed
        isWarmUp = tally.succeeded == 0 && tally.warmUpAnswers > 0
        let whole = (plan.warmUp + plan.duration).inSeconds
        share = plan.requests == nil ? min(1, elapsed.inSeconds / whole) : nil
        rate =
            length <= .zero ? 0 : Double(tally.succeeded + tally.warmUpAnswers) / length.inSeconds
        let summary = LatencySummary(tally.response)
        p50 = summary.p50
        p99 = summary.p99
        failed = tally.errors.requests
    }

    /// One line without its end, such as `  3s  30%  51.2k/s  p50 1.21ms  p99 3.40ms`.
    package var line: String {
        var line = "\(Int(elapsed.inSeconds.rounded()))s"
        if let share { line += " \(Int((share * 100).rounded()))%" }
        line += "  \(decimalDisplay(rate.rounded()))/s"
        if let p50 { line += "  p50 \(p50.display)" }
        if let p99 { line += "  p99 \(p99.display)" }
        if failed > 0 { line += "  \(failed) failed" }
        return isWarmUp ? line + "  (warming up)" : line
    }

    /// The line as far as a terminal of so many columns shows it without going on to the next line.
    package func line(columns: Int?) -> String {
        columns.map { String(line.prefix(max(1, $0 - 1))) } ?? line
    }
}
