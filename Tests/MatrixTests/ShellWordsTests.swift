import Basis
import Foundation
import Testing

@testable import Matrix

@Suite("command lines")
struct ShellWordsTests {
    @Test(
        "words end where a shell ends them",
        arguments: [
            ("", []), ("  ", []), (" a  b\tc\n", ["a", "b", "c"]),
            ("'a b' c", ["a b", "c"]), (#""a b"c'd e'"#, ["a bcd e"]),
            (#"a\ b \\ \'"#, ["a b", #"\"#, "'"]), (#"'a\'"#, [#"a\"#]),
            (#""a\"b\\c\d""#, [#"a"b\c\d"#]), ("'' \"\"", ["", ""]),
            (#""it's" '"' "#, ["it's", "\""]), ("a\\\nb \"c\\\nd\"", ["ab", "cd"]),
            ("$HOME * ; | {port}", ["$HOME", "*", ";", "|", "{port}"]),
        ] as [(String, [String])])
    func split(text: String, words: [String]) throws {
        #expect(try ShellWords.split(text, origin: "a") == words)
    }

    @Test(
        "what has no end is one line of complaint",
        arguments: [
            ("a 'b", "--x 'a 'b' has a ' without its end"),
            ("\"a\\\"", "--x '\"a\\\"' has a \" without its end"),
            ("a\\", "--x 'a\\' ends with a backslash"),
        ])
    func unclosed(text: String, problem: String) {
        let complaint = #expect(throws: Complaint.self) {
            try ShellWords.split(text, origin: "--x")
        }
        #expect(complaint?.problem == problem)
        #expect(complaint?.status == .usage)
    }

    @Test(
        "a quoted word is that word again, here and in a shell",
        arguments: ["", "a", "a b", "it's", "'", "\"", "\\", "$HOME `x` *", "./a {port}", "ü\t"])
    func quote(word: String) throws {
        let quoted = ShellWords.quote(word)
        #expect(try ShellWords.split(quoted, origin: "a") == [word])
        #expect(capture(["sh", "-c", "printf %s \(quoted)"]) == word)
    }
}
