import Basis
import Measure

/// A row of `runs.csv`: a launch and the run it belongs to.
package typealias RunRow = (run: RunIdentity, launch: LaunchRecord)

/// The columns of `runs.csv`. The order is frozen; new ones go to the end.
package enum RunColumns {
    package static let schema = "switchyard.runs/1"

    package static let all: [Column<RunRow>] =
        identity + CellParameters.columns({ $0.launch.cell }, payload: { $0.launch.payload })
        + outcome + latency + server + balance + generator + conditions
        + (Metric.parts + Metric.events).map(column)
        + CellParameters.handshake { $0.launch.cell } + handshakes
        + CellParameters.transmission { $0.launch.cell }
        + CellParameters.connections { $0.launch.cell } + connections
        + CellParameters.link { $0.launch.cell } + link + retries
        + CellParameters.search { $0.launch.cell } + Metric.capacity.map(column) + search
        + kinds + CellParameters.asked { $0.launch.cell } + places
        + Metric.ofPatterns.map(column)
        + CellParameters.spread { $0.launch.cell } + spread + answers + outside

    private static let identity: [Column<RunRow>] = [
        Column("schema", "text", "the value \(schema)") { _ in schema },
        Column("run_id", "text", "the name of the run's folder") { $0.run.runID },
        Column("time_utc", "text", "when the launch began, ISO 8601") {
            UTCTime($0.launch.time).iso8601
        },
        Column("commit", "text", "the measured commit; empty outside a repository") {
            $0.run.commit ?? ""
        },
        Column("branch", "text", "the branch of the commit; empty when detached") {
            $0.run.branch ?? ""
        },
        Column("dirty", "1", "1 when the working tree differed from the commit, else 0") {
            $0.run.isDirty.map { $0 ? "1" : "0" } ?? ""
        },
        Column("side", "text", "base, cand or null in a comparison; empty in a plain run") {
            $0.launch.side ?? ""
        },
        Column("block", "1", "the repetition, counted from 0") { "\($0.launch.block)" },
        Column("slot", "1", "the position in the plan, counted from 0") { "\($0.launch.slot)" },
        Column("order", "text", "AB or BA in a comparison; empty in a plain run") {
            $0.launch.order ?? ""
        },
        Column("seed", "1", "the generator's seed, shared by the launches of a block") {
            "\($0.launch.seed)"
        },
        Column("cell_id", "text", "the cell; joins runs.csv, cells.csv and workers.csv") {
            $0.launch.cell.id
        },
    ]

    private static let outcome: [Column<RunRow>] = [
        Column("warmup_s", "s", "load before the measured phase") {
            field($0.launch.warmup.inSeconds, decimals: 3)
        },
        Column("duration_s", "s", "the measured phase as planned") {
            field($0.launch.duration.inSeconds, decimals: 3)
        },
        count("requests_ok", "successful requests of the measured phase") { $0.requests },
        count("errors_connect", "connections that could not be opened") { $0.errors.connect },
        count("errors_handshake", "handshakes of TLS or WebSocket that failed") {
            $0.errors.handshake
        },
        count("errors_write", "requests that could not be sent") { $0.errors.write },
        count("errors_read", "answers cut off by the peer") { $0.errors.read },
        count("errors_timeout", "answers that did not come in time") { $0.errors.timeout },
        count("errors_status", "answers whose status is neither 2xx nor 3xx") { $0.errors.status },
        count("errors_protocol", "answers that break the protocol") { $0.errors.protocol },
        count("late_sends", "requests of an open loop sent over 1 ms late; empty in a closed loop")
        {
            $0.mode == .open ? $0.lateSends : nil
        },
    ]

    private static let latency: [Column<RunRow>] =
        [
            column(.rps),
            Column(
                "goodput_bytes_s", "bytes/s", "bytes of the bodies of successful answers a second"
            ) {
                row in
                guard let load = row.launch.load, load.duration > .zero else { return "" }
                let bytes = load.requests > 0 ? Double(load.bodyBytes) / Double(load.requests) : 0
                return field(bytes * load.achievedRate, decimals: 0)
            },
        ] + [Metric.p50, .p90, .p99, .p999, .p9999, .max].map { column($0) } + [
            column(
                Metric("mean_ns", "ns", 0, "mean latency") { record in
                    record.load.flatMap { $0.latency.samples > 0 ? $0.latency.mean : nil }
                }),
            span("service_p50_ns", "median of the service time, from the actual send") {
                $0.service.p50
            },
            span("service_p99_ns", "99th percentile of the service time") { $0.service.p99 },
            span("lateness_p50_ns", "median of send minus intended start; empty in a closed loop") {
                $0.lateness.p50
            },
            span("lateness_p99_ns", "99th percentile of the same") { $0.lateness.p99 },
        ]

    private static let server: [Column<RunRow>] = [
        column(.serverCPU),
        column(
            .cpuPerRequest("srv_user_ns_per_req", "user part of it, sampled by the kernel's tick") {
                $0.user
            }),
        column(
            .cpuPerRequest(
                "srv_sys_ns_per_req", "system part of it, sampled by the kernel's tick"
            ) { $0.system }),
        perRequest(
            "srv_runq_wait_ns_per_req", "ns", 1, "time for a request in which a thread had no CPU"
        ) { Double($0.runQueueWait.raw) },
        column(.serverSyscalls),
        perRequest("srv_epoll_wait_per_req", "1", 4, "calls of epoll_wait for a request") {
            $0.epollWaits.map(Double.init)
        },
        column(.serverVoluntary),
        perRequest(
            "srv_ctxsw_invol_per_req", "1", 4,
            "involuntary context switches of the server for a request: it was pushed off its CPU"
        ) { Double($0.involuntarySwitches) },
        Column("srv_migrations", "1", "moves of a server thread to another CPU while it was read") {
            field($0.launch.server?.migrations)
        },
        Column("srv_rss_peak_bytes", "bytes", "largest resident memory of the server") {
            field($0.launch.server?.peakResident.raw)
        },
        Column(
            "srv_bytes_per_conn", "bytes",
            "growth of resident memory for a connection, without the kernel's buffers"
        ) { row in
            field(
                row.launch.server.map {
                    Double($0.residentGrowth) / Double(row.launch.cell.connectionsInAll)
                }, decimals: 0)
        },
    ]

    private static let balance: [Column<RunRow>] = [
        Column("worker_balance_cv", "1", "standard deviation over mean of the workers' requests") {
            field($0.launch.balance?.variation, decimals: 4)
        },
        Column("worker_balance_max_over_mean", "1", "requests of the busiest worker over the mean")
        {
            field($0.launch.balance?.maxOverMean, decimals: 4)
        },
        Column("worker_balance_jain", "1", "Jain's fairness of the workers' requests; 1 is even") {
            field($0.launch.balance?.jain, decimals: 4)
        },
    ]

    private static let generator: [Column<RunRow>] = [
        column(.generatorCPU),
        column(
            Metric(
                "gen_cpu_util", "1", 4, "share of its time that the busiest generator thread ran"
            ) {
                $0.load?.cpu.busiestThreadShare
            }),
        column(
            Metric("gen_syscalls_per_req", "1", 4, "system calls of the generator for a request") {
                record in
                record.load.flatMap {
                    $0.rateBase > 0 ? Double($0.syscalls.total) / $0.rateBase : nil
                }
            }),
        column(.rateRatio),
    ]

    private static let conditions: [Column<RunRow>] = [
        Column("steal_pct", "%", "CPU time that the hypervisor withheld during the launch") {
            field($0.launch.machine.stolenShare.map { $0 * 100 }, decimals: 3)
        },
        Column("psi_cpu_some_us", "us", "time in which some task of the machine waited for a CPU") {
            field($0.launch.machine.pressure.map { $0.raw / 1_000 })
        },
        Column("server_cpus", "text", "the CPUs the server was held to; empty where none told") {
            $0.launch.serverCPUs
        },
        Column("load_cpus", "text", "the CPUs the generator was held to") { $0.launch.loadCPUs },
        Column(
            "verdict", "text",
            "the generator's verdict, errors for answers that the cell does not expect, failed, or"
                + " unavailable where the machine can't run the pattern"
        ) { $0.launch.verdict },
        Column("valid", "1", "1 when the launch counts towards its cell, else 0") {
            $0.launch.isValid ? "1" : "0"
        },
        Column("invalid_reason", "text", "why it does not count") {
            $0.launch.invalidReason ?? ""
        },
        Column("hist_file", "text", "the histogram log, relative to the run's folder") {
            $0.launch.load == nil ? "" : "hist/\($0.launch.cell.fileStem).hlog"
        },
        Column("hist_tag", "text", "the tag of the launch in that log") {
            $0.launch.load == nil ? "" : $0.launch.tag
        },
        Column(
            "srv_foreign_cpu_pct", "%",
            "CPU time of the server's CPUs that other work took while it was read"
        ) {
            field($0.launch.machine.foreignShare.map { $0 * 100 }, decimals: 3)
        },
        Column("gen_foreign_cpu_pct", "%", "the same of the generator's CPUs in the window") {
            field($0.launch.load?.cpu.foreignShare.map { $0 * 100 }, decimals: 3)
        },
        count("answers_3xx", "answers whose status is 3xx, which are successes") {
            $0.statuses.redirect3xx
        },
    ]

    private static let handshakes: [Column<RunRow>] = [
        count("handshakes_full", "handshakes of TLS from the start, warm-up included") {
            $0.handshakes.full
        },
        count("handshakes_resumed", "of TLS that went on from a ticket") { $0.handshakes.resumed },
        count("early_accepted", "of these, those whose early data the server took") {
            $0.handshakes.earlyAccepted
        },
        count("early_rejected", "handshakes whose early data the server did not take") {
            $0.handshakes.earlyRejected
        },
        count("too_early", "requests that were too early for the server, and asked again") {
            $0.handshakes.tooEarly
        },
    ]

    private static let connections: [Column<RunRow>] = [
        Column(
            "connection_rate", "1/s",
            "connections made a second, of those that were due; empty where none is"
        ) { field($0.launch.load?.connectionRate, decimals: 3) },
        count("connections_opened", "connections opened over the whole run, with warm-up") {
            $0.connectionsOpened
        },
        count(
            "fastopen_accepted",
            "SYNs whose data the server took, over the whole run; empty without Fast Open"
        ) { $0.opensFast ? $0.handshakes.fastOpenAccepted : nil },
        count(
            "fastopen_missed",
            "SYNs that could have carried data and did not; empty without Fast Open"
        ) { $0.opensFast ? $0.handshakes.fastOpenMissed : nil },
    ]

    private static let kinds: [Column<RunRow>] = [
        ofKinds("kinds_requests", "1", "successful requests of each kind of a mix") {
            "\($0.requests)"
        },
        ofKinds("kinds_p50_ns", "ns", "median latency of each kind") {
            ($0.latency.p50?.raw).map { "\($0)" } ?? ""
        },
        ofKinds("kinds_p99_ns", "ns", "99th percentile of the same") {
            ($0.latency.p99?.raw).map { "\($0)" } ?? ""
        },
    ]

    /// A list of what each kind of a mix has, in the order of the mix.
    private static func ofKinds(
        _ name: String, _ unit: String, _ meaning: String,
        _ value: @escaping @Sendable (KindReport) -> String
    ) -> Column<RunRow> {
        Column(name, unit, meaning + ", as name=value with \"; \" between; empty without a mix") {
            ($0.launch.load?.kinds ?? []).map { "\($0.name)=\(value($0))" }.joined(separator: "; ")
        }
    }

    private static let retries: [Column<RunRow>] = [
        count("retries", "requests that were sent again, each time") { $0.retries },
        count("given_up", "requests that had been sent again often enough") { $0.givenUp },
    ]

    private static let link: [Column<RunRow>] = [
        linkCount("link_packets", "packets that came through the link, both ways") { $0.packets },
        linkCount("link_lost", "packets that the link lost or dropped, as it was asked to") {
            $0.lost
        },
        Column("link_late_p99_ns", "ns", "99th percentile of how late packets left the link") {
            field($0.launch.link?.late?.raw)
        },
        Column("link_cpu_ns", "ns", "CPU time of the link, which no other figure contains") {
            field($0.launch.link?.cpu.raw)
        },
    ]

    private static let places: [Column<RunRow>] = [
        Column(
            "replaces", "1",
            "the slot of the launch in whose place this one was made, as something beside the"
                + " server had spoilt that; empty for those of the plan"
        ) { field($0.launch.replaces.map { Int64($0) }) },
        Column("replaced_by", "1", "the slot of the launch in the place of this one") {
            field($0.launch.replacedBy.map { Int64($0) })
        },
    ]

    private static let spread: [Column<RunRow>] = [
        Column(
            "busiest_connection_share", "1",
            "share of the answers that came on the connection which had most"
        ) { field($0.launch.load?.busiestConnectionShare, decimals: 4) },
        ofCompany("idle_open", "1", "of the idle connections, those that stood at the end", .idle) {
            Int64($0.open)
        },
        ofCompany("slow_readers_open", "1", "the same of the slow readers", .slowReaders) {
            Int64($0.open)
        },
        ofCompany(
            "slow_readers_bytes", "bytes", "what the slow readers have read together", .slowReaders
        ) { $0.bytesRead },
        ofCompany("slow_senders_open", "1", "of the slow senders, those that stood", .slowSenders) {
            Int64($0.open)
        },
    ]

    private static let answers: [Column<RunRow>] = [
        Column("answer_codes", "text", "answers by code, as 200:997 503:3; empty without codes") {
            $0.launch.load?.codes.text ?? ""
        },
        span("first_byte_p50_ns", "median time to the first byte of an answer") {
            $0.firstByte.p50
        },
        span("first_byte_p99_ns", "99th percentile of the same") { $0.firstByte.p99 },
        span("connect_p50_ns", "median time until a socket was connected, warm-up included") {
            $0.connect.p50
        },
        span("connect_p99_ns", "99th percentile of the same") { $0.connect.p99 },
        span("handshake_p50_ns", "median time of a handshake of TLS, warm-up included") {
            $0.handshake.p50
        },
        span("handshake_p99_ns", "99th percentile of the same") { $0.handshake.p99 },
    ]

    private static let outside: [Column<RunRow>] = [
        Column(
            "server_url", "text",
            "where the server was asked that runs already; empty for one that the launch started"
        ) { $0.launch.outside?.url ?? "" },
        Column(
            "server_measured", "text",
            "who reads what the server uses: runner, agent, or no for one that runs already and has"
                + " no `measure`, whose figures are empty"
        ) { $0.launch.outside.map { $0.isMeasured ? "agent" : "no" } ?? "runner" },
        Column("srv_threads", "1", "threads of all the server's processes while it was read") {
            field($0.launch.server?.threads)
        },
        Column(
            "srv_steal_pct", "%",
            "CPU time that the hypervisor of the server's machine withheld while it was read; empty"
                + " without an agent"
        ) { field($0.launch.outside?.stolenShare.map { $0 * 100 }, decimals: 3) },
        Column(
            "srv_cpus_busy_pct", "%",
            "share of the time in which the server's CPUs were taken by whomever; empty without an"
                + " agent"
        ) { field($0.launch.outside?.busyShare.map { $0 * 100 }, decimals: 3) },
    ]

    private static func ofCompany(
        _ name: String, _ unit: String, _ meaning: String, _ kind: CompanyReport.Kind,
        _ value: @escaping @Sendable (CompanyReport) -> Int64
    ) -> Column<RunRow> {
        Column(name, unit, meaning + "; empty without any") { row in
            field(row.launch.load?.company.first { $0.kind == kind }.map(value))
        }
    }

    private static let search: [Column<RunRow>] = [
        Column(
            "search_outcome", "text",
            "found, unconfirmed, generator-bound, never-met, always-met, out-of-time or"
                + " interrupted; empty without a search"
        ) { $0.launch.load?.search?.finding.outcome.rawValue ?? "" },
        Column("search_steps", "1", "steps of the search; empty without one") {
            field($0.launch.load?.search.map { Int64($0.steps.count) })
        },
        Column("search_reason", "text", "why it found no capacity, or what limited it") {
            $0.launch.load?.search?.reason ?? ""
        },
    ]

    private static func linkCount(
        _ name: String, _ meaning: String, _ value: @escaping @Sendable (LinkUsage) -> Int64
    ) -> Column<RunRow> {
        Column(name, "1", meaning) { field($0.launch.link.map(value)) }
    }

    private static func column(_ metric: Metric) -> Column<RunRow> {
        Column(metric.name, metric.unit, metric.meaning) {
            field(metric.value($0.launch), decimals: metric.decimals)
        }
    }

    private static func perRequest(
        _ name: String, _ unit: String, _ decimals: Int, _ meaning: String,
        _ amount: @escaping @Sendable (ServerUsage) -> Double?
    ) -> Column<RunRow> {
        column(.perRequest(name, unit, decimals, meaning, amount))
    }

    private static func count(
        _ name: String, _ meaning: String, _ value: @escaping @Sendable (LoadReport) -> Int64?
    ) -> Column<RunRow> {
        Column(name, "1", meaning) { field($0.launch.load.flatMap(value)) }
    }

    private static func span(
        _ name: String, _ meaning: String,
        _ value: @escaping @Sendable (LoadReport) -> Nanoseconds?
    ) -> Column<RunRow> {
        Column(name, "ns", meaning) { field($0.launch.load.flatMap(value)?.raw) }
    }
}
