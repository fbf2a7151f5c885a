import Basis
import Report

/// What the processes of a server used between two readings, for a person.
struct MeasuredUse: Equatable {
    private let usage: ServerUsage
    private let last: AgentReading

    init(from first: AgentReading, to second: AgentReading) {
        usage = ServerUsage(
            from: first.process, to: second.process, idle: first.process,
            span: second.time.since(first.time))
        last = second
    }

    /// CPUs that were busy with the server, in the mean.
    private var cpus: Double {
        usage.span > .zero ? usage.cpu.inSeconds / usage.span.inSeconds : 0
    }

    var json: JSONValue {
        [
            "schema": "switchyard.use/1", "span_ns": .integer(usage.span.raw),
            "cpu_ns": .integer(usage.cpu.raw), "user_ns": .integer(usage.user.raw),
            "system_ns": .integer(usage.system.raw), "cpus": .number(cpus),
            "runq_wait_ns": .integer(usage.runQueueWait.raw),
            "voluntary_switches": .integer(usage.voluntarySwitches),
            "involuntary_switches": .integer(usage.involuntarySwitches),
            "threads": .optional(usage.threads), "rss_peak_bytes": .count(usage.peakResident.raw),
            "stolen_share": .optional(last.stolenShare),
            "foreign_share": .optional(last.foreignShare),
            "busy_share": .optional(last.busyShare),
        ]
    }

    var text: String {
        var table = TextTable([.init("the server used", .left), .init("", .left)])
        func row(_ name: String, _ value: String) { table.append([.init(name), .init(value)]) }
        row("CPU time", "\(usage.cpu.display) in \(usage.span.display)")
        row("CPUs in the mean", fixed(cpus, decimals: 2))
        row("of it in the kernel", usage.system.display)
        row("waits for a CPU", usage.runQueueWait.display)
        row("sleeps", "\(usage.voluntarySwitches)")
        row("pushed off its CPU", "\(usage.involuntarySwitches)")
        if let threads = usage.threads { row("threads", "\(threads)") }
        row("resident memory at most", usage.peakResident.display)
        for (name, share) in [
            ("its CPUs were taken", last.busyShare), ("by other work", last.foreignShare),
            ("withheld by the hypervisor", last.stolenShare),
        ] {
            if let share { row(name, fixed(share * 100, decimals: 1) + "%") }
        }
        return table.text(width: nil, colours: false)
    }
}
