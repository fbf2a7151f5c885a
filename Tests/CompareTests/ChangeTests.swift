import Basis
import Foundation
import Measure
import Testing

@testable import Compare

struct ChangeTests {
    @Test("the shift between samples and its interval agree with published figures")
    func published() throws {
        // Hollander, Wolfe and Chicken, example 4.1 (tritiated water across the chorioamnion):
        // estimate -0.305. R 4.2's wilcox.test gives the 95 % interval (-0.76, 0.15).
        let term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
        let early = [1.15, 0.88, 0.90, 0.74, 1.21]
        let shift = try #require(ShiftEstimate.hodgesLehmann(early, over: term))
        #expect(abs(shift + 0.305) < 1e-9)
        let interval = ShiftEstimate.interval(of: early, over: term, confidence: 0.95)
        #expect(abs((interval.low ?? 0) + 0.76) < 1e-9 && abs((interval.high ?? 0) - 0.15) < 1e-9)
        #expect(abs(interval.coverage - 0.960_04) < 1e-5)
    }

    @Test("large samples are counted, small ones sorted, with the same result")
    func largeSamples() throws {
        let seed: UInt64 = 11
        var generator = SeededGenerator(seed: seed)
        let x = (0..<120).map { _ in generator.nextOpenUnit() }
        let y = (0..<101).map { _ in generator.nextOpenUnit() }
        let differences = x.flatMap { a in y.map { a - $0 } }.sorted()
        let middle = differences.count / 2
        let expected = (differences[middle - 1] + differences[middle]) / 2
        let found = try #require(ShiftEstimate.hodgesLehmann(x, over: y))
        #expect(abs(found - expected) < 1e-12, "seed \(seed)")
        #expect(ShiftEstimate.hodgesLehmann([], over: y) == nil)
        #expect(ShiftEstimate.interval(of: [1], over: [2], confidence: 0.99).low == nil)
    }

    @Test(
        "the interval covers the true shift as often as it says, exact and approximate",
        arguments: [(6, 7), (12, 12), (25, 25)])
    func coverage(m: Int, n: Int) {
        let seed: UInt64 = 5
        var generator = SeededGenerator(seed: seed)
        let trials = 400
        var covered = 0
        for _ in 0..<trials {
            let x = (0..<m).map { _ in 2 + generator.nextOpenUnit() }
            let y = (0..<n).map { _ in generator.nextOpenUnit() }
            let interval = ShiftEstimate.interval(of: x, over: y, confidence: 0.9)
            if let low = interval.low, let high = interval.high, low <= 2, 2 <= high {
                covered += 1
            }
        }
        #expect(covered >= 343, "\(covered) of \(trials), seed \(seed)")
        #expect(covered <= 392, "\(covered) of \(trials): too wide, seed \(seed)")
    }

    @Test("worse is worse whichever way the metric points")
    func direction() throws {
        let slower = (0..<12).map {
            (base: 100.0 + Double($0), candidate: 110.0 + 1.1 * Double($0))
        }
        let cpu = try #require(Change(pairs: slower, metric: ComparedMetric.known[1]))
        let rate = try #require(
            Change(
                pairs: slower.map { (base: $0.candidate, candidate: $0.base) },
                metric: ComparedMetric.known[0]))
        #expect(abs((cpu.ratio ?? 0) - 1.1) < 1e-9 && abs((rate.ratio ?? 0) - 1 / 1.1) < 1e-9)
        #expect(try #require(cpu.pWorse) < 0.001 && #require(rate.pWorse) < 0.001)
        #expect(cpu.pBetter == 1)
        #expect(cpu.superiority == 1 && rate.superiority == 1)
        let low = try #require(rate.interval.low)
        let high = try #require(rate.interval.high)
        let ratio = try #require(rate.ratio)
        #expect(low <= ratio && ratio <= high)
        let fromZero = Change(pairs: [(base: 0, candidate: 1)], metric: ComparedMetric.known[0])
        #expect(fromZero?.ratio == nil && fromZero?.difference == 1)
        #expect(Change(pairs: [], metric: ComparedMetric.known[0]) == nil)
    }
}

extension ShiftEstimate {
    /// The interval of two samples alone.
    fileprivate static func interval(
        of x: [Double], over y: [Double], confidence: Double
    ) -> ConfidenceInterval<Double> {
        var ranks = Ranks(confidence: confidence)
        return interval(of: x, over: y, &ranks)
    }
}
