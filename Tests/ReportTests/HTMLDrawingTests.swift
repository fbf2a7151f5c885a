import Testing

@testable import Report

@Suite("figures inside a report")
struct HTMLDrawingTests {
    private func drawing(_ content: String) throws -> String {
        let svg = "<svg viewBox='0 0 9 9'>\(content)</svg>"
        let drawn = try Drawing(parsing: svg, name: "f", label: "l").svg
        return String(
            drawn.dropFirst("<svg viewBox=\"0 0 9 9\" role=\"img\" aria-label=\"l\">".count)
                .dropLast("</svg>".count))
    }

    @Test(
        "ids and references get a prefix; what could load, run or say something else is dropped",
        arguments: [
            ("<g id='a'><path d='M0,0'/></g>", "<g id=\"f-a\"><path d=\"M0,0\"></path></g>"),
            ("<use xlink:href='#a'/>", "<use href=\"#f-a\"></use>"),
            ("<use href='other.svg#a'/>", "<use></use>"),
            ("<use href='javascript:a()'/>", "<use></use>"),
            ("<rect fill='url(#a)'/>", "<rect fill=\"url(#f-a)\"></rect>"),
            ("<rect fill='url(//a.b/c)'/>", "<rect></rect>"),
            ("<rect fill='URL( &quot;http://a&quot;)'/>", "<rect></rect>"),
            ("<rect onclick='a()' style='fill:url(b)' class='c'/>", "<rect></rect>"),
            ("<script>a()</script><style>@import 'b'</style>", ""),
            ("<foreignObject><p>a</p></foreignObject><image href='a.png'/>", ""),
            ("<a href='b'><text>c</text></a>", ""),
            ("<g><g color='red'></g>\n</g>", ""),
            ("<g><title>plot_1</title><path/></g>", "<g><path></path></g>"),
            (
                "<text>a &lt;b&gt; &#65;&#x42;<![CDATA[<c>]]></text>",
                "<text>a &lt;b&gt; AB&lt;c&gt;</text>"
            ),
            ("<!-- a --><?b c?><circle r=\"1\" />", "<circle r=\"1\"></circle>"),
        ])
    func reduced(content: String, expected: String) throws {
        #expect(try drawing(content) == expected)
    }

    @Test(
        "what is not well formed is refused with its line",
        arguments: [
            ("", 1), ("<svg", 1), ("<svg viewBox='0 0 1 1'>\n<g></svg>", 2),
            ("<svg viewBox='0 0 1 1'/>x", 1), ("<svg/>", 1), ("<svg viewBox='0 0 1'/>", 1),
            ("<svg viewBox='0 0 1 1' viewBox='0 0 1 1'/>", 1), ("<p viewBox='0 0 1 1'/>", 1),
            ("<svg viewBox='0 0 1 1'>\n\n&a;</svg>", 3), ("<svg viewBox=0></svg>", 1),
            ("<!DOCTYPE svg [<!ENTITY a 'b'>]>\n<svg viewBox='0 0 1 1'/>", 1),
            ("<svg viewBox='0 0 1 1'>&#xD800;</svg>", 1), ("<svg viewBox='<'/>", 1),
            (String(repeating: "<g>", count: 100_000), 1),
        ])
    func refused(text: String, line: Int) {
        let refusal = #expect(throws: XMLRefusal.self) {
            try Drawing(parsing: text, name: "f", label: "l")
        }
        #expect(refusal?.line == line)
    }

    @Test("a figure cut at any byte is refused")
    func cut() {
        let whole = Array(RunCopy.figure.utf8)
        for count in 0..<(whole.count - 2) {
            let text = String(decoding: whole[..<count], as: UTF8.self)
            #expect(throws: XMLRefusal.self, "cut at \(count)") {
                try Drawing(parsing: text, name: "f", label: "l")
            }
        }
    }
}
