import Basis
import Measure
import TestSupport
import Testing

/// A sample that follows from its seed.
private struct Sample {
    var generator: SeededGenerator

    init(_ seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// Without ties, skewed and moved by `shift`.
    mutating func smooth(_ count: Int, shift: Double = 0) -> [Double] {
        (0..<count).map { _ in
            let deviate = Normal.sample(&generator)
            return deviate + 0.3 * deviate * deviate + shift
        }
    }

    /// Small whole numbers: full of ties and zeros.
    mutating func coarse(_ count: Int) -> [Double] {
        (0..<count).map { _ in Double(Int.random(in: -3...4, using: &generator)) }
    }
}

@Suite("statistics: scipy and enumeration")
struct StatisticsPeerTests {
    @Test(
        "signed ranks", .enabled(if: PythonOracle.isPresent, PythonOracle.absence),
        arguments: [11, 12] as [UInt64])
    func signedRanks(seed: UInt64) throws {
        var sample = Sample(seed)
        let smooth = [6, 7, 9, 16, 25, 40].map { sample.smooth($0, shift: 0.4) }
        let coarse = [1, 2, 5, 8, 12].map { sample.coarse($0) }
        let script = """
            import itertools
            import numpy as np
            from scipy import stats

            def enumerated(d):  # all signs, of ranks with zeros among them (Pratt)
                d = np.array(d)
                r = stats.rankdata(np.abs(d))[d != 0]
                seen = stats.rankdata(np.abs(d))[d > 0].sum()
                signs = np.array(list(itertools.product([0, 1], repeat=len(r))))
                return float(np.mean(signs @ r >= seen)) if len(r) else 1.0

            def interval(d, confidence):
                d = np.array(d)
                i, j = np.triu_indices(len(d))
                walsh = np.sort((d[i] + d[j]) / 2)
                ways = np.ones(1)
                for rank in range(1, len(d) + 1):
                    ways = np.append(ways, np.zeros(rank)) + np.append(np.zeros(rank), ways)
                below = np.cumsum(ways) / 2.0 ** len(d)
                k = int(np.searchsorted(below, (1 - confidence) / 2, side="right"))
                return ([float(walsh[k - 1]), float(walsh[-k]), float(1 - 2 * below[k - 1])]
                        if k else [])

            print(json.dumps({
                "smooth": [float(stats.wilcoxon(d, zero_method="pratt", alternative="greater",
                                                method="exact").pvalue) for d in given["smooth"]],
                "coarse": [enumerated(d) for d in given["coarse"]],
                "centre": [float(np.median((np.add.outer(d, d) / 2)[np.triu_indices(len(d))]))
                           for d in given["smooth"]],
                "intervals": [[interval(d, c) for c in (0.8, 0.95, 0.99)]
                              for d in given["smooth"]]}))
            """
        let answer = try PythonOracle.answer(
            script,
            [
                "smooth": .array(smooth.map { .numbers($0) }),
                "coarse": .array(coarse.map { .numbers($0) }),
            ])
        for (name, samples) in [("smooth", smooth), ("coarse", coarse)] {
            let theirs = answer[name]?.doubles ?? []
            #expect(theirs.count == samples.count)
            for (values, p) in zip(samples, theirs) {
                #expect(agree(SignedRank.pGreater(values), p), "\(name) \(values), seed \(seed)")
            }
        }
        for (values, centre) in zip(smooth, answer["centre"]?.doubles ?? []) {
            #expect(agree(SignedRank.hodgesLehmann(values), centre), "\(values), seed \(seed)")
        }
        for (values, intervals) in zip(smooth, answer["intervals"]?.elements ?? []) {
            for (confidence, theirs) in zip([0.8, 0.95, 0.99], intervals.elements) {
                let ours = SignedRank.interval(of: values, confidence: confidence)
                let bounds = theirs.doubles
                #expect(
                    bounds.isEmpty
                        ? ours.low == nil && ours.high == nil
                        : agree(ours.low, bounds[0]) && agree(ours.high, bounds[1])
                            && agree(ours.coverage, bounds[2]),
                    "\(confidence) of \(values): \(ours), seed \(seed)")
            }
        }
        #expect(answer["intervals"]?.elements.count == smooth.count)
    }

    @Test(
        "ranks, trends and neighbours",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence), arguments: [21] as [UInt64])
    func ranks(seed: UInt64) throws {
        var sample = Sample(seed)
        let pairs = [(4, 5), (8, 12), (3, 9)].map {
            [sample.smooth($0), sample.smooth($1, shift: 0.7)]
        }
        let tied = [(15, 12), (30, 40)].map { [sample.coarse($0), sample.coarse($1)] }
        let series = [5, 10, 31, 60].map { sample.smooth($0) }
        let gaps = sample.smooth(200).map { Double(Int64(abs($0) * 1e6) + 1) }
        let script = """
            import numpy as np
            from scipy import stats

            def u(x, y, method):
                return float(stats.mannwhitneyu(x, y, method=method).pvalue)

            def share(x, y):
                return float(stats.mannwhitneyu(x, y).statistic / (len(x) * len(y)))

            def pair(result):
                return [float(result.statistic), float(result.pvalue)]

            def holm(p):
                order, result = np.argsort(p, kind="stable"), np.empty(len(p))
                result[order] = np.minimum(
                    1, np.maximum.accumulate(np.array(p)[order] * np.arange(len(p), 0, -1)))
                return result.tolist()

            print(json.dumps({
                "exact": [u(x, y, "exact") for x, y in given["pairs"]],
                "tied": [u(x, y, "asymptotic") for x, y in given["tied"]],
                "share": [share(x, y) for x, y in given["pairs"] + given["tied"]],
                "trend": [pair(stats.kendalltau(range(len(v)), v, method="exact"))
                          for v in given["series"]],
                "lag": [pair(stats.spearmanr(v[:-2], v[2:])) for v in given["series"][2:]],
                "exponential": float(stats.anderson(given["gaps"], "expon").statistic),
                "holm": holm(given["p"]),
                "normal": [float(stats.norm.sf(z)) for z in given["z"]]}))
            """
        let levels = [0.04, 0.01, 0.03, 0.6, 0.01, 0.2, 0.0004]
        let deviates = [-6.0, -1.5, 0, 0.3, 2.9, 3.1, 8, 20]
        let answer = try PythonOracle.answer(
            script,
            [
                "pairs": .array(pairs.map { .array($0.map { .numbers($0) }) }),
                "tied": .array(tied.map { .array($0.map { .numbers($0) }) }),
                "series": .array(series.map { .numbers($0) }), "gaps": .numbers(gaps),
                "p": .numbers(levels), "z": .numbers(deviates),
            ])
        func same(_ name: String, _ ours: [Double?], within tolerance: Double = 1e-9) {
            let theirs = answer[name]?.doubles ?? []
            #expect(
                theirs.count == ours.count
                    && zip(ours, theirs).allSatisfy { agree($0, $1, within: tolerance) },
                "\(name): \(ours), not \(theirs), seed \(seed)")
        }
        same("exact", pairs.map { RankSum.pTwoSided($0[0], $0[1]) })
        same("tied", tied.map { RankSum.pTwoSided($0[0], $0[1]) })
        same("share", (pairs + tied).map { VarghaDelaney.a($0[0], over: $0[1]) })
        same("holm", Holm.adjusted(levels))
        same("normal", deviates.map { Normal.upperTail($0) }, within: 1e-14)
        let trends = series.map { MannKendall($0) }.map { [$0.tau, $0.pTwoSided] }
        let theirTrends = (answer["trend"]?.elements ?? []).map(\.doubles)
        #expect(Self.agreed(trends, theirTrends), "\(trends) \(theirTrends), seed \(seed)")
        let lags = series[2...].compactMap { LagCorrelation($0, lag: 2) }
            .map { [$0.rho, $0.pTwoSided] }
        let theirLags = (answer["lag"]?.elements ?? []).map(\.doubles)
        #expect(Self.agreed(lags, theirLags), "\(lags) \(theirLags), seed \(seed)")
        let check = ArrivalCheck.poisson(gaps.map { Nanoseconds(raw: Int64($0)) })
        let theirs = (answer["exponential"]?.double ?? .nan) * (1 + 0.6 / 200)
        #expect(agree(check?.statistic, theirs), "seed \(seed)")
    }

    private static func agreed(_ ours: [[Double]], _ theirs: [[Double]]) -> Bool {
        ours.count == theirs.count
            && zip(ours, theirs).allSatisfy { ours, theirs in
                ours.count == theirs.count && zip(ours, theirs).allSatisfy { agree($0, $1) }
            }
    }

    @Test(
        "intervals of percentiles, exact and bootstrapped",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence), arguments: [31] as [UInt64])
    func intervals(seed: UInt64) throws {
        var sample = Sample(seed)
        let plans: [(count: Int, percentile: Double, confidence: Double)] = [
            (5, 50, 0.95), (6, 50, 0.95), (20, 50, 0.95), (20, 90, 0.8), (299, 99, 0.95),
            (1_000, 99, 0.99), (3_000, 99.9, 0.95), (9_000, 50, 0.95), (400_000, 90, 0.95),
        ]
        let samples = [15, 24, 41].map { sample.smooth($0) }
        let script = """
            import numpy as np
            from scipy import stats

            def ranks(n, p, c):
                low = int(stats.binom.ppf((1 - c) / 2, n, p / 100)) + 1
                while low > 0 and stats.binom.cdf(low - 1, n, p / 100) > (1 - c) / 2: low -= 1
                high = int(stats.binom.ppf((1 + c) / 2, n, p / 100)) - 1
                while stats.binom.cdf(high - 1, n, p / 100) < (1 + c) / 2 and high <= n: high += 1
                return [low, high]

            def bootstrapped(values, confidence):
                found = stats.bootstrap((values,), np.median, method="BCa", vectorized=True,
                    confidence_level=confidence, n_resamples=9999,
                    random_state=int(given["seed"])).confidence_interval
                return [float(found.low), float(found.high)]

            print(json.dumps({
                "ranks": [ranks(*plan) for plan in given["plans"]],
                "bootstrap": [[bootstrapped(v, c) for c in (0.88, 0.92)]
                              for v in given["samples"]]}))
            """
        let answer = try PythonOracle.answer(
            script,
            [
                "seed": .integer(Int64(seed)),
                "plans": .array(
                    plans.map {
                        [
                            .integer(Int64($0.count)), .number($0.percentile),
                            .number($0.confidence),
                        ]
                    }),
                "samples": .array(samples.map { .numbers($0) }),
            ])
        let theirRanks = (answer["ranks"]?.elements ?? []).map(\.doubles)
        #expect(theirRanks.count == plans.count)
        for (plan, theirs) in zip(plans, theirRanks) {
            let ours = PercentileInterval.of(
                sorted: Array(1...plan.count), percentile: plan.percentile,
                confidence: plan.confidence)
            // Beyond a variance of 2 500 ours come from the normal approximation.
            let share = plan.percentile / 100
            let slack = Double(plan.count) * share * (1 - share) > 2_500 ? 2.0 : 0
            #expect(
                abs(Double(ours.low ?? 0) - theirs[0]) <= slack
                    && abs(Double(ours.high ?? plan.count + 1) - theirs[1]) <= slack,
                "\(plan): \(ours), not \(theirs)")
        }
        let theirIntervals = (answer["bootstrap"]?.elements ?? []).map {
            $0.elements.map(\.doubles)
        }
        #expect(theirIntervals.count == samples.count)
        for (values, theirs) in zip(samples, theirIntervals) {
            let ours = Bootstrap.medianInterval(of: values, confidence: 0.9, seed: seed)
            // Ten thousand resamples place a bound to within a hundredth of the confidence.
            let narrow = theirs[0]
            let wide = theirs[1]
            #expect(
                (wide[0]...narrow[0]).contains(ours.low ?? .nan)
                    && (narrow[1]...wide[1]).contains(ours.high ?? .nan),
                "\(ours), not between \(narrow) and \(wide), seed \(seed)")
        }
    }
}
