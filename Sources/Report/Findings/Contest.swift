import Basis
import Measure

/// Contestants under the same loads, by one figure: who is best, and how far are the others?
///
/// Two are compared by the mean over the loads of the logarithm of the ratio of their figures, as
/// the mean over launches says each, with the interval of Welch and Student. Every interval is for
/// itself; who stands first was chosen by the same launches.
///
/// Of whom the generator limited in one of the loads only a bound is known. A bound that is better
/// than everybody else's figure may stand first; else it has no place, for what is behind the bound
/// may be better than the first.
struct Contest {
    /// What contestants are compared in; a column of `runs.csv`.
    enum Figure: String, CaseIterable {
        case rate = "rps"
        case tail = "p99_ns"
        case cpu = "srv_cpu_ns_per_req"
        case capacity = "capacity_rps"

        var isBetterHigher: Bool { self == .rate || self == .capacity }
    }

    /// How far one is behind the best, as a ratio of at least 1.
    struct Distance: Equatable {
        let ratio: Double
        /// Nil where a cell was launched once alone.
        let interval: ClosedRange<Double>?

        /// Whether chance may explain it.
        var isOpen: Bool { interval.map { $0.contains(1) } ?? true }
    }

    static let confidence = 0.95

    /// By contestant and load, a value a launch.
    typealias Values = [String: [String: [Double]]]

    let figure: Figure
    /// Loads that all contestants ran, by their names.
    let loads: [String]
    /// The best first; at least two, or none where too few have a place.
    let ranking: [String]
    /// Of each of `ranking` but the first.
    let distances: [Distance]
    /// Who has no figure of one of these loads that counts, and so is not compared.
    let absent: [String]
    /// The figure of the best: the geometric mean over the loads; 0 where nobody has a place.
    let best: Double
    /// Whether that is a bound.
    let bestIsBound: Bool
    /// Who has a bound and no place, with the bound.
    let placeless: [(name: String, bound: Double)]
    /// Who has a figure and, since all others are bounds, nobody to be compared with.
    let alone: (name: String, figure: Double)?

    /// - Parameters:
    ///   - values: of all contestants, also those without any.
    ///   - bounds: whose figures are bounds.
    /// - Returns: nil where no two contestants have a load in common.
    init?(_ figure: Figure, _ values: Values, bounds: Set<String> = []) {
        let logs = Self.logarithms(values)
        guard let loads = Self.loads(of: logs) else { return nil }
        let names = logs.filter { name in loads.allSatisfy { name.value[$0] != nil } }.keys.sorted()
        guard names.count >= 2 else { return nil }
        /// The mean logarithm over the loads.
        func mark(_ name: String) -> Double {
            loads.reduce(0) { sum, load in
                let values = logs[name]?[load] ?? []
                return sum + values.reduce(0, +) / Double(values.count)
            } / Double(loads.count)
        }
        let marks = names.map { (name: $0, mark: mark($0)) }.sorted { a, b in
            a.mark == b.mark ? a.name < b.name : (a.mark < b.mark) != figure.isBetterHigher
        }
        let first = marks[0].name
        let placed = marks.filter { !bounds.contains($0.name) || $0.name == first }
        self.figure = figure
        self.loads = loads
        absent = values.keys.filter { !names.contains($0) }.sorted()
        let areAllBounds = names.allSatisfy(bounds.contains)
        placeless = marks.filter { mark in
            areAllBounds || !placed.contains { $0.name == mark.name }
        }.map { ($0.name, Elementary.exp($0.mark)) }
        guard placed.count >= 2 else {
            alone = areAllBounds ? nil : (first, Elementary.exp(marks[0].mark))
            (ranking, distances, best, bestIsBound) = ([], [], 0, false)
            return
        }
        alone = nil
        ranking = placed.map(\.name)
        best = Elementary.exp(placed[0].mark)
        bestIsBound = bounds.contains(ranking[0])
        let sign = (figure.isBetterHigher ? -1.0 : 1.0) / Double(loads.count)
        distances = placed.dropFirst().map { other in
            let samples = loads.flatMap { load in
                [
                    (sign, logs[other.name]?[load] ?? []),
                    (-sign, logs[first]?[load] ?? []),
                ]
            }
            let (sum, interval) = StudentT.interval(ofSum: samples, confidence: Self.confidence)
            var range: ClosedRange<Double>?
            if let low = interval.low, let high = interval.high {
                range = Elementary.exp(low)...Elementary.exp(high)
            }
            return Distance(ratio: Elementary.exp(sum), interval: range)
        }
    }

    /// Of what has one.
    private static func logarithms(_ values: Values) -> Values {
        values.mapValues { loads in
            loads.mapValues { launches in
                launches.filter { $0 > 0 && $0.isFinite }.map { Elementary.log($0) }
            }.filter { !$0.value.isEmpty }
        }.filter { !$0.value.isEmpty }
    }

    /// The loads of one contestant that make the largest table with all who have them, too.
    private static func loads(of logs: Values) -> [String]? {
        let sets = Set(logs.values.map { Set($0.keys) })
        func contestants(_ loads: Set<String>) -> Int {
            logs.values.count { loads.isSubset(of: $0.keys) }
        }
        let tables = sets.filter { contestants($0) >= 2 }.map { loads in
            (size: loads.count * contestants(loads), names: loads.sorted())
        }
        return tables.max {
            ($0.size, $1.names.count, $1.names.joined()) < (
                $1.size, $0.names.count, $0.names.joined()
            )
        }?.names
    }

    /// How far apart the first and the last are for certain, in logarithms; 0 where chance may
    /// explain it.
    var weight: Double {
        guard let range = distances.last?.interval, range.lowerBound > 1 else { return 0 }
        return Elementary.log(range.lowerBound)
    }
}
