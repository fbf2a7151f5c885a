import Basis
import Testing

@Suite("reading JSON")
struct JSONReaderTests {
    @Test(
        "strict texts",
        arguments: [
            ("null", JSONValue.null), (" true ", true), ("false", false), ("0", 0), ("-0", 0),
            ("-12", -12), ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5", 1.5),
            ("1e3", .number(1000)), ("1E-2", .number(0.01)), ("\"a\\n\\\"\\\\\\/\"", "a\n\"\\/"),
            ("\"\\u00e9\\ud83d\\ude00\"", "é😀"), ("[]", []), ("{}", [:]),
            ("[1,[2],{}]", [1, [2], [:]]),
            ("{\"b\":1,\"a\":{\"c\":[]}}", ["b": 1, "a": ["c": []]]), ("\"é\"", "é"),
        ] as [(String, JSONValue)])
    func strict(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
        #expect(try JSONValue(parsing: text, as: .relaxed) == value)
        #expect(try JSONValue(parsing: value.compact) == value)
        #expect(try JSONValue(parsing: value.pretty) == value)
    }

    @Test(
        "relaxed texts, which strict reading refuses",
        arguments: [
            ("// note\n1", 1), ("/* a\n * b */ [1, 2,]", [1, 2]),
            (
                "{a: 1, 'b c': 2, $d_9: 3,}",
                ["a": 1, "b c": 2, "$d_9": 3]
            ), ("'it\\'s'", "it's"), ("\"a\\\nb\"", "ab"), ("+5", 5),
            (".5", 0.5), ("5.", 5.0), ("0x1F", 31), ("-0x10", -16), ("\u{0C}1", 1),
        ] as [(String, JSONValue)])
    func relaxed(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text, as: .relaxed) == value)
        #expect(throws: JSONRefusal.self) { try JSONValue(parsing: text) }
    }

    @Test(
        "refusals name the place",
        arguments: [
            ("", "line 1, column 1: the text ends where a value should stand"),
            ("{\n  a: 1,\n  a: 2\n}", "line 3, column 3: 'a' stands twice in one object"),
            ("[1 2]", "line 1, column 4: expected , or ]"),
            ("{a 1}", "line 1, column 4: expected : after 'a'"),
            ("{a: 1 b: 2}", "line 1, column 7: expected , or }"),
            ("[,]", "line 1, column 2: expected a value"),
            ("1 2", "line 1, column 3: something follows the end of the value"),
            ("01", "line 1, column 1: '01' is no number"),
            ("1.e", "line 1, column 1: '1.e' is no number"),
            ("nul", "line 1, column 1: 'nul' is no number"),
            ("\"abc", "line 1, column 5: a string has no end"),
            ("\"\\ud800\"", "line 1, column 8: half a surrogate pair"),
            ("\"\\q\"", "line 1, column 3: a backslash before a character that needs none"),
            ("/* x", "line 1, column 5: a comment has no end"),
            ("\"a\u{1}\"", "line 1, column 3: a control character in a string must be escaped"),
            ("{1: 2}", "line 1, column 2: expected a name or }"),
            ("1e999", "line 1, column 1: '1e999' is no number"),
        ])
    func refusals(text: String, message: String) {
        let refusal = #expect(throws: JSONRefusal.self) {
            try JSONValue(parsing: text, as: .relaxed)
        }
        #expect(refusal?.description == message)
    }

    @Test("nesting has a limit")
    func depth() {
        let deep = String(repeating: "[", count: 10_000)
        #expect(throws: JSONRefusal.self) { try JSONValue(parsing: deep) }
        let fine = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(throws: Never.self) { try JSONValue(parsing: fine) }
    }

    @Test("no cut of a text is a crash or a value")
    func cuts() {
        let text = "{\"a\": [1, -2.5e3, \"x\\u00e9\"], \"b\": {\"c\": null, \"d\": true}}"
        for cut in 0..<text.utf8.count {
            let part = String(decoding: Array(text.utf8.prefix(cut)), as: UTF8.self)
            for dialect in [JSONValue.Dialect.strict, .relaxed] {
                #expect(throws: JSONRefusal.self, "cut at \(cut)") {
                    try JSONValue(parsing: part, as: dialect)
                }
            }
        }
    }
}
