import Basis
import Measure
import Report
import Testing

@Suite("the columns that tell patterns apart")
struct PatternColumnTests {
    private static let names = [
        "srv_recv_per_req", "srv_send_per_req", "srv_accept_per_req", "srv_other_per_req",
        "srv_wakeups_per_req", "srv_handoffs_per_req", "srv_steals_per_req",
        "srv_ctxsw_vol_per_conn", "srv_ctxsw_invol_per_conn", "srv_empty_accepts_per_conn",
        "worker_accepted_max_over_mean", "worker_accepted_jain", "worker_owned_max_over_mean",
        "worker_owned_jain", "worker_cpu_max_over_mean", "worker_cpu_jain",
        "srv_events_per_wait", "srv_listen_overflows", "srv_listen_drops",
        "srv_accept_to_first_byte_mean_ns", "srv_accept_to_first_byte_p99_ns",
        "srv_queue_wait_mean_ns", "srv_handler_mean_ns",
    ]

    /// One of 1000 requests, 250 voluntary switches and one that was not.
    private static func launch(_ change: (inout ReadCounts) -> Void) -> LaunchRecord {
        var record = ColumnTests.launch()
        change(&record.server!.counts)
        return record
    }

    private static var filled: LaunchRecord {
        var record = launch { counts in
            (counts.syscalls.receive, counts.syscalls.send) = (1_000, 1_250)
            (counts.syscalls.accept, counts.syscalls.other) = (50, 100)
            (counts.wakeups, counts.handoffs, counts.steals) = (500, 1_020, 30)
            (counts.accepted, counts.emptyAccepts) = (20, 5)
            (counts.syscalls.wait, counts.syscalls.ready) = (400, 1_000)
            (counts.timedMessages, counts.queueWait, counts.handlerTime) = (4, 8_000, 2_000)
        }
        (record.server!.listenOverflows, record.server!.listenDrops) = (2, 3)
        return record
    }

    private static func fields(of record: LaunchRecord) -> [String: String] {
        let run = RunIdentity(runID: "r", commit: nil, branch: nil, isDirty: nil)
        let table = CSVTable(RunColumns.all, rows: [(run: run, launch: record)])
        return names.reduce(into: [:]) { $0[$1] = table.field(0, $1) }
    }

    private static func worker(
        _ role: String, accepted: Int64, owned: Int64, cpu: Int64, requests: Int64 = 0
    ) -> WorkerReport {
        var worker = WorkerReport(worker: 0)
        worker.role = role
        (worker.accepted, worker.connections, worker.requests) = (accepted, owned, requests)
        worker.cpu = Nanoseconds(raw: cpu)
        return worker
    }

    @Test("they stand together, and each has its figure")
    func figures() throws {
        #expect(RunColumns.all.map(\.name).contains(Self.names))
        var record = Self.filled
        record.workers = [
            Self.worker("loop", accepted: 30, owned: 30, cpu: 3_000),
            Self.worker("loop", accepted: 10, owned: 10, cpu: 1_000),
        ]
        record.workers[0].firstBytes = 3
        record.workers[0].firstByteTime = 600
        record.workers[1].firstBytes = 1
        record.workers[1].firstByteTime = 1_000
        record.workers[0].firstByteBuckets = [40, 0, 19]
        record.workers[1].firstByteBuckets = [20, 20, 0, 1]
        let wanted = [
            "1.0000", "1.2500", "0.0500", "0.1000", "0.5000", "1.0200", "0.0300", "12.5000",
            "0.0500", "0.2500", "1.5000", "0.8000", "1.5000", "0.8000", "1.5000", "0.8000",
            "2.5000", "2", "3", "400", "4096", "2000", "500",
        ]
        let read = try LaunchRecord(json: JSONValue(parsing: record.json.compact))
        #expect(read == record)
        for fields in [Self.fields(of: record), Self.fields(of: read)] {
            for (name, value) in zip(Self.names, wanted) {
                #expect(fields[name] == value, "\(name)")
            }
        }
    }

    @Test("what a server does not count, or has none of, is empty")
    func missing() {
        var old = ColumnTests.launch()
        for index in old.workers.indices { old.workers[index].requests = 0 }
        #expect(Self.fields(of: old).isEmpty)
        old.server = nil
        #expect(Self.fields(of: old).isEmpty)
        let idle = Self.launch { counts in
            (counts.accepted, counts.emptyAccepts, counts.syscalls.wait) = (0, 4, 0)
            (counts.syscalls.ready, counts.timedMessages, counts.queueWait) = (0, 0, 0)
        }
        #expect(Self.fields(of: idle).isEmpty)
    }

    @Test(
        "shares are those of the threads that have any",
        arguments: [
            // One thread accepts, another reads, and workers answer.
            (
                ["acceptor", "reader", "sender", "worker", "worker"], [8, 0, 0, 0, 0],
                [0, 8, 0, 0, 0], [9, 9, 9, 1, 3], ["1.0000", "1.0000", "1.5000"]
            ),
            // Acceptors share the listener unevenly; readers get connections in turn.
            (
                ["acceptor", "acceptor", "reader", "reader"], [6, 2, 0, 0], [0, 0, 4, 4],
                [1, 1, 2, 2], ["1.5000", "1.0000", "1.0000"]
            ),
            // A loop that accepts and also answers, and workers that only do the latter.
            (
                ["loop", "worker", "worker"], [8, 0, 0], [8, 0, 0], [4, 1, 1],
                ["1.0000", "1.0000", "2.0000"]
            ),
        ] as [([String], [Int64], [Int64], [Int64], [String])])
    func roles(
        roles: [String], accepted: [Int64], owned: [Int64], cpu: [Int64], wanted: [String]
    ) {
        var record = ColumnTests.launch()
        record.workers = roles.indices.map {
            Self.worker(roles[$0], accepted: accepted[$0], owned: owned[$0], cpu: cpu[$0])
        }
        let fields = Self.fields(of: record)
        #expect(
            ["accepted", "owned", "cpu"].map { fields["worker_\($0)_max_over_mean"] } == wanted)
    }

    @Test(
        "99 of 100 first answers came within the bound, and there are as many to tell it",
        arguments: [
            ([100], "1024"), ([99, 1], "1024"), ([98, 2], "2048"), ([0, 0, 0, 990, 0, 10], "8192"),
            ([0, 0, 0, 989, 0, 11], "32768"), ([99], nil), ([50, 49], nil), ([], nil),
        ] as [([Int64], String?)])
    func bound(buckets: [Int64], wanted: String?) {
        var record = ColumnTests.launch()
        record.workers[1].firstByteBuckets = buckets
        #expect(Self.fields(of: record)["srv_accept_to_first_byte_p99_ns"] == wanted)
    }

    @Test("counts are summed over workers, and told from those before, each by itself")
    func sums() {
        var (first, second) = (WorkerReport(worker: 0), WorkerReport(worker: 1))
        (first.counts.accepted, second.counts.accepted) = (5, 7)
        (first.counts.steals, second.counts.syscalls.ready) = (3, 4)
        let sum = [first, second].counts
        #expect(sum.accepted == 12 && sum.steals == 3 && sum.syscalls.ready == 4)
        #expect(sum.requests == nil)
        let since = sum.since(first.counts)
        // Also what counts since the start: connections of the span alone.
        #expect(since.accepted == 7 && since.steals == 0 && since.syscalls.ready == nil)
    }
}
