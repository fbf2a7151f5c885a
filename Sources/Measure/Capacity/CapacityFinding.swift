/// What a search for capacity has found.
package struct CapacityFinding: Equatable, Sendable {
    /// How the search ended. The raw value is what tables call it.
    package enum Outcome: String, Sendable, CaseIterable {
        /// There is a capacity, and the run that was to confirm it did.
        case found
        /// Every rate that was to be confirmed failed in that.
        case unconfirmed
        /// The generator was the limit before the server was.
        case generatorBound = "generator-bound"
        /// Not even the lowest rate met the objectives.
        case neverMet = "never-met"
        /// Even the highest rate met them.
        case alwaysMet = "always-met"
        /// The time was over before a rate had been found that was not met.
        case outOfTime = "out-of-time"
        /// The user ended it.
        case interrupted
    }

    package let outcome: Outcome
    /// The highest rate that met the objectives; nil where none did.
    package let low: Double?
    /// The lowest rate that did not, because of the server or the generator; nil where each did.
    package let high: Double?

    package init(outcome: Outcome, low: Double?, high: Double?) {
        self.outcome = outcome
        self.low = low
        self.high = high
    }

    /// The capacity, where the search has found and confirmed one.
    package var capacity: Double? { outcome == .found ? low : nil }
}
