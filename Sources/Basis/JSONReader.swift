/// Text that is no JSON, with the place where reading stopped.
package struct JSONRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    package let problem: String
    /// Both count from 1; the column counts bytes.
    package let line: Int
    package let column: Int

    package var description: String { "line \(line), column \(column): \(problem)" }
}

extension JSONValue {
    /// Which texts are taken for JSON.
    package enum Dialect: Sendable {
        /// RFC 8259.
        case strict
        /// What people write by hand (spec.json5.org): also comments, trailing commas, names
        /// without quotes, single quotes, a leading plus or point, hexadecimal integers.
        case relaxed
    }

    /// Reads one value that fills the whole of `text`. Integers that fit stay integers, members
    /// keep their order, and a name that stands twice in one object is refused.
    package init(parsing text: String, as dialect: Dialect = .strict) throws(JSONRefusal) {
        var reader = JSONReader(bytes: Array(text.utf8), dialect: dialect)
        self = try reader.document()
    }
}

/// A recursive descent over bytes. Foundation's decoder would do for correct files, but it forgets
/// the order of members, lets a repeated name pass and tells integers from other numbers only by
/// trying.
private struct JSONReader {
    /// Deeper nesting is refused rather than risking the stack.
    private static let depthLimit = 128

    let bytes: [UInt8]
    let dialect: JSONValue.Dialect
    var position = 0
    var depth = 0

    init(bytes: [UInt8], dialect: JSONValue.Dialect) {
        self.bytes = bytes
        self.dialect = dialect
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }
    private var isRelaxed: Bool { dialect == .relaxed }

    mutating func document() throws(JSONRefusal) -> JSONValue {
        try skipSpace()
        let value = try value()
        try skipSpace()
        if next != nil { throw refusal("something follows the end of the value") }
        return value
    }

    private func refusal(_ problem: String) -> JSONRefusal {
        let before = bytes[..<min(position, bytes.count)]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        return JSONRefusal(problem: problem, line: line, column: before.count - lineStart + 1)
    }

    private mutating func take(_ expected: UInt8) -> Bool {
        guard next == expected else { return false }
        position += 1
        return true
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        let expected = Array(word.description.utf8)
        guard bytes[position..<position + count].elementsEqual(expected) else { return false }
        position += count
        return true
    }

    private mutating func skipSpace() throws(JSONRefusal) {
        while let byte = next {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            case 0x0B where isRelaxed, 0x0C where isRelaxed: position += 1
            case UInt8(ascii: "/") where isRelaxed:
                if take("//") {
                    while let byte = next, byte != 0x0A { _ = take(byte) }
                } else if take("/*") {
                    while !take("*/") {
                        if next == nil { throw refusal("a comment has no end") }
                        position += 1
                    }
                } else {
                    return
                }
            default: return
            }
        }
    }

    private mutating func value() throws(JSONRefusal) -> JSONValue {
        guard let first = next else { throw refusal("the text ends where a value should stand") }
        switch first {
        case UInt8(ascii: "{"):
            return try nested { (reader) throws(JSONRefusal) in try reader.object() }
        case UInt8(ascii: "["):
            return try nested { (reader) throws(JSONRefusal) in try reader.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "'") where isRelaxed: return .string(try string())
        case UInt8(ascii: "t") where take("true"): return .bool(true)
        case UInt8(ascii: "f") where take("false"): return .bool(false)
        case UInt8(ascii: "n") where take("null"): return .null
        default: return try number()
        }
    }

    private mutating func nested(
        _ body: (inout JSONReader) throws(JSONRefusal) -> JSONValue
    ) throws(JSONRefusal) -> JSONValue {
        depth += 1
        if depth > Self.depthLimit { throw refusal("nested deeper than \(Self.depthLimit)") }
        position += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(JSONRefusal) -> JSONValue {
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        try skipSpace()
        while !take(UInt8(ascii: "}")) {
            if !members.isEmpty {
                guard take(UInt8(ascii: ",")) else { throw refusal("expected , or }") }
                try skipSpace()
                if isRelaxed, take(UInt8(ascii: "}")) { break }
            }
            let start = position
            let name = try memberName()
            guard names.insert(name).inserted else {
                position = start
                throw refusal("'\(name)' stands twice in one object")
            }
            try skipSpace()
            guard take(UInt8(ascii: ":")) else { throw refusal("expected : after '\(name)'") }
            try skipSpace()
            members.append(JSONValue.Member(name, try value()))
            try skipSpace()
        }
        return .object(members)
    }

    private mutating func memberName() throws(JSONRefusal) -> String {
        if next == UInt8(ascii: "\"") || isRelaxed && next == UInt8(ascii: "'") {
            return try string()
        }
        let start = position
        while isRelaxed, let byte = next, Self.isIdentifier(byte, first: position == start) {
            position += 1
        }
        if position == start {
            throw refusal(isRelaxed ? "expected a name or }" : "expected a name in quotes or }")
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isIdentifier(_ byte: UInt8, first: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): !first
        default: false
        }
    }

    private mutating func array() throws(JSONRefusal) -> JSONValue {
        var values: [JSONValue] = []
        try skipSpace()
        while !take(UInt8(ascii: "]")) {
            if !values.isEmpty {
                guard take(UInt8(ascii: ",")) else { throw refusal("expected , or ]") }
                try skipSpace()
                if isRelaxed, take(UInt8(ascii: "]")) { break }
            }
            values.append(try value())
            try skipSpace()
        }
        return .array(values)
    }

    private mutating func string() throws(JSONRefusal) -> String {
        let quote = bytes[position]
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case quote:
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &text)
            case ..<0x20: throw refusal("a control character in a string must be escaped")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw refusal("a string has no end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONRefusal) {
        guard let letter = next else { throw refusal("a string has no end") }
        position += 1
        switch letter {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "'") where isRelaxed: text.append(letter)
        // A backslash before the end of a line joins the lines.
        case 0x0A where isRelaxed: break
        case UInt8(ascii: "u"): text += Array(String(try escapedScalar()).utf8)
        default:
            position -= 1
            throw refusal("a backslash before a character that needs none")
        }
    }

    /// RFC 8259 section 7: beyond the basic plane a character is written as two surrogates.
    private mutating func escapedScalar() throws(JSONRefusal) -> Character {
        var code = try hexadecimal()
        if (0xD800..<0xDC00).contains(code), take("\\u") {
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw refusal("half a surrogate pair") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw refusal("half a surrogate pair") }
        return Character(scalar)
    }

    private mutating func hexadecimal() throws(JSONRefusal) -> UInt32 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt32(
                String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw refusal("\\u needs four hexadecimal digits") }
        position += 4
        return code
    }

    private mutating func number() throws(JSONRefusal) -> JSONValue {
        let start = position
        while let byte = next, Self.isNumeric(byte) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if let value = Self.decimal(text, relaxed: isRelaxed) { return value }
        position = start
        throw refusal(text.isEmpty ? "expected a value" : "'\(text)' is no number")
    }

    private static func isNumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// RFC 8259 section 6: `-` only in front, no leading zero, digits on both sides of the point;
    /// the relaxed form may lack the digits of one side.
    private static func isDecimal(_ text: Substring, relaxed: Bool) -> Bool {
        var rest = text.utf8[...]
        func digits() -> Int {
            let run = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            rest = rest.dropFirst(run.count)
            return run.count
        }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        if startsWithZero && whole > 1 { return false }
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = digits()
            if !relaxed && fraction == 0 { return false }
        }
        if whole == 0 && !(relaxed && fraction > 0) { return false }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
                rest = rest.dropFirst()
            }
            if digits() == 0 { return false }
        }
        return rest.isEmpty
    }

    private static func decimal(_ text: String, relaxed: Bool) -> JSONValue? {
        var digits = Substring(text)
        let sign = digits.hasPrefix("-") ? "-" : ""
        if digits.hasPrefix("-") || relaxed && digits.hasPrefix("+") { digits = digits.dropFirst() }
        if relaxed, digits.hasPrefix("0x") || digits.hasPrefix("0X") {
            return Int64(sign + digits.dropFirst(2), radix: 16).map { .integer($0) }
        }
        guard isDecimal(digits, relaxed: relaxed) else { return nil }
        if let value = Int64(sign + digits) { return .integer(value) }
        let filled = digits.hasPrefix(".") ? "0" + digits : String(digits)
        guard let value = Double(sign + filled), value.isFinite else { return nil }
        return .number(value)
    }
}
