import Basis
import Measure
import TestSupport
import Testing

@testable import Load

@Suite("load: a histogram in the terminal")
struct TextHistogramTests {
    private func histogram(_ values: [Int64]) -> Histogram {
        var histogram = Histogram()
        for value in values { histogram.record(Nanoseconds(raw: value)) }
        return histogram
    }

    @Test("nothing is drawn of nothing")
    func empty() {
        #expect(TextHistogram.bars(Histogram()).isEmpty)
        #expect(TextHistogram.text(Histogram()).isEmpty)
    }

    @Test("equal times are one bar")
    func equal() {
        let bars = TextHistogram.bars(histogram([1_000_000, 1_000_000]))
        #expect(bars.count == 1 && bars[0].count == 2)
        #expect(TextHistogram.text(histogram([0])).contains("100.00%"))
    }

    @Test("every sample is in one bar, the bounds rise, and the last is the greatest time")
    func sums() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        for spread: Int64 in [10, 1_000, 1_000_000, 1_000_000_000] {
            let values = (0..<500).map { _ in Int64.random(in: 1...spread, using: &generator) }
            let histogram = histogram(values)
            let bars = TextHistogram.bars(histogram)
            #expect(bars.reduce(0) { $0 + $1.count } == 500, "seed \(seed)")
            #expect((1...17).contains(bars.count), "seed \(seed)")
            for (one, next) in zip(bars, bars.dropFirst()) {
                #expect(one.bound < next.bound, "seed \(seed)")
            }
            #expect((bars.last?.bound ?? .zero) >= histogram.max, "seed \(seed)")
        }
    }

    @Test("the longest bar is that of most times, and a single one is seen")
    func text() {
        let text = TextHistogram.text(
            histogram(Array(repeating: 1_000_000, count: 999) + [50_000_000]))
        let lines = text.split(separator: "\n")
        #expect(lines[0].contains("up to") && lines[0].contains("share"))
        #expect(lines[1].contains("999") && lines[1].contains(String(repeating: "#", count: 40)))
        #expect(lines.last?.contains("0.10%") == true)
        #expect(lines.last?.hasSuffix(" #") == true)
    }
}
