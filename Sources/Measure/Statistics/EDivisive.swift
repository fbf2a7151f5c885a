import Basis

/// Change points of a series by hierarchical divisive estimation: where its distribution changes in
/// any way, with no assumption but independence (D. S. Matteson and N. A. James, "A nonparametric
/// approach for multiple change point analysis of multivariate data", JASA 109, 2014).
///
/// The next change is the split with the largest weighted energy distance between the values before
/// and after it; it counts when fewer than `significance` of the shuffles of the values between the
/// known changes come as far. Made for histories, where a late answer is no harm; it decides
/// nothing.
package struct EDivisive: Sendable {
    /// The share of shuffles that may come as far as the series itself.
    package static let significance = 0.001
    /// Enough to tell a share of 0.001 from a half and from twice as much.
    package static let shuffles = 9_999
    /// Fewer values on a side may be a few outliers.
    package static let leastSegment = 3
    /// Longer series are looked at in pieces that overlap by half: what is long past has no say in
    /// what counts as a change now, and the time grows with the square of the piece.
    package static let window = 50
    /// In a shorter series hardly any change can count, since too many shuffles look alike: 16
    /// values have 12870 even splits, of which two part the low from the high.
    package static let leastCount = 16

    /// A point at which the series changes.
    package struct Change: Equatable, Sendable {
        /// The first value of the new level.
        package let index: Int
        /// The share of shuffles, the series itself included, that came as far.
        package let probability: Double
    }

    /// A split and how far apart its sides are.
    struct Split: Equatable {
        /// The first value behind the split.
        let index: Int
        let distance: Double
    }

    private var generator: SeededGenerator
    private let significance: Double
    private let shuffles: Int

    private init(seed: UInt64, significance: Double, shuffles: Int) {
        generator = SeededGenerator(seed: seed)
        self.significance = significance
        self.shuffles = shuffles
    }

    /// The changes of a series of finite values, by rising index. The same seed gives the same
    /// answer.
    package static func changes(
        in values: [Double], seed: UInt64, window: Int = window,
        significance: Double = significance, shuffles: Int = shuffles
    ) -> [Change] {
        precondition(values.allSatisfy(\.isFinite), "a series has finite values only")
        precondition(window >= 2 * leastSegment, "a window holds two segments")
        var search = EDivisive(seed: seed, significance: significance, shuffles: shuffles)
        var changes: [Change] = []
        var start = 0
        while true {
            let end = min(start + window, values.count)
            for change in search.divide(Array(values[start..<end])) {
                let index = start + change.index
                if let last = changes.last, index - last.index < leastSegment { continue }
                changes.append(Change(index: index, probability: change.probability))
            }
            if end == values.count { return changes }
            start = max(start + window / 2, changes.last?.index ?? 0)
        }
    }

    private mutating func divide(_ values: [Double]) -> [Change] {
        var found: [Change] = []
        while true {
            let bounds = [0] + found.map(\.index).sorted() + [values.count]
            let segments = zip(bounds, bounds.dropFirst()).map { Array(values[$0..<$1]) }
            guard let (segment, split) = Self.farthest(segments),
                let probability = probability(of: split.distance, in: segments)
            else { break }
            found.append(Change(index: bounds[segment] + split.index, probability: probability))
        }
        return found.sorted { $0.index < $1.index }
    }

    private static func farthest(_ segments: [[Double]]) -> (segment: Int, split: Split)? {
        var best: (segment: Int, split: Split)?
        for (index, segment) in segments.enumerated() {
            guard let split = farthestSplit(of: segment) else { continue }
            if split.distance > best?.split.distance ?? 0 { best = (index, split) }
        }
        return best
    }

    /// The share of shuffles within the segments that come as far as `distance`; nil as soon as it
    /// can't stay below the significance.
    private mutating func probability(
        of distance: Double, in segments: [[Double]]
    ) -> Double? {
        // Sums of the same values in another order differ in their last places.
        let reached = distance * (1 - 1e-9)
        var hits = 1
        for _ in 0..<shuffles {
            let shuffled = segments.map { $0.shuffled(using: &generator) }
            if Self.farthest(shuffled)?.split.distance ?? 0 >= reached { hits += 1 }
            if Double(hits) >= significance * Double(shuffles + 1) { return nil }
        }
        return Double(hits) / Double(shuffles + 1)
    }

    /// The split of `values` that is farthest apart, when what follows it may end early: else a
    /// second change further on would blur the first (section 2.2 of the paper). Nil for a series
    /// too short to split.
    static func farthestSplit(of values: [Double]) -> Split? {
        let count = values.count
        guard count >= 2 * leastSegment else { return nil }
        // sums[i * side + j] is the sum of the distances of the first i to the first j values.
        let side = count + 1
        var sums = [Double](repeating: 0, count: side * side)
        for i in 0..<count {
            var row = 0.0
            for j in 0..<count {
                row += abs(values[i] - values[j])
                sums[(i + 1) * side + j + 1] = sums[i * side + j + 1] + row
            }
        }
        var best: Split?
        for index in leastSegment...(count - leastSegment) {
            let m = Double(index)
            let inBefore = sums[index * side + index]
            for end in (index + leastSegment)...count {
                let n = Double(end - index)
                let between = sums[index * side + end] - inBefore
                let inAfter = sums[end * side + end] - inBefore - 2 * between
                // Equations 2 and 3: each sum within a side holds every pair twice.
                let energy =
                    2 * between / (m * n) - inBefore / (m * (m - 1)) - inAfter / (n * (n - 1))
                let distance = m * n / (m + n) * energy
                if distance > best?.distance ?? -.infinity {
                    best = Split(index: index, distance: distance)
                }
            }
        }
        return best
    }
}
