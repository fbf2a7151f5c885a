import Basis
import Measure

extension Metric {
    static let rps = Metric("rps", "1/s", 1, "successful requests a second") {
        $0.load?.achievedRate
    }
    static let p50 = latency(
        "p50_ns", "median latency: round trip in a closed loop, response time in an open one"
    ) { $0.p50 }
    static let p90 = latency("p90_ns", "90th percentile of latency") { $0.p90 }
    static let p99 = latency("p99_ns", "99th percentile of latency") { $0.p99 }
    static let p999 = latency("p999_ns", "99.9th percentile of latency") { $0.p999 }
    static let p9999 = latency("p9999_ns", "99.99th percentile of latency") { $0.p9999 }
    static let max = latency("max_ns", "longest latency") { $0.samples > 0 ? $0.max : nil }

    /// CPU time of the server for a request in nanoseconds; nil behind a link.
    package static let serverCPU = cpuPerRequest(
        "srv_cpu_ns_per_req", "CPU time of all threads and processes of the server for a request"
    ) { $0.cpu }
    static let serverSyscalls = perRequest(
        "srv_syscalls_per_req", "1", 4, "system calls of the server for a request"
    ) { $0.syscalls.map(Double.init) }
    static let serverVoluntary = perRequest(
        "srv_ctxsw_vol_per_req", "1", 4,
        "voluntary context switches of the server for a request: it went to sleep"
    ) { Double($0.voluntarySwitches) }
    static let generatorCPU = Metric(
        "gen_cpu_ns_per_req", "ns", 1, "CPU time of the generator for a request\(notThroughALink)"
    ) { record in
        guard record.cell.link.isLoopback else { return nil }
        return record.load.flatMap { $0.requests > 0 ? $0.cpu.perRequest : nil }
    }
    static let rateRatio = Metric(
        "rate_ratio", "1", 6, "rps over rate_target; empty in a closed loop"
    ) { $0.load?.rateRatio }

    /// The times of answers that come in parts.
    static let parts: [Metric] = [
        span(
            "first_part_p50_ns",
            "median time from the intended start to the first part; empty without parts"
        ) { $0.firstPart.p50 },
        span("first_part_p99_ns", "99th percentile of the same") { $0.firstPart.p99 },
        span(
            "part_gap_p50_ns", "median time from one part to the next one; empty without parts"
        ) { $0.partGap.p50 },
        span("part_gap_p99_ns", "99th percentile of the same") { $0.partGap.p99 },
    ]

    /// How parts and events came that say when they were due.
    static let events: [Metric] = [
        span(
            "event_delay_p50_ns",
            "median time from when a part was due until it came; empty where parts don't say it"
        ) { $0.eventDelay.p50 },
        span("event_delay_p99_ns", "99th percentile of the same") { $0.eventDelay.p99 },
        Metric(
            "bursts", "1", 0, "answers whose events came in one burst; empty without such answers"
        ) { record in
            let cell = record.cell
            guard cell.language == .sse, cell.arrival != .subscribe else { return nil }
            return record.load.map { Double($0.bursts) }
        },
        Metric(
            "missed_events", "1", 0, "events that subscribers were not brought; empty without any"
        ) { record in
            guard record.cell.arrival == .subscribe else { return nil }
            return record.load.map { Double($0.missedEvents) }
        },
    ]

    /// The figures that `history.csv` keeps, in its order.
    package static let kept: [Metric] = [
        rps, p50, p90, p99, p999, max, serverCPU, serverSyscalls, serverVoluntary, generatorCPU,
        rateRatio,
    ]

    /// What a search for capacity has found.
    static let capacity: [Metric] = [
        Metric(
            "capacity_rps", "1/s", 1,
            "highest rate that met the rules of a search, confirmed; empty where none was found"
        ) { $0.load?.search?.finding.capacity },
        Metric(
            "capacity_above_rps", "1/s", 1,
            "lowest rate that did not: the capacity lies between; empty where none was found"
        ) { record in
            guard let finding = record.load?.search?.finding, finding.capacity != nil else {
                return nil
            }
            return finding.high
        },
    ]

    /// The figures that `cells.csv` summarises in its middle and at its end, in its order.
    static let summarisedFirst: [Metric] = kept + parts + events
    package static let summarised: [Metric] = summarisedFirst + capacity

    private static func latency(
        _ name: String, _ meaning: String,
        _ figure: @escaping @Sendable (LatencySummary) -> Nanoseconds?
    ) -> Metric {
        span(name, meaning) { figure($0.latency) }
    }

    private static func span(
        _ name: String, _ meaning: String,
        _ figure: @escaping @Sendable (LoadReport) -> Nanoseconds?
    ) -> Metric {
        Metric(name, "ns", 0, meaning) { record in
            record.load.flatMap(figure).map { Double($0.raw) }
        }
    }

    /// Through a link the forwarder does a part of what the kernel does for the programs, on CPUs
    /// that are theirs: a cost that is not theirs alone is none.
    private static let notThroughALink = "; empty through a link"

    /// CPU time of the server divided by the requests of its span.
    static func cpuPerRequest(
        _ name: String, _ meaning: String,
        _ amount: @escaping @Sendable (ServerUsage) -> Nanoseconds
    ) -> Metric {
        let metric = perRequest(name, "ns", 1, meaning + notThroughALink) { Double(amount($0).raw) }
        return Metric(metric.name, metric.unit, metric.decimals, metric.meaning) { record in
            record.cell.link.isLoopback ? metric.value(record) : nil
        }
    }

    /// A reading of the server divided by the requests of its span; nil without requests.
    static func perRequest(
        _ name: String, _ unit: String, _ decimals: Int, _ meaning: String,
        _ amount: @escaping @Sendable (ServerUsage) -> Double?
    ) -> Metric {
        Metric(name, unit, decimals, meaning) { record in
            guard let server = record.server, server.requests > 0, let total = amount(server)
            else { return nil }
            return total / server.requests
        }
    }
}
