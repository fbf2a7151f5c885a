package import Basis
import Measure

/// Whether an open-loop generator sent as it should have: the gaps between sends against the
/// schedule's.
package struct ArrivalCheck: Equatable, Sendable {
    /// The named limits of this check.
    package enum Limit {
        /// More gaps are thinned to this many from all of the run: with millions the test would
        /// refuse any real clock and timer for deviations that no server could notice.
        package static let gaps = 1_000
        /// Fewer gaps decide nothing.
        package static let gapsNeeded = 20
        /// Twice the 1 % point, Lancet's rule (Kogias, Mallon and Bugnion, USENIX ATC 2019).
        package static let andersonDarling = 2 * 1.957
        /// The share of gaps that may be too short, and the share that may be too long.
        package static let kolmogorovSmirnov = 0.05
        /// Fixed, so that the same gaps always get the same answer.
        static let thinningSeed: UInt64 = 0x6A_95
    }

    /// The distance from the schedule: A² for Poisson arrivals, a share of gaps for constant ones.
    package let statistic: Double
    /// The greatest statistic that passes.
    package let limit: Double
    /// How many gaps the statistic comes from.
    package let gaps: Int

    package var passes: Bool { statistic <= limit }

    /// Poisson arrivals: Anderson and Darling's A² of the gaps against an exponential distribution
    /// with their own mean, times 1 + 0.6/n (M. A. Stephens, "EDF statistics for goodness of fit
    /// and some comparisons", JASA 69, 1974; 1 % point 1.957). The rate itself is not judged here.
    /// Nil for fewer than 20 gaps.
    package static func poisson(_ gaps: [Nanoseconds]) -> ArrivalCheck? {
        let gaps = thinned(gaps)
        guard gaps.count >= Limit.gapsNeeded else { return nil }
        let count = Double(gaps.count)
        // A gap of no measurable length stands for at most one tick of the clock, 1 ns.
        let sorted = gaps.map { max(1, Double($0.raw)) }.sorted()
        let mean = sorted.reduce(0, +) / count
        var sum = 0.0
        for (index, gap) in sorted.enumerated() {
            let share = 1 - Elementary.exp(-gap / mean)
            let rest = -sorted[sorted.count - 1 - index] / mean
            sum +=
                (2 * Double(index) + 1) * (Elementary.log(max(share, .leastNormalMagnitude)) + rest)
        }
        let statistic = (-count - sum / count) * (1 + 0.6 / count)
        return ArrivalCheck(
            statistic: statistic, limit: Limit.andersonDarling, gaps: gaps.count)
    }

    /// Constant arrivals: the Kolmogorov-Smirnov distance between the gaps and the nearest
    /// distribution that lies wholly within `tolerance` of `interval`. This is the share of gaps
    /// that are too short or the share that are too long, whichever is greater; bursts have many of
    /// the one and pauses of the other, even when the mean is right. Nil for fewer than 20 gaps.
    package static func constant(
        _ gaps: [Nanoseconds], interval: Nanoseconds, tolerance: Nanoseconds
    ) -> ArrivalCheck? {
        let gaps = thinned(gaps)
        guard gaps.count >= Limit.gapsNeeded else { return nil }
        let short = gaps.count { $0 < interval - tolerance }
        let long = gaps.count { $0 > interval + tolerance }
        return ArrivalCheck(
            statistic: Double(max(short, long)) / Double(gaps.count),
            limit: Limit.kolmogorovSmirnov, gaps: gaps.count)
    }

    /// One gap from each of `Limit.gaps` equal stretches, at a random place in it: equal steps
    /// could fall in with the period of a burst and see only one phase of it.
    private static func thinned(_ gaps: [Nanoseconds]) -> [Nanoseconds] {
        if gaps.count <= Limit.gaps { return gaps }
        var generator = SeededGenerator(seed: Limit.thinningSeed)
        return (0..<Limit.gaps).map { stretch in
            let start = stretch * gaps.count / Limit.gaps
            let end = (stretch + 1) * gaps.count / Limit.gaps
            return gaps[Int.random(in: start..<end, using: &generator)]
        }
    }
}
