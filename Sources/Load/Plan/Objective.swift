package import Basis
import Measure

/// A demand on the result, such as `p99<5ms`, `rps>50k` or `errors<0.1%`.
package struct Objective: Equatable, Sendable, CustomStringConvertible {
    /// What is compared.
    package enum Measure: Equatable, Sendable {
        /// A percentile of the response time (open loop) or the round trip (closed loop).
        case percentile(Double)
        case mean
        case max
        /// Successful requests a second.
        case rate
        /// Failed requests as a share of all, in percent.
        case errorShare
        /// Failed requests.
        case errorCount
    }

    /// How the figure must stand to the bound.
    package enum Relation: String, Sendable, CaseIterable {
        case atMost = "<="
        case atLeast = ">="
        case below = "<"
        case above = ">"

        func holds(_ value: Double, _ bound: Double) -> Bool {
            switch self {
            case .atMost: value <= bound
            case .atLeast: value >= bound
            case .below: value < bound
            case .above: value > bound
            }
        }
    }

    package let measure: Measure
    package let relation: Relation
    /// Nanoseconds, requests a second, percent or a count, as the measure has it.
    package let bound: Double
    /// As the user wrote it.
    package let description: String

    /// - Parameter option: the one that says it.
    package init(parsing text: String, option: String = "--slo") throws(Complaint) {
        func refused(_ why: String) -> Complaint {
            Complaint(
                "\(option) '\(text)' \(why)",
                remedy: "write it like p99<5ms, mean<=200us, max<1s, rps>50k or errors<0.1%")
        }
        let compact = text.filter { $0 != " " }
        guard let start = compact.firstIndex(where: { "<>=".contains($0) }),
            let relation = Relation.allCases.first(where: {
                compact[start...].hasPrefix($0.rawValue)
            })
        else { throw refused("compares nothing") }
        let name = compact[..<start].lowercased()
        let value = String(compact[start...].dropFirst(relation.rawValue.count))
        self.relation = relation
        description = compact

        func time() throws(Complaint) -> Double {
            // A bare number would count seconds here and milliseconds in the reader's mind.
            guard value.last?.isLetter == true, let time = Nanoseconds(parsing: value) else {
                throw refused("compares with '\(value)', which is no time with a unit")
            }
            return Double(time.raw)
        }
        switch name {
        case "mean": (measure, bound) = (.mean, try time())
        case "max": (measure, bound) = (.max, try time())
        case "rps":
            guard let rate = PerSecond(parsing: value) else {
                throw refused("compares with '\(value)', which is no rate")
            }
            (measure, bound) = (.rate, rate.raw)
        case "errors":
            let isShare = value.hasSuffix("%")
            let number = isShare ? Double(value.dropLast()) : parseCount(value).map(Double.init)
            guard let number, number.isFinite, number >= 0, !isShare || number <= 100 else {
                throw refused("compares with '\(value)', which is neither a share nor a count")
            }
            (measure, bound) = (isShare ? .errorShare : .errorCount, number)
        default:
            guard name.hasPrefix("p"), let percentile = Double(name.dropFirst()),
                percentile > 0, percentile < 100
            else { throw refused("names '\(name)', which is not measured") }
            (measure, bound) = (.percentile(percentile), try time())
        }
    }
}

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
