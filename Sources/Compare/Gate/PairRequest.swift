/// A pair of launches to be made next, one directly after the other.
package struct PairRequest: Equatable, Sendable {
    /// What the pair is for.
    package enum Stage: String, Equatable, Hashable, Sendable, CaseIterable {
        case screen
        /// Base against base: `candidate` stands for a second launch of the base.
        case control
        case confirm
    }

    /// Names the pair within the gate; counts from 0.
    package let serial: Int
    package let stage: Stage
    /// Index into the gate's cells.
    package let cell: Int
    /// Which side is launched first.
    package let first: Side
    /// Whether it replaces a pair that did not count.
    package let isRepeat: Bool

    /// `AB` or `BA`, A being the base.
    package var order: String { first == .base ? "AB" : "BA" }
}
