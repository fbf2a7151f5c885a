import Testing

/// Something that holds throughout the repository, with examples that show it to bite.
struct Rule: Sendable, CustomTestStringConvertible {
    /// What holds, as a sentence.
    let name: String
    let check: @Sendable (Repository) -> [Finding]
    /// Small repositories, each of which breaks the rule.
    let broken: [Repository]
    /// Small repositories that look as if they did.
    let kept: [Repository]

    var testDescription: String { name }

    init(
        _ name: String, broken: [Repository], kept: [Repository],
        check: @escaping @Sendable (Repository) -> [Finding]
    ) {
        self.name = name
        self.check = check
        self.broken = broken
        self.kept = kept
    }

    /// A rule that looks at one line after the other of those files that `applies` picks by path.
    ///
    /// - Parameter violation: what is wrong with the line, or nil.
    static func lines(
        _ name: String, broken: [Repository], kept: [Repository],
        where applies: @escaping @Sendable (RepositoryFile) -> Bool,
        violation: @escaping @Sendable (Substring) -> String?
    ) -> Rule {
        Rule(name, broken: broken, kept: kept) { repository in
            repository.files.filter(applies).flatMap { file in
                file.lines.enumerated().compactMap { index, line in
                    violation(line).map {
                        Finding(path: file.path, line: index + 1, message: $0)
                    }
                }
            }
        }
    }

    /// The same for the code of Swift files, comments and the content of strings left out.
    static func code(
        _ name: String, broken: [Repository], kept: [Repository],
        where applies: @escaping @Sendable (RepositoryFile) -> Bool,
        violation: @escaping @Sendable (SwiftLines, Int) -> String?
    ) -> Rule {
        Rule(name, broken: broken, kept: kept) { repository in
            repository.files.filter(applies).flatMap { file in
                guard let swift = file.swift else { return [Finding]() }
                return swift.code.indices.compactMap { index in
                    violation(swift, index).map {
                        Finding(path: file.path, line: index + 1, message: $0)
                    }
                }
            }
        }
    }

    static let all = textRules + swiftRules + structureRules + documentRules
}

extension Repository: ExpressibleByDictionaryLiteral {
    /// A repository of a few files, as an example.
    init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { RepositoryFile($0.0, $0.1) })
    }
}

extension RepositoryFile {
    /// Written by us to be compiled or run, as opposed to prose and data.
    var isSource: Bool {
        ["swift", "c", "h", "gp", "json5"].contains(kind) || isScript || path == "Makefile"
    }
    var isScript: Bool {
        kind == "sh" || path.hasPrefix("scripts/") && !path.contains(".") || path == ".ci/run"
    }

    /// Part of a library: what neither ends in a program's own folder nor is a test.
    var isLibrary: Bool { path.hasPrefix("Sources/") && !path.hasPrefix("Sources/switchyard") }

    /// A word of `words` in `line` that is not part of a longer word.
    static func firstWord(of words: [String], in line: Substring) -> String? {
        let parts = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
        return words.first { parts.contains(Substring($0)) }
    }
}
