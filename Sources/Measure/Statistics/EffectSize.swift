/// How often one side exceeds the other: 0.5 means no difference, 1 always.
package enum VarghaDelaney {
    /// P(X > Y) + P(X = Y)/2 over all pairings of the two samples (A. Vargha and H. D. Delaney, "A
    /// critique and improvement of the CL common language effect size statistics", J. Educ. Behav.
    /// Stat. 25, 2000). Nil when a sample is empty.
    package static func a(_ x: [Double], over y: [Double]) -> Double? {
        if x.isEmpty || y.isEmpty { return nil }
        let ranks = Ranks.doubledMidranks(of: x + y)
        let m = Double(x.count)
        // Their equation 14, from the sum of the ranks of x.
        let sum = Double(ranks[..<x.count].reduce(0, +)) / 2
        return (sum / m - (m + 1) / 2) / Double(y.count)
    }

    /// The same for pairs, each given as its difference X - Y; nil when there is none.
    package static func a(pairedDifferences: [Double]) -> Double? {
        if pairedDifferences.isEmpty { return nil }
        let points = pairedDifferences.reduce(0.0) { $0 + ($1 > 0 ? 1 : $1 == 0 ? 0.5 : 0) }
        return points / Double(pairedDifferences.count)
    }
}

/// How evenly something is shared out.
package enum Balance {
    /// (Σx)² / (n Σx²): 1 when all shares are equal, 1/n when one has everything (R. Jain, D. Chiu
    /// and W. Hawe, "A quantitative measure of fairness and discrimination", DEC-TR-301, 1984).
    /// Shares are not negative; nil when there are none or all are zero.
    package static func jainIndex(_ shares: [Double]) -> Double? {
        let sum = shares.reduce(0, +)
        let squares = shares.reduce(0) { $0 + $1 * $1 }
        return squares > 0 ? sum * sum / (Double(shares.count) * squares) : nil
    }

    /// The standard deviation (dividing by n) over the mean; nil when there are no shares or their
    /// mean is zero. Jain's index is 1 / (1 + cv²).
    package static func variationCoefficient(_ shares: [Double]) -> Double? {
        guard let mean = mean(shares), mean != 0 else { return nil }
        let variance =
            shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(shares.count)
        return variance.squareRoot() / abs(mean)
    }

    /// The largest share over the mean share; nil when there are no shares or their mean is zero.
    package static func maxOverMean(_ shares: [Double]) -> Double? {
        guard let mean = mean(shares), mean != 0, let largest = shares.max() else { return nil }
        return largest / mean
    }

    private static func mean(_ shares: [Double]) -> Double? {
        shares.isEmpty ? nil : shares.reduce(0, +) / Double(shares.count)
    }
}
