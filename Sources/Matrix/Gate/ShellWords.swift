import Basis

/// Command lines as a POSIX shell splits them into words (IEEE Std 1003.1, XCU 2.2 Quoting): by
/// quotes and backslashes. Nothing is expanded: `$HOME`, `*` and `;` mean themselves.
enum ShellWords {
    /// - Parameter origin: where `text` comes from, for complaints.
    static func split(
        _ text: String, origin: String
    ) throws(Complaint) -> [String] {
        var words: [String] = []
        var word: String?
        var rest = Substring(text)
        while let character = rest.popFirst() {
            switch character {
            case "'", "\"":
                word = (word ?? "") + (try quoted(&rest, by: character, of: text, origin))
            case "\\":
                guard let next = rest.popFirst() else {
                    throw Complaint(
                        "\(origin) '\(text)' ends with a backslash",
                        remedy: "write what it is to escape behind it")
                }
                // A line that is continued.
                if next != "\n" { word = (word ?? "") + String(next) }
            case _ where character.isWhitespace:
                if let word { words.append(word) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }

    /// Takes the rest of a quotation with its end from `rest`.
    private static func quoted(
        _ rest: inout Substring, by quote: Character, of text: String, _ origin: String
    ) throws(Complaint) -> String {
        var content = ""
        while let character = rest.popFirst() {
            if character == quote { return content }
            if quote == "\"", character == "\\", let next = rest.first {
                // Between double quotes a backslash escapes what would else be special there.
                if "$`\"\\\n".contains(next) {
                    rest.removeFirst()
                    if next != "\n" { content.append(next) }
                    continue
                }
            }
            content.append(character)
        }
        throw Complaint(
            "\(origin) '\(text)' has a \(quote) without its end",
            remedy: "close it, or write \\\(quote) for the character itself")
    }

    /// `word` as one word of a command line, in quotes only where it needs them.
    static func quote(_ word: String) -> String {
        let isPlain = word.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "_@%+=:,./-{}".contains($0))
        }
        if isPlain, !word.isEmpty { return word }
        return "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
