/// The straight line with the least sum of squared distances in y.
package struct LeastSquares: Equatable, Sendable {
    package let slope: Double
    package let intercept: Double
    /// The standard error of the slope, by what the points are off the line; nil with two points,
    /// which are on it whatever they are.
    package let slopeError: Double?
    /// The greatest distance of a point from the line, in y.
    package let residualMax: Double

    /// Nil without two different x, and where a number is not finite.
    package init?(_ points: [(x: Double, y: Double)]) {
        guard points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }), let first = points.first,
            points.contains(where: { $0.x != first.x })
        else { return nil }
        let count = Double(points.count)
        let meanX = points.reduce(0) { $0 + $1.x } / count
        let meanY = points.reduce(0) { $0 + $1.y } / count
        // Around the means, where nothing is lost to large numbers of little difference.
        let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
        let slope = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
        let intercept = meanY - slope * meanX
        let residuals = points.map { $0.y - meanY - slope * ($0.x - meanX) }
        self.slope = slope
        self.intercept = intercept
        residualMax = residuals.map(\.magnitude).max() ?? 0
        let squares = residuals.reduce(0) { $0 + $1 * $1 }
        slopeError = points.count > 2 ? (squares / (count - 2) / spread).squareRoot() : nil
    }
}
