/// How evenly something is shared out, such as requests among the workers of a server.
package struct Evenness: Equatable, Sendable {
    /// Standard deviation over mean, dividing by n; 0 is even.
    package let variation: Double
    /// The largest share over the fair one; 1 is even.
    package let maxOverMean: Double
    /// (Σx)² / (n Σx²), which is 1 / (1 + variation²): 1 when all shares are equal, 1/n when one
    /// has everything (R. Jain, D. Chiu, W. Hawe, "A quantitative measure of fairness and
    /// discrimination", DEC TR-301, 1984).
    package let jain: Double

    /// Shares are not negative; nil when there are none or all are zero.
    package init?(_ shares: [Double]) {
        let count = Double(shares.count)
        let sum = shares.reduce(0, +)
        guard sum > 0, let most = shares.max() else { return nil }
        let mean = sum / count
        let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        variation = variance.squareRoot() / mean
        maxOverMean = most / mean
        jain = sum * sum / (count * shares.reduce(0) { $0 + $1 * $1 })
    }
}
