import Basis
import Foundation
import Measure
import Platform
import Report
import TestSupport
import Testing

@Suite("histograms: the reader and writer of HdrHistogram for Python")
struct HistogramPeerTests {
    private static let percentiles = [0.0, 1, 25, 50, 75, 90, 99, 99.9, 99.99, 100]

    /// Samples over all magnitudes, many of them equal, with both ends of the range.
    private static func samples(seed: UInt64, count: Int) -> [Int64] {
        var generator = SeededGenerator(seed: seed)
        let drawn = (0..<count).map { _ in
            let magnitude = Int.random(in: 1...41, using: &generator)
            return min(
                Int64.random(in: 0...(1 << magnitude), using: &generator), Histogram.highest.raw)
        }
        return drawn + [0, 1, 2_047, 2_048, Histogram.highest.raw] + drawn.prefix(count / 4)
    }

    private static func histogram(_ samples: [Int64]) -> Histogram {
        var histogram = Histogram()
        for sample in samples { histogram.record(Nanoseconds(raw: sample)) }
        return histogram
    }

    @Test(
        "it finds in our bytes what was recorded",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence),
        arguments: [(1, 3), (2, 500), (3, 20_000)] as [(UInt64, Int)])
    func reads(seed: UInt64, count: Int) throws {
        let histogram = Self.histogram(Self.samples(seed: seed, count: count))
        let script = """
            from hdrh.histogram import HdrHistogram
            h = HdrHistogram.decode(given["text"])
            print(json.dumps({
                "total": h.get_total_count(), "min": h.get_min_value(), "max": h.get_max_value(),
                "digits": h.significant_figures, "highest": h.highest_trackable_value,
                "counts": [h.get_count_at_value(v) for v in given["values"]],
                "percentiles": [h.get_value_at_percentile(p) for p in given["percentiles"]],
                "mean": h.get_mean_value()}))
            """
        let buckets = histogram.buckets
        let answer = try PythonOracle.answer(
            script,
            [
                "text": .string(HistogramCodec.encodeBase64(histogram)),
                "values": .array(buckets.map { .integer($0.values.lowerBound.raw) }),
                "percentiles": .numbers(Self.percentiles),
            ])
        let total = Int64(histogram.totalCount)
        #expect(answer["total"] == .integer(total), "seed \(seed)")
        #expect(answer["digits"] == 3 && answer["highest"] == .integer(Histogram.highest.raw))
        #expect(
            answer["counts"] == .array(buckets.map { .integer(Int64($0.count)) }), "seed \(seed)")
        let longest = answer["max"]?.double.map { Nanoseconds(raw: Int64($0)) }
        #expect(buckets.last.map { $0.values.contains(longest ?? .zero) } == true, "seed \(seed)")
        #expect(
            agree(answer["mean"]?.double, histogram.mean, within: Histogram.relativeErrorBound),
            "seed \(seed)")
        for (percentile, value) in zip(Self.percentiles, answer["percentiles"]?.doubles ?? []) {
            // It rounds the rank to the nearest, ours up.
            let rank = max(1, UInt64(percentile / 100 * Double(total) + 0.5))
            let bucket = histogram.bucket(ofRank: min(rank, UInt64(total)))
            #expect(Double(bucket.upperBound.raw) == value, "p\(percentile), seed \(seed)")
        }
        #expect(answer["percentiles"]?.doubles.count == Self.percentiles.count)
    }

    @Test(
        "we find in its bytes what was recorded",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence),
        arguments: [(4, 3), (5, 500), (6, 20_000)] as [(UInt64, Int)])
    func writes(seed: UInt64, count: Int) throws {
        let samples = Self.samples(seed: seed, count: count)
        let script = """
            from hdrh.histogram import HdrHistogram
            h = HdrHistogram(1, given["highest"], 3)
            for sample in given["samples"]:
                assert h.record_value(sample), sample
            print(json.dumps(h.encode().decode()))
            """
        let answer = try PythonOracle.answer(
            script,
            [
                "highest": .integer(Histogram.highest.raw),
                "samples": .array(samples.map { .integer($0) }),
            ])
        guard case .string(let text) = answer else { throw TestFailure("no text: \(answer)") }
        let decoded = try HistogramCodec.decode(base64: text)
        let expected = Self.histogram(samples)
        #expect(decoded.totalCount == UInt64(samples.count), "seed \(seed)")
        #expect(decoded.buckets == expected.buckets, "seed \(seed)")
    }

    @Test(
        "it reads the generator's log", .enabled(if: PythonOracle.isPresent, PythonOracle.absence))
    func log() throws {
        let folder = try TemporaryFolder()
        let server = try ServerUnderTest("sharded:hash")
        var options = SpawnOptions(
            try Programs.own("switchyard-load"),
            [
                "--json", folder.file("json"), "--hlog", folder.file("hlog"), "-q", "-c", "2",
                "-R", "1k", "-d", "1500ms", "--warmup", "0s",
                "http://127.0.0.1:\(server.port)/plaintext",
            ])
        options.standardError = .captured
        var child = try ChildProcess(options)
        #expect(child.wait(timeout: TestLimit.hang)?.ending == .exited(0))
        _ = try server.stop()
        let report = try LoadReport(
            json: JSONValue(parsing: String(contentsOfFile: folder.file("json"), encoding: .utf8)))
        let script = """
            from hdrh.histogram import HdrHistogram
            from hdrh.log import HistogramLogReader
            whole = HdrHistogram(1, given["highest"], 3)
            reader = HistogramLogReader(given["file"], whole)
            intervals = 0
            while (part := reader.get_next_interval_histogram()) is not None:
                whole.add(part)
                intervals += 1
            print(json.dumps({"intervals": intervals, "total": whole.get_total_count(),
                              "p50": whole.get_value_at_percentile(50)}))
            """
        let answer = try PythonOracle.answer(
            script,
            [
                "file": .string(folder.file("hlog")), "highest": .integer(Histogram.highest.raw),
            ])
        #expect(answer["total"] == .integer(report.requests) && report.requests > 0)
        #expect((answer["intervals"]?.double ?? 0) >= 1)
        let median = try #require(report.latency.p50)
        #expect(
            agree(
                answer["p50"]?.double, Double(median.raw), within: Histogram.relativeErrorBound))
    }
}
