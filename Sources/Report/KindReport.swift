package import Basis
package import Measure

/// What a run found of one kind of a mix.
package struct KindReport: Equatable, Sendable {
    package var name: String
    package var weight: Double
    /// Successful requests.
    package var requests: Int64 = 0
    /// Those that were answered with a status of 400 or more, lost, or out of time. A request that
    /// never found a connection is of no kind.
    package var failed: Int64 = 0
    /// As that of the report, of this kind alone.
    package var latency = LatencySummary()
    package var latencyHistogram: String

    package init(name: String, weight: Double) {
        self.name = name
        self.weight = weight
        latencyHistogram = HistogramCodec.encodeBase64(Histogram())
    }

    package var json: JSONValue {
        [
            "name": .string(name), "weight": .number(weight), "requests": .integer(requests),
            "failed": .integer(failed), "latency_us": latency.json,
            "latency_histogram": .string(latencyHistogram),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        self.init(name: try fields.text("name"), weight: try fields.number("weight"))
        requests = try fields.integer("requests")
        failed = try fields.integer("failed")
        latency = try LatencySummary(try fields.fields("latency_us"))
        latencyHistogram = try fields.text("latency_histogram")
    }
}
