import Measure

/// By how much the values of one sample lie above those of another that was measured independently
/// of it: the Hodges-Lehmann estimate that belongs to the rank-sum test (M. Hollander, D. A. Wolfe
/// and E. Chicken, "Nonparametric Statistical Methods", 3rd ed. 2014, sections 4.2 and 4.3).
package enum ShiftEstimate {
    private enum Limit {
        /// Up to this product of the sample sizes the differences are sorted, beyond it counted.
        static let sorted = 4_096
        /// Up to this product the distribution of the rank sum is counted; beyond, its normal
        /// approximation errs by less than a difference in a thousand.
        static let exact = 400
        /// Differences that are this many halvings apart differ by less than the rounding of their
        /// values.
        static let halvings = 64
    }

    /// The median of all differences `x - y`; nil when a sample is empty.
    package static func hodgesLehmann(_ x: [Double], over y: [Double]) -> Double? {
        if x.isEmpty || y.isEmpty { return nil }
        let differences = Differences(x, y)
        let count = differences.count
        let upper = differences.ofRank(count / 2 + 1)
        return count.isMultiple(of: 2) ? (differences.ofRank(count / 2) + upper) / 2 : upper
    }

    /// The interval of all shifts of `y` that the two-sided rank-sum test would not refuse. Both
    /// bounds are nil where even the widest falls short: below 4 against 4 values at 95 %, below 5
    /// against 5 at 99 %.
    ///
    /// `ranks` are those of sample sizes met before.
    static func interval(
        of x: [Double], over y: [Double], _ ranks: inout Ranks
    ) -> ConfidenceInterval<Double> {
        guard let (rank, coverage) = ranks.of(x.count, y.count) else {
            return ConfidenceInterval(low: nil, high: nil, coverage: 1)
        }
        let differences = Differences(x, y)
        return ConfidenceInterval(
            low: differences.ofRank(rank), high: differences.ofRank(differences.count + 1 - rank),
            coverage: coverage)
    }

    /// The outer ranks by sample sizes: counting them costs more than using them.
    package struct Ranks: Sendable {
        private let confidence: Double
        private var known: [[Int]: (rank: Int, coverage: Double)?] = [:]

        package init(confidence: Double) {
            precondition(confidence > 0 && confidence < 1, "a confidence lies inside 0...1")
            self.confidence = confidence
        }

        fileprivate mutating func of(_ m: Int, _ n: Int) -> (rank: Int, coverage: Double)? {
            if let rank = known[[m, n]] { return rank }
            let rank = outerRank(m, n, confidence: confidence)
            known[[m, n]] = .some(rank)
            return rank
        }
    }

    /// The greatest k such that the k-th least difference still bounds the shift from below.
    static func outerRank(
        _ m: Int, _ n: Int, confidence: Double
    ) -> (rank: Int, coverage: Double)? {
        if m == 0 || n == 0 { return nil }
        let tail = (1 - confidence) / 2
        let count = Double(m) * Double(n)
        guard m * n <= Limit.exact else {
            let deviation = (count * Double(m + n + 1) / 12).squareRoot()
            let rank = count / 2 - Normal.quantile(1 - tail) * deviation
            return rank < 1 ? nil : (Int(rank), confidence)
        }
        let chances = distribution(m, n)
        var rank = 0
        var below = 0.0
        while rank < chances.count, below + chances[rank] <= tail {
            below += chances[rank]
            rank += 1
        }
        return rank == 0 ? nil : (rank, 1 - 2 * below)
    }

    /// P(U = u) for u in 0...mn, U being how many pairs of independent equal samples have x > y.
    private static func distribution(_ m: Int, _ n: Int) -> [Double] {
        // ways[k][u]: the choices of k out of the first ranks whose U is u. Rank r, chosen as the
        // k-th, exceeds r - k values of y.
        var ways = [[Double]](repeating: [Double](repeating: 0, count: m * n + 1), count: m + 1)
        ways[0][0] = 1
        for rank in 1...(m + n) {
            for size in stride(from: min(rank, m), through: max(1, rank - n), by: -1) {
                let gain = rank - size
                for u in stride(from: m * n, through: gain, by: -1) {
                    ways[size][u] += ways[size - 1][u - gain]
                }
            }
        }
        let all = ways[m].reduce(0, +)
        return ways[m].map { $0 / all }
    }

    /// All differences of two samples, by rank, without holding them where they are many.
    private struct Differences {
        private let x: [Double]
        private let y: [Double]
        private let all: [Double]
        let count: Int

        init(_ x: [Double], _ y: [Double]) {
            self.x = x.sorted()
            self.y = y.sorted()
            count = x.count * y.count
            guard count <= Limit.sorted else {
                all = []
                return
            }
            var differences: [Double] = []
            differences.reserveCapacity(count)
            for a in x { for b in y { differences.append(a - b) } }
            differences.sort()
            all = differences
        }

        /// The `rank`-th least difference, counted from 1.
        func ofRank(_ rank: Int) -> Double {
            if !all.isEmpty { return all[rank - 1] }
            var low = x[0] - y[y.count - 1]
            var high = x[x.count - 1] - y[0]
            for _ in 0..<Limit.halvings where low < high {
                let middle = low + (high - low) / 2
                if middle <= low || middle >= high { break }
                if atMost(middle) >= rank { high = middle } else { low = middle }
            }
            return atMost(low) >= rank ? low : high
        }

        /// How many differences are at most `limit`.
        private func atMost(_ limit: Double) -> Int {
            var total = 0
            var first = y.count
            for value in x {
                // x rises, so the least y with x - y ≤ limit rises too.
                while first > 0, value - y[first - 1] <= limit { first -= 1 }
                while first < y.count, value - y[first] > limit { first += 1 }
                total += y.count - first
            }
            return total
        }
    }
}
