import Foundation
import Testing

@testable import Report

/// The legends that a report shows beside figures that are wider than the window.
struct LegendTests {
    /// As gnuplot draws a figure with a legend of two at its right.
    static let figure = """
        <?xml version="1.0" encoding="utf-8" standalone="no"?>
        <svg viewBox="0 0 900 300" xmlns="http://www.w3.org/2000/svg"
         xmlns:xlink="http://www.w3.org/1999/xlink">
        <defs><rect id='gpPt4' stroke='currentColor' fill='currentColor' x='-1' y='-1'
         width='2' height='2'/></defs>
        <g transform="translate(14,30)"><text>A heading</text></g>
        \(entry("single", y: 60))\(entry("sharded:hash", y: 79))
        <g transform="translate(60,280)"><text>0</text></g>
        <g><use xlink:href='#gpPt4' transform='translate(300,200) scale(5.40)' color='black'/></g>
        </svg>

        """

    private static func entry(_ name: String, y: Int) -> String {
        """
        <g><g transform="translate(757.23,\(y + 5).81)" fill="black" font-size="12">
        <text>\(name)</text></g></g>
        <g><use xlink:href='#gpPt4' transform='translate(740.99,\(y + 1).01) scale(5.40)'
         color='rgb(213,  94,   0)'/></g>
        """
    }

    @Test("a label with a mark beside it is an entry, other texts and marks are none")
    func entries() throws {
        let drawing = try Drawing(parsing: Self.figure, name: "f", label: "l")
        #expect(
            drawing.legend
                == ["single", "sharded:hash"].map {
                    LegendEntry(name: $0, shape: "f-gpPt4", colour: "rgb(213,  94,   0)")
                })
        let html = drawing.legendMarkup.html
        #expect(html.contains("<use href=\"#f-gpPt4\" color=\"rgb(213,  94,   0)\"></use>"))
        #expect(html.contains("</svg>sharded:hash</li>"))
        #expect(try Drawing(parsing: RunCopy.figure, name: "f", label: "l").legendMarkup == "")
    }

    @Test(
        "gnuplot's legends are found, with the names of all series",
        .enabled(if: Gnuplot.path != nil, "gnuplot is not installed"),
        arguments: [
            ("throughput", ["single", "nginx"]), ("cost", ["single", "sharded:hash"]),
            ("hockey", ["single", "sharded:hash"]), ("percentiles", ["balanced:shared (late)"]),
            ("capacity", ["offload", "nginx"]), ("protocols", ["balanced:shared"]),
            ("push", ["balanced:shared"]), ("scaling", ["descriptor-passing"]),
            ("slopes", ["tls1.2  4.01"]), ("roles", ["acceptor", "other"]),
            ("heatmap", []), ("spread", []), ("balance", []),
        ])
    func drawn(figure: String, names: [String]) throws {
        let folder = try Folder()
        let outcome = try folder.draw(figure, of: Gnuplot.fixture(of: figure), as: "a.svg")
        #expect(outcome == Outcome(status: 0, complaint: ""))
        let legend = try Drawing(parsing: folder.text("a.svg"), name: "f", label: "l").legend
        for name in names { #expect(legend.contains { $0.name == name }, "lacks '\(name)'") }
        #expect(legend.isEmpty == names.isEmpty)
    }
}
