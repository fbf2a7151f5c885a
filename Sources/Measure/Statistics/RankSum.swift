/// The rank-sum test of two independent samples (F. Wilcoxon, Biometrics Bulletin 1, 1945; H. B.
/// Mann and D. R. Whitney, Ann. Math. Stat. 18, 1947).
package enum RankSum {
    private enum Limit {
        /// Above this many values in all, the normal approximation is used.
        static let exactCount = 20
    }

    /// The two-sided p-value: small when one sample tends to be larger than the other.
    ///
    /// Up to 20 values in all it is exact, by counting which of the ranks present, mean ranks for
    /// ties included, could have fallen to `x`; beyond, it is the normal approximation with
    /// continuity correction and the variance that the ties leave (E. L. Lehmann, "Nonparametrics",
    /// 1975, section 1.4). 1 when a sample is empty.
    package static func pTwoSided(_ x: [Double], _ y: [Double]) -> Double {
        if x.isEmpty || y.isEmpty { return 1 }
        let ranks = Ranks.doubledMidranks(of: x + y)
        let observed = ranks[..<x.count].reduce(0, +)
        // In doubled ranks the mean is m(N+1).
        let distance = abs(observed - x.count * (ranks.count + 1))
        return ranks.count <= Limit.exactCount
            ? exact(ranks, taken: x.count, distance: distance)
            : approximate(ranks, taken: x.count, distance: distance)
    }

    /// The share of choices of `taken` ranks whose sum lies at least `distance` from the mean sum.
    private static func exact(_ ranks: [Int], taken: Int, distance: Int) -> Double {
        let most = ranks.reduce(0, +)
        // ways[k][s]: choices of k ranks with the sum s.
        var ways = [[Double]](repeating: [Double](repeating: 0, count: most + 1), count: taken + 1)
        ways[0][0] = 1
        for rank in ranks {
            for size in stride(from: taken, through: 1, by: -1) {
                for sum in rank...most { ways[size][sum] += ways[size - 1][sum - rank] }
            }
        }
        let mean = taken * (ranks.count + 1)
        var all = 0.0
        var far = 0.0
        for (sum, count) in ways[taken].enumerated() {
            all += count
            if abs(sum - mean) >= distance { far += count }
        }
        return far / all
    }

    private static func approximate(_ ranks: [Int], taken: Int, distance: Int) -> Double {
        let count = Double(ranks.count)
        let spread = ranks.reduce(0.0) { sum, rank in
            let offset = Double(rank) / 2 - (count + 1) / 2
            return sum + offset * offset
        }
        let other = count - Double(taken)
        let variance = Double(taken) * other / (count * (count - 1)) * spread
        if variance <= 0 { return 1 }
        let z = max(0, Double(distance) / 2 - 0.5) / variance.squareRoot()
        return min(1, 2 * Normal.upperTail(z))
    }
}
