package import Basis
import Measure
package import Report

/// What `--find-rate` asks for.
package struct CapacityRules: Equatable, Sendable {
    package let objectives: [Objective]
    /// The first rate; nil where a closed loop is to tell where to begin.
    package var first: PerSecond?
    /// No rate above this is tried.
    package var highest: PerSecond

    /// Warm-up and measured part of a step, unless the user says otherwise.
    package static let warmUp = Nanoseconds.milliseconds(300)
    package static let duration = Nanoseconds.seconds(2)
    /// Of what the closed loop reaches, the first rate that is tried: below what a server can
    /// carry, and so near that one more step is above it.
    static let startShare = 0.7
    /// Samples behind rules that are no percentiles.
    private static let fewest: UInt64 = 100

    /// - Parameter texts: rules, each with commas or alone.
    package init(
        parsing texts: [String], first: PerSecond? = nil, highest: PerSecond
    ) throws(Complaint) {
        var objectives: [Objective] = []
        for text in texts.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
            let objective = try Objective(parsing: String(text), option: "--find-rate")
            let remedy = "write an upper bound such as p99<5ms, mean<=200us or errors<0.1%"
            if objective.measure == .rate {
                throw Complaint(
                    "--find-rate '\(text)' demands the rate that is to be found", remedy: remedy)
            }
            guard [.atMost, .below].contains(objective.relation) else {
                throw Complaint(
                    "--find-rate '\(text)' gets easier as the rate rises", remedy: remedy)
            }
            objectives.append(objective)
        }
        self.objectives = objectives
        self.first = first
        self.highest = highest
    }

    /// How late the generator may send and not be the limit: what response times of a millisecond
    /// allow, or a tenth of the shortest time that is demanded. Lateness is a part of every
    /// response time, so that none can make an objective look met.
    var latenessLimit: Nanoseconds {
        let bounds = objectives.compactMap { objective -> Double? in
            switch objective.measure {
            case .percentile, .mean, .max: objective.bound
            case .rate, .errorShare, .errorCount: nil
            }
        }
        let tenth = Nanoseconds(raw: Int64((bounds.min() ?? 0) / 10))
        return max(Judgement.Limit.latenessP99, tenth)
    }

    /// The lowest rate that a step of `duration` can judge: it has to bring the samples.
    package func lowest(in duration: Nanoseconds) -> Double {
        var needed = max(Self.fewest, Percentile.samplesNeeded(Judgement.Limit.percentile))
        for case .percentile(let percentile) in objectives.map(\.measure) {
            needed = max(needed, Percentile.samplesNeeded(percentile))
        }
        // A little more than needed, for what chance and the borders of the window take.
        return max(Limit.rateLowest, 1.05 * Double(needed) / duration.inSeconds)
    }
}
