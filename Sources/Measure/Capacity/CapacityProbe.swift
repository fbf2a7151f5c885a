/// A step that a search for capacity wants made.
package struct CapacityProbe: Equatable, Sendable {
    /// Why a rate is tried. The raw value is what tables call it.
    package enum Purpose: String, Sendable, CaseIterable {
        /// Geometric steps, until one is met and one is not.
        case approach
        /// Between the highest rate that was met and the lowest that was not.
        case bisect
        /// The same rate again: one step that is not met shows little.
        case again = "repeat"
        /// The lowest rate that was not met, once more before it is believed.
        case border
        /// The rate that was found, for longer.
        case confirm
    }

    /// Requests a second.
    package let rate: Double
    package let purpose: Purpose

    package init(rate: Double, purpose: Purpose) {
        self.rate = rate
        self.purpose = purpose
    }

    /// Times the usual length of a step.
    package var length: Int { purpose == .confirm ? 2 : 1 }
}
