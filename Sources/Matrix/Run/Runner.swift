import Basis
import Report

/// Makes the launches of a plan that the journal lacks, in order, and then those again that were
/// spoilt, as long as there is time to spare.
struct Runner<Launcher: Executor> {
    /// Whether the plan was done.
    enum Ending: Equatable, Sendable { case complete, interrupted }

    let plan: Plan
    var executor: Launcher
    let interruption: StopRequest
    var progress: Progress
    /// The monotonic clock, as a parameter for tests.
    let now: () -> Instant

    /// Runs to the end of the plan or until stopped. Each record is in the journal before the next
    /// launch begins, so that a crash costs at most the launch under way.
    mutating func run(
        into journal: inout Journal<LaunchRecord>
    ) throws(Complaint) -> Ending {
        defer { progress.finish() }
        for slot in plan.slots where !journal.holds(slot) {
            if interruption.check() > .none { return .interrupted }
            progress.begin(slot)
            guard let made = try launch(slot, into: &journal) else { return .interrupted }
            progress.end(made.record, elapsed: made.elapsed)
        }
        return try runAgain(into: &journal)
    }

    /// Nil where the user stopped it.
    private mutating func launch(
        _ slot: Slot, into journal: inout Journal<LaunchRecord>
    ) throws(Complaint) -> (record: LaunchRecord, elapsed: Nanoseconds)? {
        let began = now()
        guard
            var record = executor.launch(
                slot, settings: plan.settings.of(slot.cell), interruption: interruption)
        else { return nil }
        record.replaces = slot.replaces
        try journal.append(record)
        return (record, now().since(began))
    }

    private mutating func runAgain(
        into journal: inout Journal<LaunchRecord>
    ) throws(Complaint) -> Ending {
        var repetition = Repetition(of: plan)
        // Those of an earlier part of the run have had their time.
        for record in journal.records where record.replaces != nil {
            repetition.note(
                elapsed: progress.expected(
                    Slot(index: 0, block: 0, cell: record.cell, seed: record.seed)))
        }
        while let slot = repetition.next(journal.records, expected: progress.expected) {
            if interruption.check() > .none { return .interrupted }
            progress.beginAgain(slot)
            guard let made = try launch(slot, into: &journal) else { return .interrupted }
            repetition.note(elapsed: made.elapsed)
            progress.endAgain(made.record)
        }
        return .complete
    }
}
