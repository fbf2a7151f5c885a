/// The lines of a Swift file, each parted into its code and its comment, so that no rule trips over
/// a word that only stands in a string or a remark.
///
/// Strings keep their quotes and lose their content; what is interpolated into them counts as code.
/// (The Swift Programming Language, "Lexical Structure"; regular expression literals are not
/// known.)
struct SwiftLines: Sendable {
    private(set) var code: [String] = []
    private(set) var comments: [String] = []

    init(_ text: String) {
        var lexer = Lexer()
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count { index += lexer.step(bytes[index...].prefix(8)) }
        lexer.endLine()
        code = lexer.code
        comments = lexer.comments
    }

    private struct Lexer {
        enum Mode {
            /// Inside how many parentheses of an interpolation; the file itself is one without end.
            case code(depth: Int)
            case string(hashes: Int, isMultiline: Bool)
            case lineComment
            case blockComment
        }

        var code: [String] = []
        var comments: [String] = []
        private var modes: [Mode] = [.code(depth: 0)]
        private var codeLine: [UInt8] = []
        private var commentLine: [UInt8] = []

        mutating func endLine() {
            code.append(String(decoding: codeLine, as: UTF8.self))
            comments.append(String(decoding: commentLine, as: UTF8.self))
            codeLine.removeAll(keepingCapacity: true)
            commentLine.removeAll(keepingCapacity: true)
        }

        /// Takes what stands at the start of `ahead`; returns how many bytes that was.
        mutating func step(_ ahead: ArraySlice<UInt8>) -> Int {
            let byte = ahead[ahead.startIndex]
            if byte == UInt8(ascii: "\n") {
                if case .lineComment = modes.last { modes.removeLast() }
                if case .string(_, isMultiline: false) = modes.last { modes.removeLast() }
                endLine()
                return 1
            }
            switch modes[modes.count - 1] {
            case .code(let depth): return stepInCode(ahead, byte, depth)
            case .string(let hashes, let isMultiline):
                return stepInString(ahead, byte, hashes, isMultiline)
            case .lineComment:
                commentLine.append(byte)
                return 1
            case .blockComment:
                if ahead.starts(with: "/*".utf8) {
                    modes.append(.blockComment)
                } else if ahead.starts(with: "*/".utf8) {
                    modes.removeLast()
                } else {
                    commentLine.append(byte)
                    return 1
                }
                return 2
            }
        }

        private mutating func stepInCode(
            _ ahead: ArraySlice<UInt8>, _ byte: UInt8, _ depth: Int
        ) -> Int {
            if ahead.starts(with: "//".utf8) {
                modes.append(.lineComment)
                return 0
            }
            if ahead.starts(with: "/*".utf8) {
                modes.append(.blockComment)
                return 2
            }
            let hashes = ahead.prefix { $0 == UInt8(ascii: "#") }.count
            let behind = ahead.dropFirst(hashes)
            if behind.first == UInt8(ascii: "\"") {
                let isMultiline = behind.starts(with: "\"\"\"".utf8)
                modes.append(.string(hashes: hashes, isMultiline: isMultiline))
                codeLine.append(UInt8(ascii: "\""))
                return hashes + (isMultiline ? 3 : 1)
            }
            codeLine.append(byte)
            if modes.count > 1 {
                if byte == UInt8(ascii: "(") { modes[modes.count - 1] = .code(depth: depth + 1) }
                if byte == UInt8(ascii: ")") {
                    modes[modes.count - 1] = .code(depth: depth - 1)
                    if depth == 1 { modes.removeLast() }
                }
            }
            return 1
        }

        private mutating func stepInString(
            _ ahead: ArraySlice<UInt8>, _ byte: UInt8, _ hashes: Int, _ isMultiline: Bool
        ) -> Int {
            let quotes = isMultiline ? 3 : 1
            if ahead.starts(with: Array(repeating: UInt8(ascii: "\""), count: quotes)),
                ahead.dropFirst(quotes).prefix(hashes).filter({ $0 == UInt8(ascii: "#") }).count
                    == hashes
            {
                codeLine.append(UInt8(ascii: "\""))
                modes.removeLast()
                return quotes + hashes
            }
            let escape = [UInt8(ascii: "\\")] + Array(repeating: UInt8(ascii: "#"), count: hashes)
            if ahead.starts(with: escape) {
                if ahead.dropFirst(escape.count).first == UInt8(ascii: "(") {
                    modes.append(.code(depth: 0))
                    return escape.count
                }
                let isLineEnd = ahead.dropFirst(escape.count).first == UInt8(ascii: "\n")
                return escape.count + (isLineEnd ? 0 : 1)
            }
            return 1
        }
    }
}

extension SwiftLines {
    /// The words of code in line `index`: runs of letters, digits and underscores.
    func words(_ index: Int) -> [Substring] {
        code[index].split { !($0.isLetter || $0.isNumber || $0 == "_") }
    }

    /// What the line declares, seen past its attributes and modifiers: `func`, `struct`, `init`...;
    /// nil when it declares nothing.
    func declaration(_ index: Int) -> (keyword: Substring, modifiers: Set<Substring>)? {
        var modifiers: Set<Substring> = []
        var isAttribute = false
        for word in code[index].split(separator: " ") {
            let isContinued = isAttribute
            isAttribute = word.hasPrefix("@") || isContinued
            if isAttribute,
                isContinued ? word.hasSuffix(")") : !word.contains("(") || word.hasSuffix(")")
            {
                isAttribute = false
                continue
            }
            if isAttribute { continue }
            let name = word.prefix { $0.isLetter || $0 == "_" }
            if Self.modifiers.contains(name) {
                modifiers.insert(name)
            } else if name == "class", !modifiers.isEmpty || code[index].contains("{") {
                return (name, modifiers)
            } else {
                return Self.declarators.contains(name) ? (name, modifiers) : nil
            }
        }
        return nil
    }

    private static let modifiers: Set<Substring> = [
        "package", "public", "internal", "private", "fileprivate", "open", "final", "static",
        "indirect", "mutating", "nonmutating", "consuming", "borrowing", "nonisolated", "override",
        "required", "convenience", "lazy", "weak", "unowned", "prefix", "postfix", "infix",
    ]
    private static let declarators: Set<Substring> = [
        "struct", "enum", "class", "protocol", "actor", "extension", "func", "init", "deinit",
        "subscript", "let", "var", "typealias", "associatedtype", "case", "import", "macro",
        "operator",
    ]
}
