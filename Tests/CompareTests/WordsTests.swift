import Compare
import Foundation
import Testing

struct WordsTests {
    @Test("every known metric has words, and the figure of a comparison has the same")
    func words() throws {
        let script = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../plots/forest.gp"), encoding: .utf8)
        for metric in ComparedMetric.known {
            let line = script.split(separator: "\n").first { $0.hasPrefix(metric.name + " ") }
            let words = line?.dropFirst(metric.name.count).drop { $0 == " " }
            #expect(words.map(String.init) == metric.title && metric.title != metric.name)
        }
    }
}
