import Measure

/// Whether neighbours in a sequence resemble each other: Spearman's rank correlation of each value
/// with the one `lag` places later, as Lancet tests latencies (M. Kogias, S. Mallon and E. Bugnion,
/// "Lancet: A self-correcting latency measuring tool", USENIX ATC 2019).
///
/// Confidence intervals of percentiles count on independent samples. A dependent sequence still has
/// percentiles, but fewer effective samples behind them.
package struct LagCorrelation: Equatable, Sendable {
    /// The named limits of this check.
    package enum Limit {
        /// Lancet's lags: the first that passes is the step at which to thin.
        package static let thinning = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000]
        /// Fewer pairs give no usable p-value.
        package static let pairs = 10
    }

    /// Spearman's coefficient, -1...1; 0 when either side is constant.
    package let rho: Double
    /// Two-sided, by Student's t with pairs - 2 degrees of freedom (Kendall and Stuart, "The
    /// Advanced Theory of Statistics", vol. 2, section 31.19). Good from ten pairs on.
    package let pTwoSided: Double

    /// Nil when fewer than ten pairs stand `lag` ≥ 1 apart.
    package init?(_ values: [Double], lag: Int = 1) {
        precondition(lag >= 1, "a lag is at least 1")
        guard values.count - lag >= Limit.pairs else { return nil }
        let earlier = Ranks.doubledMidranks(of: Array(values.dropLast(lag)))
        let later = Ranks.doubledMidranks(of: Array(values.dropFirst(lag)))
        let mean = Double(earlier.count + 1)
        var products = 0.0
        var squaresEarlier = 0.0
        var squaresLater = 0.0
        for (a, b) in zip(earlier, later) {
            let (x, y) = (Double(a) - mean, Double(b) - mean)
            products += x * y
            squaresEarlier += x * x
            squaresLater += y * y
        }
        let scale = (squaresEarlier * squaresLater).squareRoot()
        rho = scale > 0 ? max(-1, min(1, products / scale)) : 0
        let degrees = Double(earlier.count - 2)
        let rest = 1 - rho * rho
        pTwoSided =
            rest > 0
            ? StudentT.twoSided(rho * (degrees / rest).squareRoot(), degrees: degrees) : 0
    }

    /// The first of `Limit.thinning` at which the correlation is no longer significant at `level`:
    /// taking every such sample leaves nearly independent ones. The values in between still depend
    /// on each other, which makes p too small; Lancet therefore asks for no more than 1e-10. Nil
    /// when none passes or too few values are left.
    package static func thinningLag(_ values: [Double], level: Double) -> Int? {
        for lag in Limit.thinning {
            guard let correlation = LagCorrelation(values, lag: lag) else { return nil }
            if correlation.pTwoSided > level { return lag }
        }
        return nil
    }
}
