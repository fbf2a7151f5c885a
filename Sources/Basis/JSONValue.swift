/// A JSON value (RFC 8259) whose objects keep the order in which their members were written, so
/// that reports read the same every time.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Written as `null` when not finite: JSON has no such number.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// One `"name": value` of an object.
    package struct Member: Equatable, Sendable {
        package let name: String
        package var value: JSONValue

        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The member `name` of an object; nil where there is none or this is no object.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text on one line, without needless white space.
    package var compact: String {
        var text = ""
        write(into: &text, indent: nil, depth: 0)
        return text
    }

    /// The text over several lines, two spaces a level, ending in a newline.
    package var pretty: String {
        var text = ""
        write(into: &text, indent: 2, depth: 0)
        return text + "\n"
    }

    private func write(into text: inout String, indent: Int?, depth: Int) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.quote(value, into: &text)
        case .array(let values):
            Self.writeList(values, "[", "]", into: &text, indent: indent, depth: depth) {
                $0.write(into: &$1, indent: indent, depth: depth + 1)
            }
        case .object(let members):
            Self.writeList(members, "{", "}", into: &text, indent: indent, depth: depth) {
                Self.quote($0.name, into: &$1)
                $1 += indent == nil ? ":" : ": "
                $0.value.write(into: &$1, indent: indent, depth: depth + 1)
            }
        }
    }

    private static func writeList<Element>(
        _ elements: [Element], _ open: String, _ close: String, into text: inout String,
        indent: Int?, depth: Int, _ write: (Element, inout String) -> Void
    ) {
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if let indent {
                text += "\n" + String(repeating: " ", count: indent * (depth + 1))
            }
            write(element, &text)
        }
        if let indent, !elements.isEmpty {
            text += "\n" + String(repeating: " ", count: indent * depth)
        }
        text += close
    }

    private static func quote(_ value: String, into text: inout String) {
        let hex = Array("0123456789abcdef")
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 32:
                text += "\\u00"
                text.append(hex[Int(scalar.value >> 4)])
                text.append(hex[Int(scalar.value & 15)])
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
    ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(nilLiteral: ()) { self = .null }
}
