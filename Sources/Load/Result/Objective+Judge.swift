import Basis
import Measure
package import Report

extension Objective {
    /// Whether a result meets the demand, and the figure that decides.
    package struct Outcome: Equatable, Sendable {
        package let objective: Objective
        package let isMet: Bool
        /// Such as `1.21ms`; says what is missing where there is no figure.
        package let figure: String
        /// The same in nanoseconds, requests a second, percent or as a count, where there is one.
        package var value: Double?
    }

    /// A percentile that too few samples stand behind meets no demand: nothing shows that it does.
    package func judge(_ result: borrowing LoadResult) -> Outcome {
        let value: Double
        let figure: String
        switch measure {
        case .percentile(let percentile):
            let needed = Percentile.samplesNeeded(percentile)
            let samples = result.tally.response.totalCount
            guard samples >= needed else {
                return Outcome(
                    objective: self, isMet: false,
                    figure: "\(needed) samples needed, \(samples) there")
            }
            let latency = result.tally.response.value(atPercentile: percentile)
            value = Double(min(latency, result.tally.response.max).raw)
            figure = Nanoseconds(raw: Int64(value)).display
        case .mean, .max:
            guard result.tally.response.totalCount > 0 else {
                return Outcome(objective: self, isMet: false, figure: "no samples")
            }
            value =
                measure == .max ? Double(result.tally.response.max.raw) : result.tally.response.mean
            figure = Nanoseconds(raw: Int64(value.rounded())).display
        case .rate:
            if result.isUnsent {
                return Outcome(objective: self, isMet: false, figure: "no request was sent")
            }
            value = result.achievedRate
            figure = decimalDisplay(value) + "/s"
        case .errorCount:
            value = Double(result.failed)
            figure = "\(result.failed)"
        case .errorShare:
            let all = result.succeeded + result.failed
            guard all > 0 else {
                return Outcome(objective: self, isMet: false, figure: "no requests")
            }
            value = 100 * Double(result.failed) / Double(all)
            figure = fixed(value, decimals: 3) + "%"
        }
        return Outcome(
            objective: self, isMet: relation.holds(value, bound), figure: figure, value: value)
    }
}
