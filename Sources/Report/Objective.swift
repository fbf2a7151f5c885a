package import Basis

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

        package func holds(_ value: Double, _ bound: Double) -> Bool {
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
