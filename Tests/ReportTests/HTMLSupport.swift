import Foundation
import FoundationXML
import Report
import TestSupport
import Testing

/// A copy of the fixture run in a temporary folder, with two small figures.
final class RunCopy {
    static let fixture = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../plots/fixture/run").standardizedFileURL
    static let golden = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Golden")

    /// As gnuplot draws: ids, references to them, groups that draw nothing, titles.
    static let figure = """
        <?xml version="1.0" encoding="utf-8" standalone="no"?>
        <svg viewBox="0 0 900 300" xmlns="http://www.w3.org/2000/svg"
         xmlns:xlink="http://www.w3.org/1999/xlink">
        <title>throughput</title><desc>Produced by GNUPLOT</desc>
        <defs><circle id='gpPt5' stroke='currentColor' cx='0' cy='0' r='1'/>
        <use xlink:href='#gpPt5' id='gpPt6' fill='currentColor'/></defs>
        <g fill="none" color="black"></g>
        <g id="plot_1"><title>plot_1</title><use xlink:href='#gpPt6' transform='scale(4)'/>
        <text x="20" y="30"><![CDATA[a < b]]> &amp; c</text></g>
        </svg>

        """

    let url: URL
    var path: String { url.path }

    init(figures: [String] = ["heatmap", "throughput"]) throws {
        url = FileManager.default.temporaryDirectory
            .appending(path: "switchyard report \(UUID().uuidString)")
        try FileManager.default.copyItem(at: Self.fixture, to: url)
        for name in figures { try write("plots/\(name).svg", Self.figure) }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ name: String, _ text: String) throws {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: false, encoding: .utf8)
    }

    func change(_ name: String, _ change: (String) -> String) throws {
        let old = try String(contentsOf: url.appending(path: name), encoding: .utf8)
        let new = change(old)
        #expect(new != old, "the change of \(name) changes nothing")
        try write(name, new)
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(at: url.appending(path: name))
    }

    /// The report as a browser shows it in a window of this size, behind a script that posts what
    /// it finds to the window's parent.
    func probed(
        by script: String, width: Int, height: Int, scheme: Browser.Scheme = .light
    ) throws -> Browser.Page {
        let page = try page().replacing(
            "<meta http-equiv=\"Content-Security-Policy\"", with: "<meta name=\"unused\"")
        try write(
            "report.html", page.replacing("</body>", with: "<script>\(script)</script></body>"))
        // Chromium makes no window narrower than 500 pixels, but frames of any width.
        try write(
            "frame.html",
            """
            <!DOCTYPE html><script>
            addEventListener("message", (message) =>
              Object.assign(document.documentElement.dataset, message.data));
            </script><iframe src="report.html" width="\(width)" height="\(height)"
              style="border: 0"></iframe>
            """)
        return try Browser.open(url.appending(path: "frame.html"), scheme: scheme)
    }

    func files() throws -> RunFiles { try RunFiles(folder: path) }
    func page() throws -> String { ReportPage(try files()).text }

    /// Compares with a file in `Golden`; what differs is left beside it for a look.
    static func expect(_ text: String, equals name: String) throws {
        let file = golden.appending(path: name)
        let expected = try? String(contentsOf: file, encoding: .utf8)
        if text == expected { return }
        let actual = FileManager.default.temporaryDirectory.appending(path: "actual-\(name)")
        try text.write(to: actual, atomically: true, encoding: .utf8)
        Issue.record("differs: diff '\(file.path)' '\(actual.path)'; copy it over if it is right")
    }
}

/// The elements of a page read as XML, which it is but for the content of `style` and `script`.
final class PageReader: NSObject, XMLParserDelegate {
    struct Element {
        let name: String
        let attributes: [String: String]
    }

    private(set) var elements: [Element] = []
    private(set) var text = ""
    private(set) var problem: String?

    init(_ page: String) {
        super.init()
        let parser = XMLParser(data: Data(Self.withoutPrograms(page).utf8))
        parser.delegate = self
        if !parser.parse() {
            problem = "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "?")"
        }
    }

    /// The page with empty `style` and `script`.
    static func withoutPrograms(_ page: String) -> String {
        ["style", "script"].reduce(page) { page, name in
            guard let start = page.range(of: "<\(name)>"), let end = page.range(of: "</\(name)>")
            else { return page }
            return page.replacingCharacters(in: start.upperBound..<end.lowerBound, with: "")
        }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) {
        elements.append(Element(name: name, attributes: attributes))
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}
