import Basis
import Report
import Testing

struct PrintableTests {
    @Test(
        "a terminal is shown what it would obey",
        arguments: [
            ("plain", "plain"), ("é 日本 🙂", "é 日本 🙂"), ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1B}[2J", "\\u{1B}[2J"), ("\u{9B}2J", "\\u{9B}2J"), ("\u{7F}", "\\u{7F}"),
            ("a\u{202E}b", "a\\u{202E}b"), ("a\u{2028}b", "a\\u{2028}b"), ("a\\nb", "a\\nb"),
            ("👩\u{200D}🔧", "👩\u{200D}🔧"),
        ])
    func printableText(text: String, shown: String) {
        #expect(printable(text) == shown)
        var table = TextTable([.init("a", .left), .init("b")])
        table.append([.init(text), "1"])
        #expect(table.text(width: nil, colours: false).contains(shown + "  1\n"))
    }
}
