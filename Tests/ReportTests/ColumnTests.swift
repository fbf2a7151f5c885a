import Basis
import Foundation
import Measure
import Report
import Testing

@Suite("the columns of the tables")
struct ColumnTests {
    /// Frozen: scripts and older runs rely on the order; a new column goes to the end.
    @Test("names and order")
    func order() {
        let runs = """
            schema,run_id,time_utc,commit,branch,dirty,side,block,slot,order,seed,cell_id,\
            server,protocol,pattern,threads,connections,streams,payload_bytes,pipeline,tls,\
            nodelay,arrival,rate_target,warmup_s,duration_s,requests_ok,errors_connect,\
            errors_handshake,errors_write,errors_read,errors_timeout,errors_status,\
            errors_protocol,late_sends,rps,goodput_bytes_s,p50_ns,p90_ns,p99_ns,p999_ns,\
            p9999_ns,max_ns,mean_ns,service_p50_ns,service_p99_ns,lateness_p50_ns,\
            lateness_p99_ns,srv_cpu_ns_per_req,srv_user_ns_per_req,srv_sys_ns_per_req,\
            srv_runq_wait_ns_per_req,srv_syscalls_per_req,srv_epoll_wait_per_req,\
            srv_ctxsw_vol_per_req,srv_ctxsw_invol_per_req,srv_migrations,srv_rss_peak_bytes,\
            srv_bytes_per_conn,worker_balance_cv,worker_balance_max_over_mean,\
            worker_balance_jain,gen_cpu_ns_per_req,gen_cpu_util,gen_syscalls_per_req,rate_ratio,\
            steal_pct,psi_cpu_some_us,server_cpus,load_cpus,verdict,valid,invalid_reason,\
            hist_file,hist_tag,srv_foreign_cpu_pct,gen_foreign_cpu_pct,answers_3xx,\
            first_part_p50_ns,first_part_p99_ns,part_gap_p50_ns,part_gap_p99_ns,\
            event_delay_p50_ns,event_delay_p99_ns,bursts,missed_events,\
            handshake,handshakes_full,handshakes_resumed,early_accepted,early_rejected,too_early,\
            quickack,cork,request_shape,reply_shape,\
            requests_per_connection,\
            connection_rate_target,close,fastopen,connection_rate,connections_opened,\
            fastopen_accepted,fastopen_missed,\
            rtt_ns,link_loss,link_rate_bit,link_packets,link_lost,link_late_p99_ns,link_cpu_ns,\
            retries,given_up,\
            find_rate,find_arrivals,capacity_rps,capacity_above_rps,search_outcome,search_steps,\
            search_reason,kinds_requests,kinds_p50_ns,kinds_p99_ns,burst,path,mix,\
            replaces,replaced_by,\
            srv_recv_per_req,srv_send_per_req,srv_accept_per_req,srv_other_per_req,\
            srv_wakeups_per_req,srv_handoffs_per_req,srv_steals_per_req,srv_ctxsw_vol_per_conn,\
            srv_ctxsw_invol_per_conn,srv_empty_accepts_per_conn,worker_accepted_max_over_mean,\
            worker_accepted_jain,worker_owned_max_over_mean,worker_owned_jain,\
            worker_cpu_max_over_mean,worker_cpu_jain,srv_events_per_wait,srv_listen_overflows,\
            srv_listen_drops,srv_accept_to_first_byte_mean_ns,srv_accept_to_first_byte_p99_ns,\
            srv_queue_wait_mean_ns,srv_handler_mean_ns,\
            skew,idle,slow_readers,slow_senders,busiest_connection_share,\
            idle_open,slow_readers_open,slow_readers_bytes,slow_senders_open,\
            answer_codes,first_byte_p50_ns,first_byte_p99_ns,connect_p50_ns,connect_p99_ns,\
            handshake_p50_ns,handshake_p99_ns,\
            server_url,server_measured,srv_threads,srv_steal_pct,srv_cpus_busy_pct
            """
        #expect(RunColumns.all.map(\.name).joined(separator: ",") == runs)
        let metrics = [
            "rps", "p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns", "srv_cpu_ns_per_req",
            "srv_syscalls_per_req", "srv_ctxsw_vol_per_req", "gen_cpu_ns_per_req", "rate_ratio",
            "first_part_p50_ns", "first_part_p99_ns", "part_gap_p50_ns", "part_gap_p99_ns",
            "event_delay_p50_ns", "event_delay_p99_ns", "bursts", "missed_events",
        ]
        let cells = """
            schema,run_id,commit,cell_id,hist_name,server,protocol,pattern,threads,connections,\
            streams,payload_bytes,pipeline,tls,nodelay,arrival,rate_target,n,n_valid,verdict,
            """ + metrics.map { "\($0)_median,\($0)_ci_lo,\($0)_ci_hi" }.joined(separator: ",")
            + ",handshake,quickack,cork,request_shape,reply_shape"
            + ",requests_per_connection,connection_rate_target,close,fastopen"
            + ",rtt_ns,link_loss,link_rate_bit,burst,path,mix,find_rate,find_arrivals,"
            + ["capacity_rps", "capacity_above_rps"].map {
                "\($0)_median,\($0)_ci_lo,\($0)_ci_hi"
            }.joined(separator: ",") + ",search_outcome,skew,idle,slow_readers,slow_senders"
        #expect(CellColumns.all.map(\.name).joined(separator: ",") == cells)
        let workers = """
            schema,run_id,cell_id,pattern,connections,arrival,block,slot,worker,accepted,\
            requests,cpu_ns,voluntary_switches,involuntary_switches,epoll_wait,recv,send,accept,\
            other,wakeups,eagain_accepts,handoffs,steals,role,owned,shed,events,missed_events,\
            handshakes,handshakes_resumed,handshakes_failed,early_accepted,early_rejected,\
            fastopen_accepted,fastopen_missed,drops_before_work,drops_after_work,cut_answers,\
            delayed_answers,ready,first_bytes,first_byte_ns,timed_messages,queue_wait_ns,handler_ns
            """
        #expect(WorkerColumns.all.map(\.name).joined(separator: ",") == workers)
        let slopes = """
            schema,run_id,commit,line_id,name,n,slope,slope_se,intercept_ns,residual_max_ns,\
            verdict,points,server,protocol,pattern,threads,connections,streams,payload_bytes,pipeline,tls,\
            nodelay,arrival,rate_target,handshake,quickack,cork,request_shape,reply_shape,\
            requests_per_connection,connection_rate_target,close,fastopen,link_loss,link_rate_bit,\
            burst,path,mix,skew,idle,slow_readers,slow_senders
            """
        #expect(SlopeColumns.all.map(\.name).joined(separator: ",") == slopes)
    }

    private static func table<Row>(_ columns: [Column<Row>]) -> String {
        var text = "| column | unit | meaning |\n|---|---|---|\n"
        for column in columns {
            text += "| `\(column.name)` | \(column.unit) | \(column.meaning) |\n"
        }
        return text
    }

    @Test("docs/FORMAT.md carries the same tables")
    func documentation() throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let document = try String(
            contentsOf: root.appendingPathComponent("docs/FORMAT.md"), encoding: .utf8)
        for (name, wanted) in [
            ("runs.csv", Self.table(RunColumns.all)), ("cells.csv", Self.table(CellColumns.all)),
            ("workers.csv", Self.table(WorkerColumns.all)),
            ("slopes.csv", Self.table(SlopeColumns.all)),
        ] {
            #expect(document.contains("\n\n" + wanted + "\n"), "\(name) should read:\n\(wanted)")
        }
    }

    static func launch(
        slot: Int = 0, verdict: LoadReport.Verdict = .valid, rate: Double = 1_000
    ) -> LaunchRecord {
        var load = LoadReportTests.filled
        load.verdict = verdict
        load.achievedRate = rate
        var record = LaunchRecord(
            slot: slot, block: slot,
            cell: Cell(pattern: "sharded:hash", threads: 2, connections: 64),
            seed: 5, time: .seconds(1_764_000_217), warmup: .milliseconds(500),
            duration: .seconds(2), serverCPUs: "1", loadCPUs: "0")
        record.load = load
        var usage = ServerUsage()
        usage.span = .seconds(1)
        usage.requests = 1_000
        usage.cpu = .microseconds(9_500)
        usage.user = .milliseconds(3)
        usage.system = .milliseconds(6)
        usage.runQueueWait = .microseconds(10)
        usage.voluntarySwitches = 250
        usage.involuntarySwitches = 1
        usage.syscalls = 2_500
        usage.epollWaits = 500
        usage.peakResident = .mebibytes(8)
        usage.residentGrowth = 65_536
        record.server = usage
        var (first, second) = (WorkerReport(worker: 0), WorkerReport(worker: 1))
        (first.requests, second.requests) = (750, 250)
        record.workers = [first, second]
        record.machine = MachineUsage(stolenShare: 0.001, pressure: .milliseconds(7))
        record.machine.foreignShare = 0.0125
        return record
    }

    @Test("the fields of a row")
    func fields() throws {
        let run = RunIdentity(runID: "r", commit: "abc", branch: nil, isDirty: true)
        let table = CSVTable(
            RunColumns.all, rows: [(run: run, launch: Self.launch())])
        for (name, wanted) in [
            ("time_utc", "2025-11-24T16:03:37Z"), ("dirty", "1"), ("branch", nil),
            ("cell_id", "h1/sharded:hash/w2/c64/p13"), ("warmup_s", "0.500"), ("rate_target", nil),
            ("srv_cpu_ns_per_req", "9500.0"), ("srv_syscalls_per_req", "2.5000"),
            ("srv_ctxsw_vol_per_req", "0.2500"), ("srv_migrations", nil),
            ("srv_bytes_per_conn", "1024"), ("worker_balance_cv", "0.5000"),
            ("worker_balance_max_over_mean", "1.5000"), ("worker_balance_jain", "0.8000"),
            ("steal_pct", "0.100"), ("psi_cpu_some_us", "7000"), ("valid", "1"),
            ("verdict", "valid"),
            ("goodput_bytes_s", "13000"), ("late_sends", "3"), ("rate_ratio", "0.999525"),
            ("hist_file", "hist/h1_sharded-hash_w2_c64_p13.hlog"), ("hist_tag", "b0s0"),
            ("srv_foreign_cpu_pct", "1.250"), ("gen_foreign_cpu_pct", nil),
        ] as [(String, String?)] {
            #expect(table.field(0, name) == wanted, "\(name)")
        }
    }

    /// Of one launch: the row's fields with these names, and the medians of its cell.
    private static func fields(_ names: [String], of record: LaunchRecord) -> [[String?]] {
        let run = RunIdentity(runID: "r", commit: "abc", branch: nil, isDirty: true)
        let row = CSVTable(RunColumns.all, rows: [(run: run, launch: record)])
        let summary = CellSummary.all([record])[0]
        let cell = CSVTable(CellColumns.all, rows: [(run: run, summary: summary)])
        return [names.map { row.field(0, $0) }, names.map { cell.field(0, $0 + "_median") }]
    }

    @Test("figures of parts are empty without parts")
    func parts() throws {
        let names = [
            "first_part_p50_ns", "first_part_p99_ns", "part_gap_p50_ns", "part_gap_p99_ns",
            "event_delay_p50_ns", "event_delay_p99_ns",
        ]
        var record = Self.launch()
        #expect(Self.fields(names, of: record).joined().allSatisfy { $0 == nil })
        let figures = [500, 1_500, 2_500].map { shift in
            var histogram = Histogram()
            for value in 1...1_000 { histogram.record(Nanoseconds(raw: Int64(value + shift))) }
            return LatencySummary(histogram)
        }
        record.load?.firstPart = figures[0]
        record.load?.partGap = figures[1]
        record.load?.eventDelay = figures[2]
        let wanted = ["1000", "1490", "2000", "2491", "3001", "3491"]
        #expect(Self.fields(names, of: record) == [wanted, wanted])
    }

    @Test(
        "bursts are of answers with events, and missed events of subscribers",
        arguments: [
            (.h1, .closed, [nil, nil]), (.sse, .closed, ["2", nil]), (.ws, .closed, [nil, nil]),
            (.sse, .subscribe, [nil, "3"]), (.ws, .subscribe, [nil, "3"]),
        ] as [(Cell.Language, Arrival, [String?])])
    func events(language: Cell.Language, arrival: Arrival, wanted: [String?]) {
        var record = Self.launch()
        (record.cell.language, record.cell.arrival) = (language, arrival)
        record.load?.bursts = 2
        record.load?.missedEvents = 3
        #expect(Self.fields(["bursts", "missed_events"], of: record) == [wanted, wanted])
    }

    @Test("a launch survives its JSON line")
    func roundTrip() throws {
        var record = Self.launch(slot: 3)
        let line = record.json.compact
        #expect(!line.contains("\n"))
        #expect(try LaunchRecord(json: JSONValue(parsing: line)) == record)
        record.failure = "no \"reason\"\n"
        (record.load, record.server, record.workers) = (nil, nil, [])
        #expect(try LaunchRecord(json: JSONValue(parsing: record.json.compact)) == record)
    }

    @Test("which launches count")
    func validity() {
        #expect(Self.launch().isValid)
        #expect(Self.launch(verdict: .clientBound).isValid)
        let first = #"protocol: the status line is malformed, read: HTTP/1.1 2\r"#
        #expect(
            Self.launch(verdict: .errors).invalidReason
                == "0.01% of sends were late; the first: \(first)")
        var stolen = Self.launch()
        stolen.machine.stolenShare = 0.02
        #expect(stolen.invalidReason == "the hypervisor withheld 2.0% of the CPU time")
        var disturbed = Self.launch(verdict: .clientBound)
        disturbed.machine.foreignShare = 0.482
        let reason = "other work took 48.2% of CPU 1 (limit 5%)"
        #expect(disturbed.invalidReason == reason && disturbed.verdict == "disturbed")
        disturbed.machine.foreignShare = 0.05
        #expect(disturbed.isValid && disturbed.verdict == "client-bound")
        disturbed.load?.cpu.foreignShare = 0.06
        #expect(disturbed.invalidReason?.hasPrefix("other work took 6.0% of CPU 0") == true)
        disturbed.load?.verdict = .errors
        #expect(disturbed.verdict == "errors", "what failed says more")
        var silent = Self.launch()
        silent.load = nil
        #expect(
            silent.invalidReason == "the generator gave no report" && silent.verdict == "failed")
    }

    @Test("a cell is the median of the launches that count; an interval needs six")
    func cells() {
        let rates: [Double] = [5, 1, 4, 2, 3, 6, 7]
        var records = rates.enumerated().map { Self.launch(slot: $0.offset, rate: $0.element) }
        let all = CellSummary.all(records)
        #expect(all.count == 1 && all[0].verdict == "valid" && all[0].launches == 7)
        let figure = all[0].figure("rps")
        #expect(figure?.median == 4 && figure?.interval.low == 1 && figure?.interval.high == 7)
        #expect(all[0].figure("srv_cpu_ns_per_req")?.median == 9_500)
        records[0].failure = "x"
        records[1].load?.verdict = .late
        let some = CellSummary.all(records)[0]
        #expect(some.validLaunches == 6 && some.verdict == "late")
        #expect(some.figure("rps")?.median == 3.5 && some.figure("rps")?.interval.low == 1)
        records[2].failure = "x"
        #expect(CellSummary.all(records)[0].figure("rps")?.interval.low == nil)
        for index in records.indices { records[index].failure = "x" }
        let none = CellSummary.all(records)[0]
        #expect(none.verdict == "invalid" && none.figure("rps") == nil)
        // What was asked for is known all the same, so that figures keep the cell in its series.
        #expect(none.payload == all[0].payload && none.payload != nil)
        #expect(CellSummary.launchesForInterval == 6)
    }

    @Test("a terminal table is aligned, fits and is coloured only where allowed")
    func textTable() {
        var table = TextTable([.init("name", .left), .init("n"), .init("verdict", .left)])
        table.append(["a-long-name-of-a-cell", "1", .init("valid", .good)])
        table.append(["b", "1000", .init("", .bad)])
        #expect(
            table.text(width: nil, colours: false) == """
                name                      n  verdict
                a-long-name-of-a-cell     1  valid
                b                      1000

                """)
        #expect(
            table.text(width: 30, colours: false) == """
                name                n  verdict
                a-long-name-of…     1  valid
                b                1000

                """)
        #expect(table.text(width: nil, colours: true).contains("\u{1B}[32mvalid\u{1B}[0m"))
    }

    @Test("dates")
    func dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"), (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_102_444_800, "2100-01-01T00:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            #expect(UTCTime(.seconds(seconds)).iso8601 == text)
        }
        #expect(UTCTime(.seconds(1_764_000_217)).compact == "20251124T160337Z")
    }
}
