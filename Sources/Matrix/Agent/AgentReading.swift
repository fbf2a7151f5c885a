import Basis
import Report

/// What an agent answers when it is asked to read: what the server's processes have used up to now,
/// and what became of the machine since the reading before.
struct AgentReading: Equatable, Sendable {
    /// By the monotonic clock of the server's machine.
    var time: Instant
    var process: ProcessReading
    /// The share of all CPU time that the hypervisor withheld; nil in the first reading.
    var stolenShare: Double?
    /// The share of the watched CPUs that others took, and the share that was taken at all.
    var foreignShare: Double?
    var busyShare: Double?

    var json: JSONValue {
        [
            "time_ns": .integer(time.raw), "cpu_ns": .integer(process.cpu.raw),
            "user_ns": .integer(process.user.raw), "system_ns": .integer(process.system.raw),
            "runq_wait_ns": .integer(process.runQueueWait.raw),
            "voluntary_switches": .integer(process.voluntarySwitches),
            "involuntary_switches": .integer(process.involuntarySwitches),
            "migrations": .optional(process.migrations),
            "rss_bytes": .integer(process.resident),
            "rss_peak_bytes": .integer(process.peakResident),
            "threads": .integer(process.threads), "stolen_share": .optional(stolenShare),
            "foreign_share": .optional(foreignShare), "busy_share": .optional(busyShare),
        ]
    }

    init(time: Instant, process: ProcessReading) {
        self.time = time
        self.process = process
    }

    init(json: JSONValue) throws(RecordRefusal) {
        let fields = try RecordFields(json)
        func span(_ name: String) throws(RecordRefusal) -> Nanoseconds {
            Nanoseconds(raw: try fields.integer(name))
        }
        time = Instant(raw: try fields.integer("time_ns"))
        process = ProcessReading()
        process.cpu = try span("cpu_ns")
        process.user = try span("user_ns")
        process.system = try span("system_ns")
        process.runQueueWait = try span("runq_wait_ns")
        process.voluntarySwitches = try fields.integer("voluntary_switches")
        process.involuntarySwitches = try fields.integer("involuntary_switches")
        process.migrations = try fields.optionalInteger("migrations")
        process.resident = try fields.integer("rss_bytes")
        process.peakResident = try fields.integer("rss_peak_bytes")
        process.threads = try fields.integer("threads")
        stolenShare = try fields.optionalNumber("stolen_share")
        foreignShare = try fields.optionalNumber("foreign_share")
        busyShare = try fields.optionalNumber("busy_share")
    }
}
