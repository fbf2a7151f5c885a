import Basis

/// A row of `workers.csv`: what one worker did during one launch.
package struct WorkerRow: Sendable {
    package let run: RunIdentity
    package let launch: LaunchRecord
    package let worker: WorkerReport

    package init(run: RunIdentity, launch: LaunchRecord, worker: WorkerReport) {
        self.run = run
        self.launch = launch
        self.worker = worker
    }
}

/// The columns of `workers.csv`. The order is frozen; new ones go to the end.
package enum WorkerColumns {
    package static let schema = "switchyard.workers/1"

    package static let all: [Column<WorkerRow>] = [
        Column("schema", "text", "the value \(schema)") { _ in schema },
        Column("run_id", "text", "the name of the run's folder") { $0.run.runID },
        Column("cell_id", "text", "the cell") { $0.launch.cell.id },
        Column("pattern", "text", "the execution pattern") { $0.launch.cell.pattern ?? "" },
        Column("connections", "1", "connections of the generator") {
            "\($0.launch.cell.connections)"
        },
        Column("arrival", "text", "closed, poisson or constant") { $0.launch.cell.arrival.name },
        Column("block", "1", "the repetition, counted from 0") { "\($0.launch.block)" },
        Column("slot", "1", "the launch; joins runs.csv") { "\($0.launch.slot)" },
        Column("worker", "1", "the worker, counted from 0") { "\($0.worker.worker)" },
        count("accepted", "connections taken from the kernel since the start") { $0.accepted },
        count("requests", "requests answered between the two readings") { $0.requests },
        Column("cpu_ns", "ns", "CPU time, like all that follows between the two readings") {
            "\($0.worker.cpu.raw)"
        },
        count("voluntary_switches", "voluntary context switches") { $0.voluntarySwitches },
        count("involuntary_switches", "involuntary context switches") { $0.involuntarySwitches },
        count("epoll_wait", "calls of epoll_wait") { $0.epollWait },
        count("recv", "calls of recv") { $0.receive },
        count("send", "calls of send") { $0.send },
        count("accept", "calls of accept") { $0.accept },
        count("other", "other counted system calls") { $0.other },
        count("wakeups", "wakes sent to another worker") { $0.wakeups },
        count("eagain_accepts", "accepts that found an empty queue") { $0.emptyAccepts },
        count("handoffs", "connections or messages passed to another worker") { $0.handoffs },
        count("steals", "messages taken from another worker's queue") { $0.steals },
        Column("role", "text", "loop, acceptor, reader or worker") { $0.worker.role },
        count("owned", "connections that became this worker's since the start") { $0.connections },
    ]

    private static func count(
        _ name: String, _ meaning: String, _ value: @escaping @Sendable (WorkerReport) -> Int64
    ) -> Column<WorkerRow> {
        Column(name, "1", meaning) { "\(value($0.worker))" }
    }
}
