import Basis
import Report
import Testing

/// Texts with places that each request fills anew.
struct TemplateTextTests {
    private static let place = FilePlace(file: "m.json5", path: "body")

    @Test(
        "places are told from braces that mean themselves",
        arguments: [
            ("", []),
            ("{}", [.text("{}")]),
            ("{\"a\": {\"b\": 1}}", [.text("{\"a\": {\"b\": 1}}")]),
            ("{seq}", [.place(.sequence(from: 1))]),
            ("{seq:0}x", [.place(.sequence(from: 0)), .text("x")]),
            (
                "{\"id\": {seq:18446744073709551615}}",
                [.text("{\"id\": "), .place(.sequence(from: .max)), .text("}")]
            ),
            ("{rand:5-5}{uuid}", [.place(.random(5...5)), .place(.uuid)]),
            ("{rand:0-18446744073709551615}", [.place(.random(0 ... .max))]),
            ("{csv:last name}", [.place(.column("last name"))]),
            ("{csv:a:b}", [.place(.column("a:b"))]),
            ("{{seq}", [.text("{seq}")]),
            ("{{{seq}", [.text("{"), .place(.sequence(from: 1))]),
            ("a{{b{{", [.text("a{b{")]),
            ("{ seq }{1}{-}{\n}", [.text("{ seq }{1}{-}{\n}")]),
            ("{seq", [.text("{seq")]),
            ("{id{seq}", [.text("{id"), .place(.sequence(from: 1))]),
        ] as [(String, [TemplateText.Part])])
    func parts(text: String, parts: [TemplateText.Part]) throws {
        let read = try TemplateText(parsing: text, Self.place)
        #expect(read.parts == parts)
        #expect(
            read.isConstant
                == !parts.contains { if case .place = $0 { true } else { false } })
    }

    @Test(
        "a word in braces that fills nothing is refused in one line",
        arguments: [
            ("{sec}", "{sec} is filled by nothing; did you mean {seq...}? write"),
            ("{user}", "{user} is filled by nothing; write"),
            ("{rand}", "{rand} is filled by nothing; write"),
            ("{rand:2-1}", "{rand:2-1} is filled by nothing; write"),
            ("{rand:-1-1}", "{rand:-1-1} is filled by nothing; write"),
            ("{rand:1-18446744073709551616}", "{rand:1-18446744073709551616} is filled by"),
            ("{seq:a}", "{seq:a} is filled by nothing; write"),
            ("{seq:}", "{seq:} is filled by nothing; write"),
            ("{uuid:4}", "{uuid:4} is filled by nothing; write"),
            ("{csv}", "{csv} is filled by nothing; write"),
            ("{csv:}", "{csv:} is filled by nothing; write"),
        ])
    func refusals(text: String, start: String) throws {
        let complaint = try #require(
            #expect(throws: Complaint.self) {
                _ = try TemplateText(parsing: text, Self.place)
            })
        #expect("\(complaint)".hasPrefix("m.json5: body: \(start)"), "\(complaint)")
        #expect(!"\(complaint)".contains("\n"))
    }

    @Test("a table lies where the mix does, and the mix is the same wherever it lies")
    func tables() throws {
        let text = "{data: 'u.csv', kinds: [{weight: 1, path: '{csv:a}'}]}"
        let here = try RequestMix(parsing: text, file: "m.json5")
        let there = try RequestMix(parsing: text, file: "/a/b/m.json5")
        let absolute = try RequestMix(
            parsing: text.replacing("u.csv", with: "/c/u.csv"), file: "x/m.json5")
        #expect([here.data, there.data, absolute.data] == ["u.csv", "/a/b/u.csv", "/c/u.csv"])
        #expect(here.idPart == there.idPart && here.idPart == absolute.idPart)
        #expect(try RequestMix(there.json, FilePlace(file: "", path: "")) == there)
        #expect {
            _ = try RequestMix(
                parsing: "{kinds: [{weight: 1, path: '/{csv:a}'}]}", file: "m.json5")
        } throws: {
            "\($0)".hasPrefix("m.json5: kinds[0]: {csv:a} has no table; ")
        }
    }
}
