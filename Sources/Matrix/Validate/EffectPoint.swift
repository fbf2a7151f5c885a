import Basis
import Measure

/// A point behind a figure of an effect, for whoever draws it.
struct EffectPoint: Equatable, Sendable {
    enum Kind: String, Sendable {
        case measured
        case simulated
        /// By a law, without a simulation.
        case predicted
    }

    let kind: Kind
    let x: Double
    let y: Double
}

/// What the points of an effect show.
struct EffectPicture: Equatable, Sendable {
    enum Shape: String, Sendable {
        /// A figure for each round, in the unit of the row; their median is the row's.
        case rounds
        /// A figure for each launch.
        case launches
        /// The share of all, in percent, that is at most so much.
        case distribution
        case curve
        /// The shares of parts in percent, the greatest first.
        case parts
    }

    let shape: Shape
    /// The titles of the axes, with their units.
    let x: String
    let y: String

    /// Of the latencies of requests.
    static let latencies = EffectPicture(
        shape: .distribution, x: "latency, ms", y: "requests that took at most so long, %")
}

extension [EffectPoint] {
    /// More of them where few requests take longest.
    private static var percentiles: [Double] { (0...99).map { Double($0) } + [99.5, 99.9, 100] }

    /// Numbered from 1.
    static func series(_ values: [Double]) -> [EffectPoint] {
        values.enumerated().map {
            EffectPoint(kind: .measured, x: Double($0.offset + 1), y: $0.element)
        }
    }

    /// The distribution of times, in milliseconds.
    static func distribution(
        _ times: borrowing Histogram, _ kind: EffectPoint.Kind
    ) -> [EffectPoint] {
        var points: [EffectPoint] = []
        for percentile in percentiles {
            let time = times.value(atPercentile: percentile)
            points.append(EffectPoint(kind: kind, x: time.inSeconds * 1e3, y: percentile))
        }
        return points
    }

    /// The distribution of values, of which there is at least one.
    static func distribution(_ values: [Double], _ kind: EffectPoint.Kind) -> [EffectPoint] {
        let sorted = values.sorted()
        return percentiles.map { percentile in
            let rank = Percentile.rank(percentile, of: UInt64(sorted.count))
            return EffectPoint(kind: kind, x: sorted[Int(rank) - 1], y: percentile)
        }
    }
}
