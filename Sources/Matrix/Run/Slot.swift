import Report

/// One launch to be made.
struct Slot: Equatable, Sendable {
    /// The position in the plan, counted from 0.
    let index: Int
    /// The repetition, counted from 0.
    let block: Int
    let cell: Cell
    /// For the generator; the same in a whole block, so that its cells meet the same arrivals.
    let seed: Int64
    /// The launch in whose place this one is made, by its position; nil for those of the plan.
    var replaces: Int?
}
