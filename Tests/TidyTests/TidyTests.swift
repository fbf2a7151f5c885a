import Testing

@Suite("the repository is tidy")
struct TidyTests {
    @Test("throughout", arguments: Rule.all)
    func holds(rule: Rule) {
        for finding in rule.check(.here) { Issue.record("\(finding)") }
    }

    @Test("each rule finds what breaks it, and nothing else", arguments: Rule.all)
    func bites(rule: Rule) {
        #expect(
            !rule.broken.isEmpty && !rule.kept.isEmpty, "a rule without examples proves nothing")
        for (index, example) in rule.broken.enumerated() {
            #expect(!rule.check(example).isEmpty, "broken example \(index) passes")
        }
        for (index, example) in rule.kept.enumerated() {
            #expect(rule.check(example) == [], "kept example \(index) is refused")
        }
    }

    @Test("the repository was found")
    func found() {
        #expect(Repository.here["Package.swift"] != nil)
        #expect(Repository.here["Tests/TidyTests/TidyTests.swift"]?.swift != nil)
        #expect(!Repository.here.files.contains { $0.path.hasPrefix(".build") })
    }

    @Test(
        "code and comments are told apart",
        arguments: [
            ("let a = 1 // b", "let a = 1 ", "// b"),
            (#"let a = "b // c" // d"#, #"let a = "" "#, "// d"),
            (#"f("\(a + "b") // c") // d"#, #"f("(a + "")") "#, "// d"),
            (##"f(#"a"\(b)"#) // c"##, #"f("") "#, "// c"),
            (##"f(#"\#(a)"#, "\"") // c"##, #"f("(a)", "") "#, "// c"),
            ("a /* b /* c */ d */ e", "a  e", " b  c  d "),
        ])
    func lexing(line: String, code: String, comment: String) {
        let lines = SwiftLines(line)
        #expect(lines.code == [code])
        #expect(lines.comments == [comment])
    }

    @Test("strings and comments over several lines end where they end")
    func severalLines() {
        let lines = SwiftLines("a\n\"\"\"\n// \"b\" unsafe\n\"\"\" c\n/* d\ne */ f\n\"open\ng")
        #expect(lines.code == ["a", "\"", "", "\" c", "", " f", "\"", "g"])
        #expect(lines.comments == ["", "", "", "", " d", "e ", "", ""])
    }

    @Test(
        "declarations are seen past attributes and modifiers",
        arguments: [
            ("@frozen @safe package struct A {", "struct", ["package"]),
            (
                "@available(macOS, introduced: 1) public final class A {", "class",
                ["public", "final"]
            ),
            ("    private(set) var a: Int", "var", ["private"]), ("init?(a: B) {", "init", []),
            ("package static func < (a: A, b: A)", "func", ["package", "static"]),
            ("deinit {", "deinit", []), ("@_lifetime(borrow self) func a()", "func", []),
        ] as [(String, Substring, Set<Substring>)])
    func declarations(line: String, keyword: Substring, modifiers: Set<Substring>) {
        let found = SwiftLines(line).declaration(0)
        #expect(found?.keyword == keyword)
        #expect(found?.modifiers == modifiers)
    }

    @Test(
        "what declares nothing is no declaration", arguments: ["a.b()", "return c", "} else {", ""])
    func noDeclarations(line: String) {
        #expect(SwiftLines(line).declaration(0) == nil)
    }
}
