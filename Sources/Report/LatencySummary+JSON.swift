package import Basis
package import Measure

/// In JSON every span is in microseconds with up to three decimals, so whole nanoseconds survive; a
/// figure that too few samples stand behind is null.
extension LatencySummary {
    package init(_ fields: RecordFields) throws(RecordRefusal) {
        self.init()
        samples = UInt64(try fields.count("samples"))
        if samples > 0 {
            min = try fields.microseconds("min")
            max = try fields.microseconds("max")
            mean = try fields.number("mean") * 1e3
            standardDeviation = try fields.number("stddev") * 1e3
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
            "samples": .integer(Int64(clamping: samples)),
        ]
    }
}
