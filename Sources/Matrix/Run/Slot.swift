package import Report

/// One launch to be made.
package struct Slot: Equatable, Sendable {
    /// The position in the plan, counted from 0.
    package let index: Int
    /// The repetition, counted from 0.
    package let block: Int
    package let cell: Cell
    /// For the generator; the same in a whole block, so that its cells meet the same arrivals.
    package let seed: Int64
}
