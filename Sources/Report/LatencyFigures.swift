package import Basis
package import Measure

/// The figures of one latency distribution, as reports carry them.
///
/// In JSON every span is in microseconds with up to three decimals, so whole nanoseconds survive; a
/// figure that too few samples stand behind is null.
package struct LatencyFigures: Equatable, Sendable {
    /// How many samples were recorded; with none the other figures are zero.
    package var samples: Int64
    package var min: Nanoseconds
    package var max: Nanoseconds
    /// In nanoseconds.
    package var mean: Double
    /// In nanoseconds, dividing by n.
    package var standardDeviation: Double
    package var p50: Nanoseconds?
    package var p75: Nanoseconds?
    package var p90: Nanoseconds?
    package var p95: Nanoseconds?
    package var p99: Nanoseconds?
    /// The 99.9th percentile.
    package var p999: Nanoseconds?
    /// The 99.99th percentile.
    package var p9999: Nanoseconds?

    package init(_ summary: LatencySummary) {
        samples = Int64(clamping: summary.samples)
        min = summary.min
        max = summary.max
        mean = summary.mean
        standardDeviation = summary.standardDeviation
        p50 = summary.p50
        p75 = summary.p75
        p90 = summary.p90
        p95 = summary.p95
        p99 = summary.p99
        p999 = summary.p999
        p9999 = summary.p9999
    }

    package init(_ histogram: borrowing Histogram) {
        self.init(LatencySummary(histogram))
    }

    package init(_ fields: RecordFields) throws(RecordRefusal) {
        samples = Int64(try fields.count("samples"))
        if samples > 0 {
            min = try fields.microseconds("min")
            max = try fields.microseconds("max")
            mean = try fields.number("mean") * 1e3
            standardDeviation = try fields.number("stddev") * 1e3
        } else {
            (min, max, mean, standardDeviation) = (.zero, .zero, 0, 0)
        }
        p50 = try fields.optionalMicroseconds("p50")
        p75 = try fields.optionalMicroseconds("p75")
        p90 = try fields.optionalMicroseconds("p90")
        p95 = try fields.optionalMicroseconds("p95")
        p99 = try fields.optionalMicroseconds("p99")
        p999 = try fields.optionalMicroseconds("p99_9")
        p9999 = try fields.optionalMicroseconds("p99_99")
    }

    package var json: JSONValue {
        let some = samples > 0
        return [
            "min": some ? .microseconds(min) : nil, "mean": some ? .number(mean / 1e3) : nil,
            "stddev": some ? .number(standardDeviation / 1e3) : nil, "p50": .microseconds(p50),
            "p75": .microseconds(p75), "p90": .microseconds(p90), "p95": .microseconds(p95),
            "p99": .microseconds(p99), "p99_9": .microseconds(p999),
            "p99_99": .microseconds(p9999), "max": some ? .microseconds(max) : nil,
            "samples": .integer(samples),
        ]
    }
}
