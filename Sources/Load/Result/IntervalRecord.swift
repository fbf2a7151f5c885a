package import Basis
import Measure

/// What the histogram log keeps of one interval.
package struct IntervalRecord: Equatable, Sendable {
    /// Since the load began, warm-up included.
    package let start: Nanoseconds
    package let length: Nanoseconds
    /// The longest sample.
    package let max: Nanoseconds
    /// HdrHistogram V2, compressed, base64.
    package let histogram: String

    init(_ tally: borrowing LoadTally, start: Nanoseconds, length: Nanoseconds) {
        self.start = start
        self.length = length
        max = tally.response.max
        histogram = HistogramCodec.encodeBase64(tally.response)
    }
}
