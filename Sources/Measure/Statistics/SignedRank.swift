/// Wilcoxon's signed-rank test and what belongs to it, exactly and for any number of ties (F.
/// Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1, 1945; M.
/// Hollander, D. A. Wolfe and E. Chicken, "Nonparametric Statistical Methods", 3rd ed. 2014,
/// chapter 3).
package enum SignedRank {
    enum Limit {
        /// Up to this many pairs without ties p-values and intervals come from the exact
        /// distribution. One table serves all samples of a size, but takes time of order n³.
        static let exactPairs = 100
        /// The same with ties or zeros, where each sample has a distribution of its own.
        static let exactTiedPairs = 50
        /// Tables of the exact distribution end here, far beyond any plan.
        static let pairs = 1_000
    }

    /// The exact distributions by sample sizes: counting them costs more than using them.
    package struct Tails: Sendable {
        private var known: [Int: [Double]] = [:]
        /// How many distributions were counted.
        private(set) var counted = 0

        package init() {}

        fileprivate mutating func of(_ pairs: Int) -> [Double] {
            if let tails = known[pairs] { return tails }
            let tails = upperTails(pairs: pairs)
            known[pairs] = tails
            counted += 1
            return tails
        }
    }

    /// The probability, if the differences are symmetric about `shift`, of a rank sum of the
    /// positive `differences - shift` at least as large as the one seen: small when they are larger
    /// than `shift`.
    ///
    /// Exact up to 100 differences without ties and 50 with them, by counting the assignments of
    /// signs to the ranks present; the least value possible is then 2^-n. Beyond, it is the normal
    /// approximation with continuity correction and the variance that ties and zeros leave
    /// (Hollander, Wolfe and Chicken, section 3.1, large-sample approximation and ties): W has
    /// shorter tails than the normal distribution, so that small values err to the safe side.
    ///
    /// Equal absolute values share their mean rank. Differences equal to `shift` take part in the
    /// ranking and then add to neither side (J. W. Pratt, "Remarks on zeros and ties in the
    /// Wilcoxon signed rank procedures", JASA 54, 1959): dropped before ranking, as Wilcoxon did,
    /// they can make a sample look stronger when it grows weaker. 1 when nothing differs from
    /// `shift`.
    package static func pGreater(_ differences: [Double], shift: Double = 0) -> Double {
        var tails = Tails()
        return pGreater(differences, shift: shift, &tails)
    }

    /// The same, with the distributions of sample sizes met before.
    package static func pGreater(
        _ differences: [Double], shift: Double, _ tails: inout Tails
    ) -> Double {
        let distances = differences.map { $0 - shift }
        let ranks = Ranks.doubledMidranks(of: distances.map { abs($0) })
        var observed = 0
        var signed: [Int] = []
        for (distance, rank) in zip(distances, ranks) where distance != 0 {
            signed.append(rank)
            if distance > 0 { observed += rank }
        }
        if signed.isEmpty { return 1 }
        let count = differences.count
        let squares = signed.reduce(0) { $0 + $1 * $1 }
        // Ties and zeros make the sum of the squares of the (doubled) ranks smaller.
        let isPlain = squares == 2 * count * (count + 1) * (2 * count + 1) / 3
        if isPlain, count <= Limit.exactPairs { return tails.of(count)[observed / 2] }
        if count <= Limit.exactTiedPairs { return upperTails(ofSums: signed)[observed] }
        let mean = Double(signed.reduce(0, +)) / 2
        // Half a rank of continuity is 1 in doubled ranks.
        let z = (Double(observed) - 1 - mean) / (Double(squares) / 4).squareRoot()
        return Normal.upperTail(z)
    }

    /// The least p-value that a test of `pairs` pairs can give, 2^-pairs: a plan whose level lies
    /// below can never find anything.
    package static func pLeast(pairs: Int) -> Double {
        Double(sign: .plus, exponent: -pairs, significand: 1)
    }

    /// P(W ≥ w) for w in 0...n(n+1)/2, W being the rank sum of the positive among `pairs`
    /// differences symmetric about zero without ties.
    package static func upperTails(pairs: Int) -> [Double] {
        precondition(
            pairs >= 0 && pairs <= Limit.pairs, "too many pairs for the exact distribution")
        return upperTails(ofSums: pairs == 0 ? [] : Array(1...pairs))
    }

    /// P(S ≥ s) for s in 0...sum, S being the sum of the `terms` whose fair coin shows heads.
    private static func upperTails(ofSums terms: [Int]) -> [Double] {
        var chances = [Double](repeating: 0, count: terms.reduce(0, +) + 1)
        chances[0] = 1
        var reach = 0
        for term in terms {
            reach += term
            for sum in stride(from: reach, through: 0, by: -1) {
                chances[sum] = (chances[sum] + (sum >= term ? chances[sum - term] : 0)) / 2
            }
        }
        for sum in stride(from: chances.count - 2, through: 0, by: -1) {
            chances[sum] += chances[sum + 1]
        }
        return chances
    }

    /// The means of all n(n+1)/2 pairs of values, each value with itself included, by rising size.
    package static func walshAverages(_ values: [Double]) -> [Double] {
        var averages: [Double] = []
        averages.reserveCapacity(values.count * (values.count + 1) / 2)
        for (index, value) in values.enumerated() {
            for other in values[index...] { averages.append((value + other) / 2) }
        }
        averages.sort()
        return averages
    }

    /// The median of the Walsh averages: the centre of symmetry, estimated (J. L. Hodges and E. L.
    /// Lehmann, "Estimates of location based on rank tests", Ann. Math. Stat. 34, 1963). Nil for an
    /// empty sample.
    package static func hodgesLehmann(_ values: [Double]) -> Double? {
        WalshAverages(values).median
    }

    /// The estimate of `hodgesLehmann(_:)`, nil for an empty sample, and its interval, with the
    /// distributions of sample sizes met before.
    ///
    /// The interval is of all shifts that the two-sided signed-rank test would not refuse: from the
    /// k-th least to the k-th greatest Walsh average (J. W. Tukey, 1949; Hollander, Wolfe and
    /// Chicken, section 3.3).
    ///
    /// Exact for up to 100 continuous symmetric differences; beyond, k is that of the normal
    /// approximation. With ties among them the closed interval covers at least as often (G. E.
    /// Noether, "Wilcoxon confidence intervals for location parameters in the discrete case", JASA
    /// 62, 1967). Both bounds are nil when even the widest interval falls short: fewer than 6
    /// values at 95 %, fewer than 8 at 99 %.
    package static func estimate(
        of values: [Double], confidence: Double, _ tails: inout Tails
    ) -> (centre: Double?, interval: ConfidenceInterval<Double>) {
        precondition(confidence > 0 && confidence < 1, "a confidence lies inside 0...1")
        let averages = WalshAverages(values)
        let (rank, coverage) = outerRank(values.count, confidence: confidence, &tails)
        guard rank > 0 else {
            return (averages.median, ConfidenceInterval(low: nil, high: nil, coverage: 1))
        }
        let interval = ConfidenceInterval<Double>(
            low: averages.ofRank(rank), high: averages.ofRank(averages.count + 1 - rank),
            coverage: coverage)
        return (averages.median, interval)
    }

    /// The greatest k such that the k-th least Walsh average of `count` values still bounds the
    /// centre from below; 0 where none does.
    private static func outerRank(
        _ count: Int, confidence: Double, _ tails: inout Tails
    ) -> (rank: Int, coverage: Double) {
        let tail = (1 - confidence) / 2
        let most = count * (count + 1) / 2
        guard count <= Limit.exactPairs else {
            let n = Double(count)
            let deviation = (n * (n + 1) * (2 * n + 1) / 24).squareRoot()
            let rank = Double(most) / 2 + Normal.quantile(tail) * deviation
            return (max(0, Int(rank)), confidence)
        }
        let chances = tails.of(count)
        // By symmetry P(W ≤ k - 1) = P(W ≥ M - k + 1), M being the greatest sum.
        var rank = 0
        while rank < most, chances[most - rank] <= tail { rank += 1 }
        return (rank, rank > 0 ? 1 - 2 * chances[most - rank + 1] : 1)
    }
}
