import Foundation
import TestSupport
import Testing

@testable import Report

/// The report as a browser shows it.
@Suite("HTML report in a browser", .enabled(if: Browser.path != nil, "Chromium is not installed"))
struct HTMLBrowserTests {
    @Test(
        "it fits phone and desktop, is readable in light and dark, and its tables sort",
        arguments: [(390, 844), (1280, 900)], [Browser.Scheme.light, .dark])
    func behaves(size: (width: Int, height: Int), scheme: Browser.Scheme) throws {
        let run = try RunCopy(figures: ["throughput"])
        let found = try run.probed(
            by: Self.probe, width: size.width, height: size.height, scheme: scheme)

        #expect(found.value("width") == "\(size.width)", "the window is not as asked")
        #expect(found.value("dark") == "\(scheme == .dark)")
        #expect(found.value("overflow") == "0", "the page scrolls sideways")
        #expect(found.value("escaping") == "", "these stick out of the page")
        #expect(found.value("faint") == "", "these texts have a contrast below 4.5")
        #expect(found.value("first-click") == "ascending sorted")
        #expect(found.value("second-click") == "descending sorted")
        #expect(found.value("missing-last") == "true")
        #expect(found.value("focusable") == "true")
        #expect(found.value("spoken") == "Sorted by p99 µs, descending.")
    }

    /// Tells the page around it what it finds, which leaves it in attributes of its root element,
    /// where the dumped document shows it. The page stands in a frame since Chromium makes no
    /// window narrower than 500 pixels.
    static let probe = """
        const found = {};
        const table = document.getElementById("cells");
        const heads = Array.from(table.tHead.rows[0].cells);
        found.width = innerWidth;
        found.dark = matchMedia("(prefers-color-scheme: dark)").matches;
        found.overflow = document.documentElement.scrollWidth - innerWidth;
        found.escaping = Array.from(document.querySelectorAll("body *")).filter((element) =>
          !element.closest(".scroll > *, .skip, .spoken") && element.offsetWidth > 0
          && element.getBoundingClientRect().right > innerWidth + 0.5
        ).map((element) => element.outerHTML.slice(0, 60)).join();
        function luminance(color) {
          const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((part) => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
          });
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        }
        function background(element) {
          for (let e = element; e; e = e.parentElement) {
            const color = getComputedStyle(e).backgroundColor;
            if (!color.startsWith("rgba(")) return color;
          }
          return "rgb(255, 255, 255)";
        }
        found.faint = Array.from(document.querySelectorAll("body *")).filter((element) => {
          const own = Array.from(element.childNodes).some((node) =>
            node.nodeType === 3 && node.data.trim());
          if (!own || element.closest("svg, script")) return false;
          const a = luminance(getComputedStyle(element).color);
          const b = luminance(background(element));
          return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
        }).map((element) => element.outerHTML.slice(0, 60)).join();
        function keys(index) {
          return Array.from(table.tBodies[0].rows, (row) => row.cells[index].dataset.v);
        }
        function click(key) {
          const index = heads.findIndex((head) => head.dataset.key === key);
          const button = heads[index].querySelector("button");
          button.focus();
          found.focusable = document.activeElement === button && button.tabIndex === 0;
          button.click();
          const direction = heads[index].getAttribute("aria-sort");
          const sign = direction === "ascending" ? 1 : -1;
          const all = keys(index).filter((value) => value !== "").map(Number);
          return direction + (all.every((value, place) =>
            place === 0 || sign * (value - all[place - 1]) >= 0) ? " sorted" : " NOT sorted");
        }
        const before = keys(0).join();
        click("rate_target");
        const rates = keys(heads.findIndex((head) => head.dataset.key === "rate_target"));
        found.missingLast = rates.at(-1) === "" && rates[0] !== "" && keys(0).join() !== before;
        found.firstClick = click("p99_ns");
        found.secondClick = click("p99_ns");
        found.spoken = document.getElementById("spoken").textContent;
        parent.postMessage(found, "*");
        """

    @Test("under its own security policy the script runs, and a link can ask for an order")
    func policy() throws {
        let run = try RunCopy()
        try run.write("report.html", try run.page())
        let page = try Browser.open(
            run.url.appending(path: "report.html"), fragment: "sort=cells,rps,descending")
        let head = "data-key=\"rps\" aria-sort=\"descending\">"
        #expect(page.text.contains(head), "set SortScript.digest to the digest that openssl gives")
        let body = try #require(page.text.range(of: "<table id=\"cells\""))
        let first = page.text[body.lowerBound...].range(of: "<code>").map {
            page.text[$0.upperBound...].prefix { $0 != "\n" }
        }
        #expect(first?.hasPrefix("h1/<wbr>sharded:<wbr>hash/<wbr>w2/<wbr>c64</code>") == true)
    }
}
