package import Basis
package import Measure
package import Report

/// What is kept of one interval of the measured phase. All of a run add up to it.
package struct IntervalRecord: Equatable, Sendable {
    /// Since the load began, warm-up included.
    package let start: Nanoseconds
    package let length: Nanoseconds
    /// Successes that were told in it, and requests that failed.
    package let requests: UInt64
    package let failed: UInt64
    package let codes: AnswerCodes
    package let latency: LatencySummary
    /// HdrHistogram V2, compressed, base64.
    package let histogram: String

    init(_ tally: borrowing LoadTally, start: Nanoseconds, length: Nanoseconds) {
        self.start = start
        self.length = length
        requests = tally.succeeded
        failed = tally.errors.requests
        codes = AnswerCodes(tally.codes.found.map { ($0.code, Int64(clamping: $0.count)) })
        latency = LatencySummary(tally.response)
        histogram = HistogramCodec.encodeBase64(tally.response)
    }

    /// The longest sample.
    package var max: Nanoseconds { latency.max }

    var isEmpty: Bool { requests == 0 && failed == 0 && latency.samples == 0 }

    /// Successes a second; 0 where it had no time.
    var rate: Double { length > .zero ? Double(requests) / length.inSeconds : 0 }
}
