/// Text that is not well-formed XML, or more of it than is read here.
package struct XMLRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    package let problem: String
    /// Counts from 1.
    package let line: Int

    package var description: String { "line \(line) \(problem)" }
}

/// An element of XML 1.0 with what it holds. Comments, processing instructions and the marks of
/// CDATA sections are dropped; a document type is refused, since it can define entities without
/// end.
struct XMLElement: Equatable {
    enum Node: Equatable {
        case element(XMLElement)
        case text(String)
    }

    struct Attribute: Equatable {
        let name: String
        let value: String
    }

    let name: String
    let attributes: [Attribute]
    let children: [Node]

    subscript(attribute: String) -> String? {
        attributes.first { $0.name == attribute }?.value
    }
}

extension XMLElement {
    /// Reads the root element of a document.
    init(parsing text: String) throws(XMLRefusal) {
        var reader = XMLReader(bytes: Array(text.utf8))
        self = try reader.document()
    }
}

private struct XMLReader {
    /// Deeper nesting is refused rather than risking the stack.
    private static let depthLimit = 64

    let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(XMLRefusal) -> XMLElement {
        try skipMisc()
        guard take("<") else { throw refusal("has no element") }
        let root = try element()
        try skipMisc()
        if position < bytes.count { throw refusal("has something behind the end") }
        return root
    }

    private func refusal(_ problem: String) -> XMLRefusal {
        let lines = bytes[..<min(position, bytes.count)].reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
        return XMLRefusal(problem: problem, line: lines)
    }

    private func isNext(_ word: StaticString) -> Bool {
        bytes[min(position, bytes.count)...].starts(with: word.description.utf8)
    }

    private mutating func take(_ word: StaticString) -> Bool {
        guard isNext(word) else { return false }
        position += word.utf8CodeUnitCount
        return true
    }

    private mutating func skip(past word: StaticString) throws(XMLRefusal) {
        while !isNext(word) {
            if position >= bytes.count { throw refusal("ends too early") }
            position += 1
        }
        position += word.utf8CodeUnitCount
    }

    @discardableResult
    private mutating func skipSpace() -> Bool {
        let start = position
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
            position += 1
        }
        return position > start
    }

    /// What may stand before and behind the root element.
    private mutating func skipMisc() throws(XMLRefusal) {
        while true {
            skipSpace()
            if take("<?") {
                try skip(past: "?>")
            } else if take("<!--") {
                try skip(past: "-->")
            } else if isNext("<!") {
                throw refusal("has a document type, which is not read here")
            } else {
                return
            }
        }
    }

    private mutating func name() throws(XMLRefusal) -> String {
        let start = position
        while position < bytes.count, Self.isName(bytes[position]) { position += 1 }
        if position == start { throw refusal("lacks a name") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// The ASCII part of XML 1.0 section 2.3, which is all that SVG uses.
    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "_"),
            UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// Reads an element whose `<` is taken.
    private mutating func element() throws(XMLRefusal) -> XMLElement {
        depth += 1
        if depth > Self.depthLimit { throw refusal("nests deeper than \(Self.depthLimit)") }
        defer { depth -= 1 }
        let name = try name()
        var attributes: [XMLElement.Attribute] = []
        while true {
            let isApart = skipSpace()
            if take("/>") {
                return XMLElement(name: name, attributes: attributes, children: [])
            }
            if take(">") { break }
            guard isApart else { throw refusal("has a malformed <\(name)>") }
            let attribute = try attribute()
            if attributes.contains(where: { $0.name == attribute.name }) {
                throw refusal("has <\(name)> with '\(attribute.name)' twice")
            }
            attributes.append(attribute)
        }
        return XMLElement(
            name: name, attributes: attributes, children: try children(of: name))
    }

    private mutating func attribute() throws(XMLRefusal) -> XMLElement.Attribute {
        let name = try name()
        skipSpace()
        guard take("=") else { throw refusal("lacks the value of '\(name)'") }
        skipSpace()
        guard isNext("\"") || isNext("'") else { throw refusal("lacks quotes around '\(name)'") }
        let quote = bytes[position]
        position += 1
        let value = try text { $0 == quote }
        position += 1
        return XMLElement.Attribute(name: name, value: value)
    }

    private mutating func children(of name: String) throws(XMLRefusal) -> [XMLElement.Node] {
        var children: [XMLElement.Node] = []
        while true {
            if take("</") {
                guard try self.name() == name else { throw refusal("leaves <\(name)> open") }
                skipSpace()
                guard take(">") else { throw refusal("has a malformed </\(name)>") }
                return children
            } else if take("<!--") {
                try skip(past: "-->")
            } else if take("<![CDATA[") {
                let start = position
                try skip(past: "]]>")
                children.append(
                    .text(String(decoding: bytes[start..<position - 3], as: UTF8.self)))
            } else if take("<?") {
                try skip(past: "?>")
            } else if take("<") {
                children.append(.element(try element()))
            } else {
                children.append(.text(try text { $0 == UInt8(ascii: "<") }))
            }
        }
    }

    /// Reads up to the byte that `isEnd` takes, which is left, and resolves references.
    private mutating func text(until isEnd: (UInt8) -> Bool) throws(XMLRefusal) -> String {
        var text: [UInt8] = []
        while position < bytes.count, !isEnd(bytes[position]) {
            if bytes[position] == UInt8(ascii: "<") { throw refusal("has '<' in a value") }
            if bytes[position] == UInt8(ascii: "&") {
                text += Array(String(try reference()).utf8)
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        if position >= bytes.count { throw refusal("ends too early") }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func reference() throws(XMLRefusal) -> Character {
        let start = position
        try skip(past: ";")
        let name = String(decoding: bytes[start + 1..<position - 1], as: UTF8.self)
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            let digits = name.dropFirst(name.hasPrefix("#x") ? 2 : 1)
            if name.hasPrefix("#"),
                let code = UInt32(digits, radix: name.hasPrefix("#x") ? 16 : 10),
                let scalar = Unicode.Scalar(code)
            {
                return Character(scalar)
            }
            position = start
            throw refusal("has an unknown reference")
        }
    }
}
