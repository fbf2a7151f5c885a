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
        codes = tally.codes.answers
        latency = LatencySummary(tally.response)
        histogram = HistogramCodec.encodeBase64(tally.response)
    }

    /// As a line of a log of a run that began at this time, since 1970-01-01 UTC; nil without a
    /// sample.
    func entry(tag: String, began: Nanoseconds) -> IntervalLog.Entry? {
        if latency.samples == 0 { return nil }
        return IntervalLog.Entry(
            tag: tag, start: began + start, length: length, max: latency.max, histogram: histogram)
    }

    var isEmpty: Bool { requests == 0 && failed == 0 && latency.samples == 0 }

    /// Successes a second; 0 where it had no time.
    var rate: Double { length > .zero ? Double(requests) / length.inSeconds : 0 }
}
