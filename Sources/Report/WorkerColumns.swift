import Basis

/// A row of `workers.csv`: what one worker did during one launch.
package typealias WorkerRow = (run: RunIdentity, launch: LaunchRecord, worker: WorkerReport)

/// The columns of `workers.csv`: what names the row, then what a worker counted.
package enum WorkerColumns {
    package static let schema = "switchyard.workers/1"

    /// Frozen. A counter that has no place here goes behind these, in the order of its table.
    private static let order = [
        "accepted", "requests", "cpu_ns", "voluntary_switches", "involuntary_switches",
        "epoll_wait", "recv", "send", "accept", "other", "wakeups", "eagain_accepts", "handoffs",
        "steals", "role", "owned", "shed", "events", "missed_events", "handshakes",
        "handshakes_resumed", "handshakes_failed", "early_accepted", "early_rejected",
        "fastopen_accepted", "fastopen_missed", "drops_before_work", "drops_after_work",
        "cut_answers", "delayed_answers",
    ]

    package static let all =
        place
        + order.compactMap { name in figures.first { $0.name == name } }
        + figures.filter { !order.contains($0.name) }

    private static let place: [Column<WorkerRow>] = [
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
    ]

    private static let figures: [Column<WorkerRow>] =
        [
            Column("role", "text", "loop, acceptor, reader, worker, sender or connection") {
                $0.worker.role
            },
            Column("cpu_ns", "ns", "CPU time, like all that follows between the two readings") {
                "\($0.worker.cpu.raw)"
            },
            Column("voluntary_switches", "1", "voluntary context switches") {
                "\($0.worker.voluntarySwitches)"
            },
            Column("involuntary_switches", "1", "involuntary context switches") {
                "\($0.worker.involuntarySwitches)"
            },
        ]
        + Counter.all.enumerated().map { index, counter in
            Column(counter.column, counter.unit, counter.meaning) {
                field($0.worker.counts[index])
            }
        }
}
