import Foundation
import TestSupport
import Testing

@testable import Report

/// Where things stand on a desktop and on a phone, as a browser lays the report out.
@Suite("layout of the HTML report", .enabled(if: Browser.path != nil, "Chromium is not installed"))
struct HTMLLayoutTests {
    /// In pixels from the corner of the page.
    struct Box: CustomStringConvertible {
        let left, top, right, bottom: Double

        var description: String { "(\(left), \(top)) to (\(right), \(bottom))" }
        var isSeen: Bool { right > left && bottom > top }

        func holds(_ other: Box) -> Bool {
            other.isSeen && other.left >= left - 0.5 && other.right <= right + 0.5
                && other.top >= top - 0.5 && other.bottom <= bottom + 0.5
        }
    }

    /// The report of a run with verdicts long and short, in a window of this width.
    private struct Layout {
        let page: Browser.Page

        init(width: Int) throws {
            let run = try RunCopy(figures: [])
            try run.write("plots/throughput.svg", LegendTests.figure)
            try run.change("cells.csv") { text in
                var verdicts = ["too-few-samples", "client-bound", "other-openings"]
                return text.split(separator: "\n").map { line in
                    guard line.contains(",valid,"), let verdict = verdicts.popLast() else {
                        return String(line)
                    }
                    return String(line.replacing(",valid,", with: ",\(verdict),"))
                }.joined(separator: "\n") + "\n"
            }
            page = try run.probed(by: HTMLLayoutTests.probe, width: width, height: 900)
        }

        /// The boxes of a selector, in the order of the page.
        func boxes(_ name: String) -> [Box] {
            (page.value(name) ?? "").split(separator: ";").map { text in
                let sides = text.split(separator: " ").compactMap { Double($0) }
                return Box(left: sides[0], top: sides[1], right: sides[2], bottom: sides[3])
            }
        }

        func box(_ name: String) throws -> Box {
            try #require(boxes(name).first, "the page has no \(name)")
        }
    }

    /// Tells the page around it the boxes of what is looked at.
    private static let probe = """
        const found = {
          width: innerWidth,
          overflow: document.documentElement.scrollWidth - innerWidth,
          open: document.querySelector("#doubts details").open,
          summary: document.querySelector("#doubts summary").textContent,
          heads: Array.from(document.querySelectorAll("#workers tbody th"),
            (head) => head.textContent).join(),
        };
        function note(name, elements) {
          found[name] = Array.from(elements, (element) => {
            const box = element.getBoundingClientRect();
            return [box.left + scrollX, box.top + scrollY, box.right + scrollX,
              box.bottom + scrollY].join(" ");
          }).join(";");
        }
        for (const id of ["whole", "findings", "figures", "doubts", "cells-all", "workers-all",
          "machine"]) note(id.replace("-", ""), [document.getElementById(id)]);
        note("details", document.querySelectorAll("#doubts details"));
        note("unfolded", document.querySelectorAll("#doubts summary"));
        note("table", [document.getElementById("cells").parentElement]);
        for (const [name, key] of [["verdicts", "verdict"], ["tails", "p99_ns"],
          ["costs", "srv_cpu_ns_per_req"], ["patterns", "pattern"]]) {
          const rows = Array.from(document.getElementById("cells").rows);
          const heads = Array.from(rows[0].cells);
          const index = heads.findIndex((head) => head.dataset.key === key);
          note(name, rows.map((row) => row.cells[index]));
        }
        note("figure", document.querySelectorAll("figure"));
        note("legend", document.querySelectorAll("figure .legend"));
        note("drawing", document.querySelectorAll("figure .scroll svg"));
        note("names", Array.from(document.querySelectorAll("figure .scroll svg text"))
          .filter((text) => /^(single|sharded:hash)$/.test(text.textContent.trim())));
        parent.postMessage(found, "*");
        """

    @Test(
        "findings stand above figures, these above folded doubts, these above tables",
        arguments: [390, 1280])
    func order(width: Int) throws {
        let layout = try Layout(width: width)
        #expect(layout.page.value("width") == "\(width)", "the window is not as asked")
        #expect(layout.page.value("overflow") == "0", "the page scrolls sideways")
        let parts = try ["whole", "findings", "figures", "doubts", "cellsall", "workersall"]
            .map { try layout.box($0) }
        for (upper, lower) in zip(parts, parts.dropFirst()) {
            #expect(upper.isSeen && lower.isSeen && upper.bottom <= lower.top, "\(upper), \(lower)")
        }
        let machine = try layout.box("machine")
        #expect(parts[5].bottom <= machine.top)

        #expect(layout.page.value("open") == "false")
        #expect(
            layout.page.value("summary")
                == "1 warning of the run, 5 cells in doubt, 1 cell with bounds")
        let details = try layout.box("details")
        let summary = try layout.box("unfolded")
        #expect(details.bottom - details.top < summary.bottom - summary.top + 8, "it is unfolded")

        let heads = (layout.page.value("heads") ?? "").split(separator: ",")
        #expect(heads.count == 18 && heads.allSatisfy { $0.hasPrefix("h1/") }, "\(heads.prefix(3))")
    }

    @Test("on a desktop the cost of a request is seen without scrolling")
    func desktop() throws {
        let layout = try Layout(width: 1280)
        let edge = min(1280, try layout.box("table").right)
        let costs = layout.boxes("costs")
        #expect(costs.count == 37 && costs.allSatisfy(\.isSeen))
        #expect(costs.allSatisfy { $0.right <= edge }, "\(costs[0]) ends behind \(edge)")

        // There the figure has its own legend.
        let (figure, drawing) = try (layout.box("figure"), layout.box("drawing"))
        let names = layout.boxes("names")
        #expect(names.count == 2 && names.allSatisfy { drawing.holds($0) && figure.holds($0) })
        #expect(layout.boxes("legend").allSatisfy { !$0.isSeen }, "the legend is there twice")
    }

    @Test("on a phone the verdict and the tail are seen without scrolling, and legends are there")
    func phone() throws {
        let layout = try Layout(width: 390)
        let edge = min(390, try layout.box("table").right)
        for name in ["patterns", "verdicts", "tails"] {
            let boxes = layout.boxes(name)
            #expect(boxes.count == 37 && boxes.allSatisfy(\.isSeen))
            let farthest = boxes.map(\.right).max() ?? 0
            #expect(farthest <= edge, "\(name) end at \(farthest), behind \(edge)")
        }
        let (figure, legend) = try (layout.box("figure"), layout.box("legend"))
        #expect(figure.holds(legend) && legend.right <= 390, "\(legend) outside of \(figure)")
    }
}
