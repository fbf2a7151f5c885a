import Basis
import Measure
import Report
import TestSupport
import Testing

@Suite("histogram files")
struct HistogramTextTests {
    /// 1000×3, 2048×1, 50000×10, 1000000×2, 123456789×1 nanoseconds.
    static func sample() -> Histogram {
        var histogram = Histogram()
        for (value, count) in [
            (1_000, 3), (2_048, 1), (50_000, 10), (1_000_000, 2), (123_456_789, 1),
        ] {
            histogram.record(Nanoseconds(raw: Int64(value)), count: UInt64(count))
        }
        return histogram
    }

    @Test("a log is Java's, to the letter")
    func log() throws {
        let histogram = Self.sample()
        let encoded = HistogramCodec.encodeBase64(histogram)
        let start = Nanoseconds(raw: 1_764_000_217_250_000_000)
        let log = IntervalLog(
            start: start,
            entries: [
                .init(
                    tag: "b0s3", start: start + .milliseconds(1_500), length: .milliseconds(2_001),
                    max: histogram.max, histogram: encoded)
            ])
        #expect(
            log.text == """
                #[Histogram log format version 1.2]
                #[StartTime: 1764000217.250 (seconds since epoch), 2025-11-24T16:03:37Z]
                #[BaseTime: 1764000217.250 (seconds since epoch)]
                "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
                Tag=b0s3,1.500,2.001,123.457,\(encoded)

                """)
        let read = try IntervalLog(parsing: log.text)
        #expect(read.entries.count == 1 && read.start.raw / 1_000_000 == start.raw / 1_000_000)
        let entry = try #require(read.entries.first)
        #expect(entry.tag == "b0s3" && entry.length == .milliseconds(2_001))
        #expect((entry.start - read.start).raw / 1_000 == 1_500_000)
        #expect(try HistogramCodec.decode(base64: entry.histogram).totalCount == 17)
    }

    @Test("logs of other writers are read; malformed lines are refused by number")
    func foreignLogs() throws {
        let foreign = "#[Histogram log format version 1.3]\r\n12.5,1,0.1,HISTFA==\r\n"
        let log = try IntervalLog(parsing: foreign)
        #expect(log.entries.first?.tag == "-" && log.entries.first?.start == .seconds(12.5))
        for line in ["Tag=,1,2,3,H", "1,2,3", "Tag=a,x,1,1,H", "1,2,3,4,5", "Tag=a b,1,1,1,H"] {
            let refusal = #expect(throws: IntervalLog.Refusal.self, "\(line)") {
                try IntervalLog(parsing: "#x\n" + line + "\n")
            }
            #expect(refusal?.line == 2)
        }
    }

    /// The values and counts at these levels agree with the PyPI package hdrhistogram; the levels
    /// are those of Java and C, 0.1 apart up to the median and half as far after each halving.
    @Test("percentiles by HdrHistogram's levels")
    func percentiles() throws {
        let text = PercentileText.text(Self.sample())
        #expect(
            text == """
                #[Values in milliseconds]
                       Value     Percentile TotalCount 1/(1-Percentile)

                    0.001000 0.000000000000          3           1.00
                    0.001000 0.100000000000          3           1.11
                    0.002049 0.200000000000          4           1.25
                    0.050015 0.300000000000         14           1.43
                    0.050015 0.400000000000         14           1.67
                    0.050015 0.500000000000         14           2.00
                    0.050015 0.550000000000         14           2.22
                    0.050015 0.600000000000         14           2.50
                    0.050015 0.650000000000         14           2.86
                    0.050015 0.700000000000         14           3.33
                    0.050015 0.750000000000         14           4.00
                    0.050015 0.775000000000         14           4.44
                    0.050015 0.800000000000         14           5.00
                    1.000447 0.825000000000         16           5.71
                    1.000447 0.850000000000         16           6.67
                    1.000447 0.875000000000         16           8.00
                    1.000447 0.887500000000         16           8.89
                    1.000447 0.900000000000         16          10.00
                    1.000447 0.912500000000         16          11.43
                    1.000447 0.925000000000         16          13.33
                    1.000447 0.937500000000         16          16.00
                  123.469823 0.943750000000         17          17.78
                  123.469823 1.000000000000         17
                #[Mean    =     7.409520, StdDeviation   =    29.008825]
                #[Max     =   123.456789, Total count    =           17]
                #[Buckets =           32, SubBuckets     =         2048]

                """)
        let rows = try #require(PercentileText.rows(parsing: text))
        let written = PercentileText.rows(Self.sample())
        #expect(rows.map(\.value) == written.map(\.value))
        #expect(rows.map(\.percentile) == written.map(\.percentile))
        #expect(rows.map(\.count) == written.map(\.count))
    }

    @Test("an empty histogram has no lines, and one value two")
    func small() {
        var histogram = Histogram()
        #expect(PercentileText.rows(histogram).isEmpty)
        histogram.record(.microseconds(1))
        #expect(PercentileText.rows(histogram).map(\.percentile) == [0, 1])
        #expect(PercentileText.rows(parsing: "1 2 3\n") == nil)
        #expect(PercentileText.rows(parsing: "1 x 3\n") == nil)
    }
}
