/// Wilcoxon's signed-rank test and what belongs to it, exactly and for any number of ties (F.
/// Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1, 1945; M.
/// Hollander, D. A. Wolfe and E. Chicken, "Nonparametric Statistical Methods", 3rd ed. 2014,
/// chapter 3).
package enum SignedRank {
    enum Limit {
        /// The distribution takes time and memory of order n³ and n²: 1 000 pairs are far beyond
        /// any plan.
        static let pairs = 1_000
    }

    /// The probability, if the differences are symmetric about `shift`, of a rank sum of the
    /// positive `differences - shift` at least as large as the one seen: small when they are larger
    /// than `shift`.
    ///
    /// Exact, by counting the assignments of signs to the ranks present. Equal absolute values
    /// share their mean rank. Differences equal to `shift` take part in the ranking and then add to
    /// neither side (J. W. Pratt, "Remarks on zeros and ties in the Wilcoxon signed rank
    /// procedures", JASA 54, 1959): dropped before ranking, as Wilcoxon did, they can make a sample
    /// look stronger when it grows weaker. The least value possible is 2^-n. 1 when nothing differs
    /// from `shift`. At most 1 000 differences.
    package static func pGreater(_ differences: [Double], shift: Double = 0) -> Double {
        precondition(differences.count <= Limit.pairs, "too many pairs for the exact distribution")
        let distances = differences.map { $0 - shift }
        let ranks = Ranks.doubledMidranks(of: distances.map { abs($0) })
        var observed = 0
        var signed: [Int] = []
        for (distance, rank) in zip(distances, ranks) where distance != 0 {
            signed.append(rank)
            if distance > 0 { observed += rank }
        }
        return upperTails(ofSums: signed)[observed]
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
        Median.of(sorted: walshAverages(values))
    }

    /// The interval of all shifts that the two-sided signed-rank test would not refuse: from the
    /// k-th least to the k-th greatest Walsh average (J. W. Tukey, 1949; Hollander, Wolfe and
    /// Chicken, section 3.3).
    ///
    /// Exact for continuous symmetric differences. With ties among them the closed interval covers
    /// at least as often (G. E. Noether, "Wilcoxon confidence intervals for location parameters in
    /// the discrete case", JASA 62, 1967). Both bounds are nil when even the widest interval falls
    /// short: fewer than 6 values at 95 %, fewer than 8 at 99 %.
    package static func interval(
        of values: [Double], confidence: Double
    ) -> ConfidenceInterval<Double> {
        precondition(confidence > 0 && confidence < 1, "a confidence lies inside 0...1")
        let averages = walshAverages(values)
        let tails = upperTails(pairs: values.count)
        // By symmetry P(W ≤ k - 1) = P(W ≥ M - k + 1), M being the greatest sum.
        var k = 0
        while k < averages.count, tails[averages.count - k] <= (1 - confidence) / 2 { k += 1 }
        guard k > 0 else { return ConfidenceInterval(low: nil, high: nil, coverage: 1) }
        return ConfidenceInterval(
            low: averages[k - 1], high: averages[averages.count - k],
            coverage: 1 - 2 * tails[averages.count - k + 1])
    }
}
