import Foundation
import FoundationXML
import Testing

/// The figure of textbook effects, of each kind of points.
@Suite(.enabled(if: Gnuplot.path != nil, "gnuplot is not installed"))
struct EffectPlotTests {
    @Test(
        "an effect is drawn as its points ask for, the same each time",
        arguments: [
            ("nagle", ["link-stall", "published"], ["simulated", "each round"]),
            ("handshake", ["each round", "resumed-1.3"], ["dashed", "simulated"]),
            (
                "cashiers",
                ["dashed: simulated", "latency‚ ms", "simulated 0.92", "; none published"],
                ["each round"]
            ),
            ("mixed", ["dashed: simulated", "of the threads", "latency‚ ms"], ["published: "]),
            ("round-trips", ["dashed: predicted", "median latency‚ ms", "4 RTT"], ["simulated"]),
            ("two-connections", ["rate‚ of that of both loops"], ["dashed"]),
            ("accept-order", ["share of the connections‚ %", "the busiest first"], ["dashed"]),
        ])
    func draws(effect: String, shown: [String], absent: [String]) throws {
        let folder = try Folder()
        for name in ["a.svg", "b.svg", "a.png"] {
            let outcome = try folder.draw(
                "effect", of: Gnuplot.fixture(of: "effect"), as: name, part: effect)
            #expect(outcome == Outcome(status: 0, complaint: ""))
        }
        let drawing = try folder.text("a.svg")
        #expect(XMLParser(data: Data(drawing.utf8)).parse(), "not well-formed XML")
        #expect(try folder.text("b.svg") == drawing, "two runs differ")
        for mark in shown + ["Effect \(effect)"] {
            #expect(drawing.contains(mark), "lacks '\(mark)'")
        }
        for mark in absent { #expect(!drawing.contains(mark), "has '\(mark)'") }
    }

    @Test(
        "an effect without a figure is status 3",
        arguments: [("herd", "no row of herd was measured"), ("herds", " has no effect herds")])
    func nothingToDraw(effect: String, reason: String) throws {
        let folder = try Folder()
        let outcome = try folder.draw(
            "effect", of: Gnuplot.fixture(of: "effect"), as: "a.svg", part: effect)
        #expect(outcome.status == 3 && outcome.complaint.hasSuffix(reason), "\(outcome)")
        #expect(try folder.names() == [])
    }

    @Test(
        "without its points an effect is drawn by its rows alone",
        arguments: ["cashiers", "handshake"])
    func withoutPoints(effect: String) throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture(of: "effect") { table in
            table[0].contains("kind") ? [table[0]] : table
        }
        let outcome = try folder.draw("effect", of: run, as: "a.svg", part: effect)
        #expect(outcome == Outcome(status: 0, complaint: ""))
        #expect(try !folder.text("a.svg").contains("dashed"))
    }
}
