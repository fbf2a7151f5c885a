import Basis
import Report

/// Which launches are made again once a plan is done, as long as there is time to spare: those that
/// something beside the server spoilt. What comes in the place of a launch counts whatever it says,
/// and is replaced in turn only where it was spoilt too; so nothing chooses among figures.
struct Repetition {
    private let plan: Plan
    private var spare: Nanoseconds

    init(of plan: Plan) {
        self.plan = plan
        spare = plan.settings.spare
    }

    /// Takes note of a launch that was made in the place of another.
    mutating func note(elapsed: Nanoseconds) { spare = spare - elapsed }

    /// The next launch, if one of `records` was spoilt and there is time for it. First those that
    /// were made again least often, and of cells that lack the fewest.
    ///
    /// - Parameter expected: how long it takes.
    func next(_ records: [LaunchRecord], expected: (Slot) -> Nanoseconds) -> Slot? {
        let spoilt = records.filter(\.isSpoilt)
        if spoilt.isEmpty { return nil }
        let missing = Dictionary(grouping: spoilt, by: \.cell).mapValues(\.count)
        let attempts = Dictionary(grouping: records) { Place(cell: $0.cell, block: $0.block) }
            .mapValues(\.count)
        func rank(_ record: LaunchRecord) -> (Int, Int, Int) {
            (
                attempts[Place(cell: record.cell, block: record.block)] ?? 0,
                missing[record.cell] ?? 0, record.slot
            )
        }
        guard let chosen = spoilt.min(by: { rank($0) < rank($1) }) else { return nil }
        let slot = Slot(
            index: max(plan.slots.count, (records.map(\.slot).max() ?? 0) + 1),
            block: chosen.block, cell: chosen.cell, seed: chosen.seed, replaces: chosen.slot)
        return expected(slot) <= spare ? slot : nil
    }

    private struct Place: Hashable {
        let cell: Cell
        let block: Int
    }
}
