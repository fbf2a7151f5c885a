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
