package import Basis

/// Searches the highest rate at which objectives are met, by steps that somebody else makes:
/// geometric ones until the border lies between two of them, then halves (of the logarithm), then a
/// longer run that has to confirm the result.
///
/// Noise only ever makes a step worse: a step that is met is believed at once, one that is not is
/// repeated unless the server plainly fell behind, and the border is tried once more when it is
/// close. A rate that is met in the end, though steps below it were not, refutes those.
///
/// Where chance decides how many requests come, a step stands for the rate that came of it.
package struct CapacitySearch: Sendable {
    /// Where rates are sought, and for how long.
    package struct Bounds: Equatable, Sendable {
        /// The first rate that is tried.
        package var start: Double
        package var lowest: Double
        package var highest: Double
        /// What a usual step takes, all in all.
        package var step: Nanoseconds

        package init(start: Double, lowest: Double, highest: Double, step: Nanoseconds) {
            precondition(lowest > 0 && lowest <= highest, "there is a rate to try")
            precondition(step > .zero, "a step takes its time")
            self.start = min(max(start, lowest), highest)
            self.lowest = lowest
            self.highest = highest
            self.step = step
        }
    }

    /// What decides how exact a search is and how long it takes.
    package enum Limit {
        /// The border is known when its two sides are this close.
        package static let tolerance = 0.01
        /// The same where the generator is the limit: there is no capacity to be exact about.
        static let generatorTolerance = 0.05
        /// Between sides that are closer the border is looked at once more, rather than halved.
        static let near = 0.02
        /// Sides that are further apart are halved as long as there is time for a confirmation.
        static let far = 0.03
        /// The first steps upwards and downwards, each followed by its square, up to the longest.
        static let firstFactor = 1.5
        static let longestFactor = 4.0
        /// Downwards at least to this share of what a server carried that did not keep up.
        static let carriedShare = 0.8
        /// The first step upwards from a border that was none.
        static let refutedFactor = 1.03
        /// How often a step is repeated because it was disturbed.
        static let disturbances = 2
        /// How many rates may fail to be confirmed, each lower than the last by the tolerance.
        static let confirmations = 7
        /// So many usual steps the whole search may take: a minute, for steps of 2.3 seconds.
        package static let steps: Int64 = 24
        /// And so many it takes as a rule.
        static let usualSteps: Int64 = 16
    }

    /// The lowest rate that was not met.
    private struct Border {
        /// What is asked for to try it again, and what came of that.
        let asked: Double
        var rate: Double
        var weight: Int
        var answers: Int
        var ofGenerator: Int

        /// In doubt it was the generator: a capacity that is none is worse than none.
        var isOfGenerator: Bool { ofGenerator > 0 && 2 * ofGenerator >= answers }
    }

    private let bounds: Bounds
    /// The highest rate that was met, as it came, and what was asked for to meet one.
    private var low: Double?
    private var asked = 0.0
    /// Rates that were not met, by falling rates: the last is the border, and those before are what
    /// is left where it turns out to be none.
    private var borders: [Border] = []
    /// What is to be made next; nil at the end.
    package private(set) var next: CapacityProbe?
    private var outcome: CapacityFinding.Outcome?
    /// What speaks against the rate that is being tried.
    private var weight = 0
    private var generatorAnswers = 0
    private var answers = 0
    /// The lowest rate that came of the one that is being tried.
    private var tried: Double?
    private var disturbances = 0
    /// Successes a second of the last step that was too much.
    private var carried: Double?
    private var factor = Limit.firstFactor
    private var unconfirmed = 0
    private var spent = Nanoseconds.zero

    package init(_ bounds: Bounds) {
        self.bounds = bounds
        next = CapacityProbe(rate: bounds.start, purpose: .approach)
    }

    /// The longest that a search takes, but for what its last steps take longer than planned.
    package static func longest(step: Nanoseconds) -> Nanoseconds { step * Limit.steps }

    /// What it takes as a rule.
    package static func usual(step: Nanoseconds) -> Nanoseconds { step * Limit.usualSteps }

    /// What is known. Before the end it is what an interrupted search leaves.
    package var finding: CapacityFinding {
        CapacityFinding(outcome: outcome ?? .interrupted, low: low, high: borders.last?.rate)
    }

    /// Takes note of the step that `next` wanted, and of the time that it took.
    package mutating func note(_ result: CapacityProbeResult, elapsed: Nanoseconds) {
        guard let probe = next else { return }
        spent = spent + elapsed
        let rate = result.offered ?? probe.rate
        if result.answer == .met {
            forgetTrial()
            return met(probe, at: rate)
        }
        if result.isDisturbed, disturbances < Limit.disturbances, hasTime(for: 1) {
            disturbances += 1
            next = CapacityProbe(rate: probe.rate, purpose: again(probe))
            return
        }
        if result.answer == .overloaded { carried = result.carried }
        tried = min(tried ?? .infinity, rate)
        weight += result.weight
        answers += 1
        if result.answer == .generator { generatorAnswers += 1 }
        let isLast = probe.purpose == .border || probe.purpose == .confirm
        if weight < 2, !isLast, hasTime(for: 1) {
            next = CapacityProbe(rate: probe.rate, purpose: .again)
            return
        }
        notMet(probe)
    }

    private func again(_ probe: CapacityProbe) -> CapacityProbe.Purpose {
        probe.purpose == .confirm || probe.purpose == .border ? probe.purpose : .again
    }

    private mutating func forgetTrial() {
        (weight, generatorAnswers, answers, disturbances) = (0, 0, 0, 0)
        tried = nil
    }

    /// Whether so many more usual steps fit into the whole.
    private func hasTime(for steps: Int) -> Bool {
        spent + bounds.step * Int64(steps) <= Self.longest(step: bounds.step)
    }

    private mutating func met(_ probe: CapacityProbe, at rate: Double) {
        low = max(low ?? 0, rate)
        asked = max(asked, probe.rate)
        while let border = borders.last, border.rate <= rate {
            borders.removeLast()
            factor = Limit.refutedFactor
        }
        if probe.purpose == .confirm {
            // What it was asked for is the mean of what chance makes of it.
            low = probe.rate
            return end(probe.rate >= bounds.highest ? .alwaysMet : .found)
        }
        choose()
    }

    private mutating func notMet(_ probe: CapacityProbe) {
        let rate = tried ?? probe.rate
        var border = Border(
            asked: probe.rate, rate: rate, weight: 0, answers: 0, ofGenerator: 0)
        if let place = borders.firstIndex(where: { $0.asked == probe.rate }) {
            border = borders.remove(at: place)
        }
        border.rate = min(border.rate, rate)
        border.weight += weight
        border.answers += answers
        border.ofGenerator += generatorAnswers
        let isOfGenerator = border.isOfGenerator
        borders.insert(border, at: borders.firstIndex { $0.rate < border.rate } ?? borders.count)
        forgetTrial()
        if probe.purpose == .confirm { return lower(from: probe.rate, isOfGenerator) }
        choose()
    }

    /// A rate that was met did not stand a longer run.
    private mutating func lower(from rate: Double, _ isOfGenerator: Bool) {
        unconfirmed += 1
        // It was met once, so that nothing lower is known to be.
        low = nil
        let lower = rate / (1 + Limit.tolerance)
        guard unconfirmed < Limit.confirmations, lower >= bounds.lowest, hasTime(for: 2) else {
            return end(isOfGenerator ? .generatorBound : .unconfirmed)
        }
        next = CapacityProbe(rate: lower, purpose: .confirm)
    }

    /// The next rate, from what is known.
    private mutating func choose() {
        switch (low, borders.last) {
        case (nil, nil): next = CapacityProbe(rate: bounds.start, purpose: .approach)
        case (let low?, nil):
            if asked >= bounds.highest { return confirm(asked) }
            guard hasTime(for: 1) else { return end(.outOfTime) }
            approach(min(bounds.highest, low * factor))
        case (nil, let high?):
            if high.asked > bounds.lowest {
                guard hasTime(for: 1) else { return end(.outOfTime) }
                let share = (carried ?? .infinity) * Limit.carriedShare
                approach(max(bounds.lowest, min(high.rate / factor, share)))
            } else if high.weight < 3, hasTime(for: 1) {
                next = CapacityProbe(rate: high.asked, purpose: .border)
            } else {
                end(high.isOfGenerator ? .generatorBound : .neverMet)
            }
        case (let low?, let high?): narrow(low, high)
        }
    }

    private mutating func approach(_ rate: Double) {
        factor = min(factor * factor, Limit.longestFactor)
        next = CapacityProbe(rate: rate, purpose: .approach)
    }

    private mutating func narrow(_ low: Double, _ high: Border) {
        let tolerance = high.isOfGenerator ? Limit.generatorTolerance : Limit.tolerance
        // The border's last trial and the confirmation have to follow, perhaps at a second
        // and a third rate.
        let width = high.rate / low - 1
        if width > tolerance && hasTime(for: 10) || width > Limit.far && hasTime(for: 7) {
            next = CapacityProbe(rate: (low * high.rate).squareRoot(), purpose: .bisect)
        } else if high.weight < 3, width <= max(tolerance, Limit.near), hasTime(for: 8) {
            next = CapacityProbe(rate: high.asked, purpose: .border)
        } else if high.isOfGenerator {
            end(.generatorBound)
        } else {
            confirm(low)
        }
    }

    private mutating func confirm(_ rate: Double) {
        guard hasTime(for: 2) else { return end(.unconfirmed) }
        next = CapacityProbe(rate: rate, purpose: .confirm)
    }

    private mutating func end(_ outcome: CapacityFinding.Outcome) {
        self.outcome = outcome
        next = nil
    }
}
