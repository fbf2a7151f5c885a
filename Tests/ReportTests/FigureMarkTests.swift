import Foundation
import Testing

@testable import Report

/// What marks of figures say, and how much room figures take.
@Suite(.enabled(if: Gnuplot.path != nil, "gnuplot is not installed"))
struct FigureMarkTests {
    /// How many arrows that are marks of bounds an image has.
    private static func arrows(_ drawing: String) -> Int {
        drawing.components(separatedBy: "<polygon fill = 'rgb( 48,  48,  48)'").count - 1
    }

    /// - Parameter arrows: in each panel whose figures the generator limits, one a cell.
    @Test(
        "a figure that is a bound has an arrow towards where the truth may lie, and is not hollow",
        arguments: [
            // Three closed loops; nothing of CPU time.
            ("throughput", 3, "arrow: at least so much"), ("cost", 0, ""),
            // One rate of constant arrivals and two of Poisson's, and three percentiles.
            ("hockey", 9, "arrow: at most so long"),
            // Five closed loops and four open ones.
            ("protocols", 9, "arrow: at least, at most"),
            // Seven ways, two percentiles; nothing of CPU time.
            ("push", 14, "arrow: at most so long"), ("capacity", 3, "arrow: at least so much"),
        ])
    func arrows(figure: String, arrows: Int, words: String) throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture(of: figure) { table in
            // One that is late stays so.
            table.map {
                $0.contains(",single,") ? $0.replacing(",valid,", with: ",client-bound,") : $0
            }
        }
        #expect(try folder.draw(figure, of: run, as: "a.svg") == Outcome(status: 0, complaint: ""))
        let drawing = try folder.text("a.svg")
        #expect(Self.arrows(drawing) == arrows)
        if !words.isEmpty { #expect(drawing.contains(words)) }
        let before = try folder.draw(figure, of: Gnuplot.fixture(of: figure), as: "b.svg")
        #expect(before.status == 0)
        let usual = try folder.text("b.svg")
        let hollow = "hollow: verdict not valid"
        #expect(drawing.contains(hollow) == usual.contains(hollow), "a bound is hollow")
    }

    @Test(
        "where there is no room for arrows a bound is told by words",
        arguments: [
            ("history", "; triangle: at least, at most)"),
            ("percentiles", "acceptors:exclusive (≤)"),
            ("heatmap", "≥ client-bound: at least so good"),
        ])
    func words(figure: String, words: String) throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture(of: figure) { table in
            table.map { $0.replacing(",valid,", with: ",client-bound,") }
        }
        #expect(try folder.draw(figure, of: run, as: "a.svg") == Outcome(status: 0, complaint: ""))
        #expect(try folder.text("a.svg").contains(words))
        #expect(try folder.draw(figure, of: Gnuplot.fixture(of: figure), as: "b.svg").status == 0)
        #expect(try !folder.text("b.svg").contains(words))
    }

    @Test("every measured rate stands below the response times, also where rates are many")
    func rates() throws {
        let folder = try Folder()
        let few = try folder.draw("hockey", of: Gnuplot.fixture(of: "hockey"), as: "a.svg")
        #expect(few.status == 0)
        let drawing = try folder.text("a.svg")
        for rate in ["20", "50", "80"] { #expect(Self.texts(drawing).contains(rate)) }
        let rates = Array(stride(from: 30_500, to: 50_000, by: 500))
        let run = try folder.copyOfFixture { table in
            let like = table.filter { $0.contains(",single,") && $0.contains(",poisson,20000,") }
            return table
                + rates.flatMap { rate in
                    like.map { $0.replacing(",poisson,20000,", with: ",poisson,\(rate),") }
                }
        }
        #expect(try folder.draw("hockey", of: run, as: "b.svg").status == 0)
        let texts = Self.texts(try folder.text("b.svg"))
        for rate in rates {
            #expect(texts.contains("\(Double(rate) / 1_000)".replacing(".0", with: "")))
        }
    }

    private static func texts(_ drawing: String) -> Set<String> {
        Set(
            drawing.matches(of: /<text>([^<]*)</).map {
                String($0.1).trimmingCharacters(in: .whitespaces)
            })
    }

    @Test("percentiles are drawn at the highest rate at which most cells are valid")
    func percentiles() throws {
        let folder = try Folder()
        func title(_ name: String, late: [String]) throws -> String {
            try? FileManager.default.removeItem(at: folder.url.appending(path: "run"))
            let run = try folder.copyOfFixture { table in
                table.map { line in
                    line.contains(",poisson,80000,") && late.contains { line.contains(",\($0),") }
                        ? line.replacing(",valid,", with: ",late,") : line
                }
            }
            // The fixture has distributions of the highest rate alone.
            let distributions = run.appending(path: "hist")
            for file in try Folder.names(in: distributions) where file.contains("80000") {
                try FileManager.default.copyItem(
                    at: distributions.appending(path: file),
                    to: distributions.appending(path: file.replacing("80000", with: "50000")))
            }
            let outcome = try folder.draw("percentiles", of: run, as: name)
            #expect(outcome == Outcome(status: 0, complaint: ""))
            return try folder.text(name)
        }
        // Three of five are valid as it is, two of them with one more that is late.
        #expect(try title("a.svg", late: []).contains("open loop, Poisson 80k/s, c64"))
        #expect(
            try title("b.svg", late: ["sharded:hash"]).contains("open loop, Poisson 50k/s, c64"))
    }

    @Test("the axis of percentiles ends where no curve has samples enough")
    func percentileAxis() throws {
        let folder = try Folder()
        let outcome = try folder.draw(
            "percentiles", of: Gnuplot.fixture(of: "percentiles"), as: "a.svg")
        #expect(outcome.status == 0)
        let texts = Self.texts(try folder.text("a.svg"))
        // The fixture has at most 480,000 samples a cell.
        #expect(texts.contains("99.99 %") && !texts.contains("99.999 %"))
    }

    @Test("however many cells a run has, its spread fits a screen", arguments: [1, 2, 3, 12])
    func spread(copies: Int) throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture { table in
            table
                + (1..<copies).flatMap { copy in
                    table.dropFirst().map { $0.replacing("sharded:hash", with: "other-\(copy)") }
                        .filter { $0.contains("other-") }
                }
        }
        let outcome = try folder.draw("spread", of: run, as: "a.svg")
        #expect(outcome == Outcome(status: 0, complaint: ""))
        let drawing = try folder.text("a.svg")
        let box = try #require(drawing.firstMatch(of: /viewBox="0 0 900 ([0-9]+)"/))
        let height = try #require(Int(box.1))
        #expect(height <= 760, "\(height) pixels")
        if [1, 12].contains(copies) { #expect(drawing.contains("left out") == (copies == 12)) }
    }

    @Test("a figure is as high as its legend", arguments: ["throughput", "cost", "hockey"])
    func longLegend(figure: String) throws {
        let folder = try Folder()
        let names = (1..<40).map { "novel-\($0)" }
        let run = try folder.copyOfFixture { table in
            let like = table.filter { $0.contains("sharded:hash") }
            return table
                + names.flatMap { name in like.map { $0.replacing("sharded:hash", with: name) } }
        }
        #expect(try folder.draw(figure, of: run, as: "a.svg") == Outcome(status: 0, complaint: ""))
        // Below its edge gnuplot draws nothing.
        let texts = Self.texts(try folder.text("a.svg"))
        for name in names { #expect(texts.contains(name), "lacks \(name)") }
    }

    @Test("the labels of one pattern alone have colours that differ, not ever lighter tints")
    func onePattern() throws {
        let folder = try Folder()
        let shapes = ["trickle", "head-then-body", "a", "b", "c", "d", "e"]
        let run = try folder.copyOfFixture { table in
            let isOfCells = table[0].contains("rps_median")
            let like = table.filter { $0.contains(",h1/single/w1/c64,") }
            return [table[0] + (isOfCells ? ",reply_shape" : "")]
                + shapes.flatMap { shape in
                    like.map { $0.replacing("/c64,", with: "/c64/\(shape),") + ",\(shape)" }
                }
        }
        let outcome = try folder.draw("throughput", of: run, as: "a.svg")
        #expect(outcome == Outcome(status: 0, complaint: ""))
        let legend = try Drawing(parsing: folder.text("a.svg"), name: "f", label: "l").legend
        #expect(legend.map(\.name).contains("single reply trickle"))
        #expect(Set(legend.map(\.colour)).count == shapes.count, "\(legend)")
        // A tint that is nearly white is seen by nobody.
        for entry in legend {
            let parts = entry.colour.matches(of: /[0-9]+/).compactMap { Int($0.0) }
            #expect(parts.count == 3 && parts.contains { $0 < 200 }, "\(entry)")
        }
    }
}
