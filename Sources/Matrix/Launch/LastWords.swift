/// The end of what a program writes to its standard error, by which it says why it ends.
struct LastWords {
    private enum Limit {
        static let lines = 3
        /// Of one line.
        static let characters = 200
        static let bytes = 4_096
    }

    private var text = ""

    mutating func add(_ more: String) {
        text += more
        if text.utf8.count > Limit.bytes {
            text = String(decoding: text.utf8.suffix(Limit.bytes), as: UTF8.self)
        }
    }

    /// The last lines with content, in one line; empty when there are none.
    var lines: String {
        text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
            .suffix(Limit.lines).map { String($0.prefix(Limit.characters)) }
            .joined(separator: " / ")
    }
}

/// The last line with content, at most 200 characters.
func lastLine(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }
    return line.map { String($0.prefix(200)) } ?? ""
}
