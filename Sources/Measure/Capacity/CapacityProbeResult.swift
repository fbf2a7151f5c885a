/// What a step of a search for capacity came to.
package struct CapacityProbeResult: Equatable, Sendable {
    /// The raw value is what tables call it.
    package enum Answer: String, Sendable, CaseIterable {
        /// The objectives were met, and the generator was not the limit.
        case met
        /// They were not, though the server kept up: what a hiccup of the machine looks like, too.
        case missed
        /// The server did not keep up, which no hiccup explains.
        case overloaded
        /// The generator was the limit; whatever the figures say, they are its own.
        case generator
    }

    package let answer: Answer
    /// Whether other work took CPU time that the generator was given for itself.
    package let isDisturbed: Bool

    /// Successes a second; nil where nobody counted.
    package let carried: Double?

    /// Requests a second that were due in truth, where chance decides; nil where as many were as
    /// the probe says.
    package let offered: Double?

    package init(
        _ answer: Answer, isDisturbed: Bool = false, carried: Double? = nil,
        offered: Double? = nil
    ) {
        self.answer = answer
        self.isDisturbed = isDisturbed
        self.carried = carried
        self.offered = offered
    }

    /// How much it says against the rate: two are enough to turn back, three to call it the border.
    var weight: Int {
        switch answer {
        case .met: 0
        case .missed, .generator: 1
        case .overloaded: 2
        }
    }
}
