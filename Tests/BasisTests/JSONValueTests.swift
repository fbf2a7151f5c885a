import Basis
import Foundation
import Testing

@Suite("JSON writer")
struct JSONValueTests {
    static let texts: [(value: JSONValue, text: String)] = [
        (nil, "null"), (true, "true"), (false, "false"),
        (0, "0"), (-7, "-7"), (.integer(.max), "9223372036854775807"),
        (.integer(.min), "-9223372036854775808"),
        (1.5, "1.5"), (-0.25, "-0.25"), (1e300, "1e+300"), (0.1, "0.1"),
        (.number(.nan), "null"), (.number(.infinity), "null"), (.number(-.infinity), "null"),
        ("", #""""#), ("a", #""a""#), ("é\u{1F600}", "\"é\u{1F600}\""),
        ("\"\\\n\r\t", #""\"\\\n\r\t""#), ("\u{0}\u{1F}\u{7F}", "\"\\u0000\\u001f\u{7F}\""),
        ([], "[]"), ([1, [2], "x"], #"[1,[2],"x"]"#),
        ([:], "{}"), (["b": 1, "a": [:]], #"{"b":1,"a":{}}"#),
    ]

    @Test("writes each kind of value", arguments: texts)
    func compact(value: JSONValue, text: String) {
        #expect(value.compact == text)
    }

    @Test("what it writes reads back elsewhere as what was meant", arguments: texts.map(\.value))
    func foreignReader(value: JSONValue) throws {
        for text in [value.compact, value.pretty] {
            let read = try JSONSerialization.jsonObject(
                with: Data(text.utf8), options: [.fragmentsAllowed])
            #expect(Self.means(value, read as AnyObject), "\(text)")
        }
    }

    /// Whether Foundation's reading says the same as `value`.
    private static func means(_ value: JSONValue, _ read: AnyObject) -> Bool {
        switch value {
        case .null: read is NSNull
        case .bool(let flag): (read as? NSNumber)?.boolValue == flag
        case .integer(let number): (read as? NSNumber)?.int64Value == number
        case .number(let number):
            number.isFinite ? (read as? NSNumber)?.doubleValue == number : read is NSNull
        case .string(let text): read as? String == text
        case .array(let values):
            (read as? [AnyObject]).map {
                zip(values, $0).allSatisfy(means) && $0.count == values.count
            }
                ?? false
        case .object(let members):
            (read as? [String: AnyObject]).map { table in
                table.count == members.count
                    && members.allSatisfy { member in
                        table[member.name].map { means(member.value, $0) } ?? false
                    }
            } ?? false
        }
    }

    @Test("indents by two and ends in a newline")
    func pretty() {
        let value: JSONValue = ["a": [1, ["b": nil]], "empty": [], "none": [:]]
        let expected = """
            {
              "a": [
                1,
                {
                  "b": null
                }
              ],
              "empty": [],
              "none": {}
            }

            """
        #expect(value.pretty == expected)
    }

    @Test("finds members by name, and nothing in what is no object")
    func members() {
        let value: JSONValue = ["a": 1, "b": ["c": 2]]
        #expect(value["a"] == 1)
        #expect(value["b"]?["c"] == 2)
        #expect(value["z"] == nil)
        #expect(JSONValue.array([1])["a"] == nil)
    }
}
