package import Basis

/// What the workers of a server have done since it started: the answer to `snapshot` on the control
/// socket, and the last line on standard output.
package struct ServerReport: Equatable, Sendable {
    /// Whether the server goes on.
    package enum Event: String, Sendable, CaseIterable { case snapshot, stopped }

    package var event: Event
    package var workers: [WorkerReport]
    /// The largest resident set of the server, all its processes summed up.
    package var peakResident: ByteCount
    /// When the counters were read, on the machine's monotonic clock; nil from a server that does
    /// not say.
    package var time: Instant?
    /// CPU time of the process that answers, to the nanosecond; nil from a server that does not
    /// say.
    package var cpu: Nanoseconds?

    package init(json: JSONValue) throws(RecordRefusal) {
        let fields = try RecordFields(json)
        event = try fields.choice("event", of: Event.self)
        workers = []
        for worker in try fields.objects("workers") { workers.append(try WorkerReport(worker)) }
        peakResident = ByteCount(raw: try fields.count("rss_peak_bytes"))
        time = try fields.optionalInteger("monotonic_ns").map { Instant(raw: $0) }
        cpu = try fields.optionalInteger("cpu_ns").map { Nanoseconds(raw: $0) }
    }
}
