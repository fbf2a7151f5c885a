import Measure
import Testing

@Suite("the line of least squares")
struct LeastSquaresTests {
    private static func line(_ points: [(Double, Double)]) -> LeastSquares? {
        LeastSquares(points.map { (x: $0.0, y: $0.1) })
    }

    @Test(
        "points on a line give that line", arguments: [(2.0, 0.3), (0.0, 7.0), (-4.5, 1e6)],
        [0.0, 1e9])
    func exact(line: (slope: Double, intercept: Double), offset: Double) throws {
        let points = [10.0, 20, 50, 100].map { ($0 + offset, line.slope * $0 + line.intercept) }
        let found = try #require(Self.line(points))
        #expect(abs(found.slope - line.slope) < 1e-6)
        let start = line.intercept - line.slope * offset
        #expect(abs(found.intercept - start) <= 1e-6 * max(1, abs(start)))
        #expect(found.residualMax < 1e-5 && (found.slopeError ?? 1) < 1e-6)
    }

    @Test("known numbers")
    func known() throws {
        // Means 2.5 and 5; sums of squares 5 and of products 7, which gives 1.4 and 1.5.
        let found = try #require(Self.line([(1, 3), (2, 4), (3, 6), (4, 7)]))
        #expect(abs(found.slope - 1.4) < 1e-12 && abs(found.intercept - 1.5) < 1e-12)
        // Off by 0.1, -0.3, 0.3 and -0.1: 0.2 over two degrees of freedom and 5.
        #expect(abs(found.residualMax - 0.3) < 1e-12)
        #expect(abs((found.slopeError ?? 0) - 0.02.squareRoot()) < 1e-12)
    }

    @Test("two points have a line and no error, and one x has no line")
    func few() throws {
        let two = try #require(Self.line([(0, 1), (20, 41)]))
        #expect(two.slope == 2 && two.intercept == 1 && two.slopeError == nil)
        #expect(Self.line([]) == nil && Self.line([(1, 2)]) == nil)
        #expect(Self.line([(1, 2), (1, 3)]) == nil)
        #expect(Self.line([(1, 2), (2, .nan)]) == nil)
        #expect(Self.line([(1, 2), (.infinity, 3)]) == nil)
    }
}
