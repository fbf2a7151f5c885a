package import Basis
package import Report

/// Makes the launches of a plan that the journal lacks, in order.
package struct Runner<Launcher: Executor> {
    /// Whether the plan was done.
    package enum Ending: Equatable, Sendable { case complete, interrupted }

    package let plan: Plan
    package var executor: Launcher
    package let interruption: StopRequest
    package var progress: Progress
    /// The monotonic clock, as a parameter for tests.
    package let now: () -> Instant

    package init(
        plan: Plan, executor: Launcher, interruption: StopRequest, progress: Progress,
        now: @escaping () -> Instant
    ) {
        self.plan = plan
        self.executor = executor
        self.interruption = interruption
        self.progress = progress
        self.now = now
    }

    /// Runs to the end of the plan or until stopped. Each record is in the journal before the next
    /// launch begins, so that a crash costs at most the launch under way.
    package mutating func run(
        into journal: inout Journal<LaunchRecord>
    ) throws(Complaint) -> Ending {
        defer { progress.finish() }
        for slot in plan.slots where !journal.holds(slot) {
            if interruption.check() > .none { return .interrupted }
            progress.begin(slot)
            let began = now()
            guard
                let record = executor.launch(
                    slot, settings: plan.settings, interruption: interruption)
            else { return .interrupted }
            try journal.append(record)
            progress.end(record, elapsed: now().since(began))
        }
        return .complete
    }
}
