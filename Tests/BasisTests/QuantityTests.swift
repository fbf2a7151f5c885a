import Basis
import Testing

@Suite("quantities")
struct QuantityTests {
    static let times: [(text: String, raw: Int64?)] = [
        ("10s", 10_000_000_000), ("10", 10_000_000_000), ("0", 0), ("250ms", 250_000_000),
        ("1.5us", 1_500), ("1.5\u{B5}s", 1_500), ("1.5\u{3BC}s", 1_500), ("800ns", 800),
        ("2m", 120_000_000_000), ("2min", 120_000_000_000), ("1h", 3_600_000_000_000),
        (".5s", 500_000_000), ("0.1ns", 0), ("2555555h", 9_199_998_000_000_000_000),
        ("", nil), ("s", nil), (".", nil), ("-1s", nil), ("+1s", nil), ("1e3s", nil),
        ("1 s", nil), (" 1s", nil), ("1.2.3s", nil), ("1d", nil), ("1S", nil), ("3000000h", nil),
        ("\u{0661}s", nil), ("1_000s", nil), (String(repeating: "9", count: 400) + "s", nil),
    ]

    @Test("reads times", arguments: times)
    func time(text: String, raw: Int64?) {
        #expect(Nanoseconds(parsing: text)?.raw == raw)
    }

    static let shownTimes: [(raw: Int64, text: String)] = [
        (0, "0ns"), (7, "7ns"), (999, "999ns"), (1_000, "1.00us"), (12_345, "12.3us"),
        (999_499, "999us"), (999_500, "1.00ms"), (12_340_000, "12.3ms"), (999_499_999, "999ms"),
        (999_500_000, "1.00s"), (10_000_000_000, "10.0s"), (59_000_000_000, "59.0s"),
        (60_000_000_000, "1.00m"), (3_600_000_000_000, "60.0m"), (-1_500, "-1.50us"),
    ]

    @Test("shows times", arguments: shownTimes)
    func shownTime(raw: Int64, text: String) {
        #expect(Nanoseconds(raw: raw).display == text)
    }

    static let rates: [(text: String, raw: Double?)] = [
        ("5000", 5_000), ("50k", 50_000), ("50K", 50_000), ("1.2M", 1_200_000), ("2m", 2_000_000),
        ("1G", 1e9), ("0.5", 0.5),
        ("0", nil), ("-1", nil), ("fast", nil), ("50kk", nil), ("", nil), ("1/s", nil),
        (String(repeating: "9", count: 400), nil),
    ]

    @Test("reads rates", arguments: rates)
    func rate(text: String, raw: Double?) {
        #expect(PerSecond(parsing: text)?.raw == raw)
    }

    @Test(
        "a rate knows the gap between two events",
        arguments: [
            (1_000, 1_000_000), (0.5, 2_000_000_000), (3, 333_333_333), (0, .max), (1e-12, .max),
            (1e300, 0),
        ] as [(Double, Int64)])
    func interval(rate: Double, gap: Int64) {
        #expect(PerSecond(raw: rate).interval.raw == gap)
    }

    @Test("a rate is finite and not negative")
    func impossibleRate() async {
        await #expect(processExitsWith: .failure) { _ = PerSecond(raw: -1) }
        await #expect(processExitsWith: .failure) { _ = PerSecond(raw: .infinity) }
    }

    static let sizes: [(text: String, raw: Int?)] = [
        ("4096", 4_096), ("13B", 13), ("64KiB", 65_536), ("64k", 65_536), ("16MiB", 16_777_216),
        ("16M", 16_777_216), ("1GiB", 1_073_741_824), ("1.5k", 1_536), ("0", 0),
        ("13.5", nil), ("0.3k", nil), ("-1", nil), ("k", nil), ("1TiB", nil), ("", nil),
    ]

    @Test("reads sizes", arguments: sizes)
    func size(text: String, raw: Int?) {
        #expect(ByteCount(parsing: text)?.raw == raw)
    }

    @Test(
        "shows sizes",
        arguments: [
            (0, "0B"), (13, "13B"), (1_023, "1023B"), (1_024, "1.00KiB"), (1_536, "1.50KiB"),
            (16_777_216, "16.0MiB"), (1_073_741_824, "1.00GiB"), (-2_048, "-2.00KiB"),
        ])
    func shownSize(raw: Int, text: String) {
        #expect(ByteCount(raw: raw).display == text)
    }

    @Test(
        "reads counts",
        arguments: [
            ("64", 64), ("0", 0), ("10k", 10_000), ("1M", 1_000_000), ("1.5k", 1_500),
            ("16.1k", 16_100), ("2.01k", 2_010), ("9000001G", nil), ("1.0001k", nil), ("0.5", nil),
            ("-1", nil), ("", nil), ("ten", nil), ("1e3", nil),
        ] as [(String, Int?)])
    func count(text: String, value: Int?) {
        #expect(parseCount(text) == value)
    }

    @Test("every count written with two decimals and a k is read as it stands")
    func decimalCounts() {
        for hundredths in 0..<20_000 {
            let text = "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)k"
            #expect(parseCount(text) == hundredths * 10, "\(text)")
        }
    }

    @Test(
        "shows numbers with three significant digits",
        arguments: [
            (0, "0"), (0.25, "0.25"), (5, "5"), (48.25, "48.3"), (999, "999"), (999.7, "1000"),
            (1_200, "1200"), (9_999.4, "9999"), (9_999.5, "10.0k"), (48_210, "48.2k"),
            (999_499, "999k"), (999_500, "1.00M"), (3_410_000, "3.41M"), (2e9, "2.00G"),
            (-48_210, "-48.2k"), (.infinity, "inf"), (.nan, "nan"),
        ])
    func decimal(value: Double, text: String) {
        #expect(decimalDisplay(value) == text)
    }

    @Test(
        "writes a fixed number of decimals",
        arguments: [
            (0, 2, "0.00"), (1.5, 0, "2"), (-1.25, 1, "-1.3"), (0.004, 2, "0.00"),
            (-0.004, 2, "0.00"), (0.05, 1, "0.1"), (123.456, 3, "123.456"), (1e6, 3, "1000000.000"),
            (.nan, 2, "nan"), (.infinity, 0, "inf"), (-.infinity, 0, "-inf"), (1e18, 3, "1e+18"),
        ])
    func fixedDecimals(value: Double, decimals: Int, text: String) {
        #expect(fixed(value, decimals: decimals) == text)
    }

    @Test("instants and spans add up")
    func arithmetic() {
        let start = Instant(raw: 1_000)
        let later = start + .microseconds(2)
        #expect(later.since(start) == .microseconds(2))
        #expect(start.since(later).raw == -2_000)
        #expect(later - .microseconds(2) == start)
        #expect(start < later && later < .distantFuture)
        #expect(Nanoseconds.seconds(1) == .milliseconds(1_000))
        #expect(Nanoseconds.seconds(0.0000015) == Nanoseconds(raw: 1_500))
        #expect(Nanoseconds.milliseconds(3) * 2 == .milliseconds(6))
        #expect(Nanoseconds.milliseconds(3) / 2 == .microseconds(1_500))
        #expect(Nanoseconds.milliseconds(1_500).inSeconds == 1.5)
        #expect(ByteCount.kibibytes(1_024) == .mebibytes(1))
    }
}
