extension Rule {
    static let documentRules = [headings, links, makeTargets, patterns, plots, matrices]

    static let headings = Rule(
        "a document has one title, and it comes first",
        broken: [
            ["docs/A.md": "text\n# A\n"], ["docs/A.md": "# A\n\n# B\n"], ["README.md": "## A\n"],
        ],
        kept: [["docs/A.md": "# A\n\n## B\n```sh\n# a comment\n```\n"]]
    ) { repository in
        repository.files.filter { $0.kind == "md" }.flatMap { file in
            let prose = file.prose
            let titles = prose.indices.filter { prose[$0].hasPrefix("# ") }
            var findings = titles.dropFirst().map {
                Finding(path: file.path, line: $0 + 1, message: "a second title")
            }
            if titles.first != 0 {
                findings.append(Finding(path: file.path, line: 1, message: "no title in line 1"))
            }
            return findings
        }
    }

    static let links = Rule(
        "links between documents lead somewhere",
        broken: [
            ["docs/A.md": "see [b](B.md)"], ["README.md": "![b](docs/b.svg)"],
            ["docs/A.md": "[b](../Sources/B/)"], ["docs/A.md": "# A b\n[x](#a-c)"],
            ["docs/A.md": "[x](B.md#c)", "docs/B.md": "# B\n"],
        ],
        kept: [
            [
                "docs/A.md": "[b](B.md#two-words) [c](https://a.b/c)",
                "docs/B.md": "## Two `words`!\n",
            ],
            ["docs/A.md": "[b](../Sources/B/)", "Sources/B/B.swift": "let a = 1"],
            ["docs/A.md": "`[b](B.md)`\n```\n[b](B.md)\n```\n"],
        ]
    ) { repository in
        repository.files.filter { $0.kind == "md" }.flatMap { file in
            file.prose.enumerated().flatMap { index, line in
                linkTargets(in: line).compactMap { target in
                    repository.lacks(target, from: file).map {
                        Finding(path: file.path, line: index + 1, message: $0)
                    }
                }
            }
        }
    }

    /// The targets of the links `[text](target)` in one line.
    private static func linkTargets(in line: Substring) -> [Substring] {
        line.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap {
            $0.firstIndex(of: ")").map { [part = $0] end in part[..<end] }
        }
    }

    static let makeTargets = Rule(
        "documents name only make targets that exist, and each target says what it does",
        broken: [
            ["README.md": "# A\nrun `make bunch`", "Makefile": "bench: ## run\n\ttrue\n"],
            ["README.md": "# A\n```\nmake bunch A=1\n```", "Makefile": "bench: ## run\n\ttrue\n"],
            ["Makefile": "bench: build\n\ttrue\n"],
        ],
        kept: [
            [
                "README.md": "# A\n`make bench A=1`: and make it so.\n```\nmake bench\nmake\n```",
                "Makefile": "bench: ready ## run\n\ttrue\n.PHONY: ready\nready:\n\t@true\nA := 1\n",
            ]
        ]
    ) { repository in
        let rules =
            repository["Makefile"]?.lines.filter { line in
                line.first?.isLetter == true
                    && line.firstIndex(of: ":").map { colon in
                        line.index(after: colon) == line.endIndex
                            || line[line.index(after: colon)] != "="
                    } ?? false
            } ?? []
        let targets = Set(rules.map { $0.prefix { $0 != ":" } })
        let silent = rules.filter { rule in
            !rule.contains("## ") && rule.hasSuffix(":") == false
        }
        let undocumented = silent.map {
            Finding(path: "Makefile", line: 0, message: "'\($0)' does not say what it does")
        }
        let unknown = repository.files.filter { $0.kind == "md" }.flatMap { file in
            file.lines.enumerated().flatMap { index, line in
                commands(in: line).filter { !targets.contains($0) }.map {
                    Finding(path: file.path, line: index + 1, message: "there is no 'make \($0)'")
                }
            }
        }
        return undocumented + unknown
    }

    /// The targets that code in `line` makes: behind a backtick or at the start of a line.
    private static func commands(in line: Substring) -> [Substring] {
        let parts = line.split(separator: "`make ", omittingEmptySubsequences: false).dropFirst()
        let atStart = line.hasPrefix("make ") ? [line.dropFirst(5)] : []
        return (atStart + parts).compactMap { part in
            let word = part.prefix { $0.isLowercase || $0 == "-" }
            return word.isEmpty || part.dropFirst(word.count).first == "=" ? nil : word
        }
    }

    static let patterns = Rule(
        "every pattern stands in docs/PATTERNS.md and in an end-to-end test",
        broken: [
            [patternFile: "case a = \"a:b\"", "docs/PATTERNS.md": "| `a:b` |"],
            [patternFile: "case a = \"a:b\"", "Tests/EndToEndTests/A.swift": "(\"a:b\", 1)"],
            [
                patternFile: "case a = \"a:b\"", "docs/PATTERNS.md": "| `a:bc` |",
                "Tests/EndToEndTests/A.swift": "\"a:b\"",
            ],
        ],
        kept: [
            [
                patternFile: "    case a = \"a:b\"\n    case .a: \"c\"",
                "docs/PATTERNS.md": "| `a:b` |",
                "Tests/EndToEndTests/A.swift": "(\"a:b\", 1)",
            ]
        ]
    ) { repository in
        let cases = (repository[patternFile]?.lines ?? []).enumerated().filter {
            $0.element.drop { $0 == " " }.hasPrefix("case ") && $0.element.contains(" = \"")
        }
        let document = repository["docs/PATTERNS.md"]?.text ?? ""
        let tests = repository.files(in: "Tests/EndToEndTests/", kind: "swift").compactMap(\.text)
        return cases.flatMap { index, line in
            let id = line.split(separator: "\"")[1]
            var messages: [String] = []
            if !document.contains("`\(id)`") { messages.append("is not in docs/PATTERNS.md") }
            if !tests.contains(where: { $0.contains("\"\(id)\"") }) {
                messages.append("is in no end-to-end test")
            }
            return messages.map {
                Finding(path: patternFile, line: index + 1, message: "'\(id)' \($0)")
            }
        }
    }

    private static let patternFile = "Sources/Serve/Patterns/PatternID.swift"

    static let plots = Rule(
        "every plot stands in plots/README.md",
        broken: [["plots/a.gp": "plot x", "plots/README.md": "| b |"], ["plots/a.gp": "plot x"]],
        kept: [["plots/a.gp": "plot x", "plots/README.md": "| `a.gp` | a |"]]
    ) { repository in
        repository.files(in: "plots/", kind: "gp").unmentioned(in: repository["plots/README.md"])
    }

    static let matrices = Rule(
        "every matrix stands in Benchmarks/README.md",
        broken: [["Benchmarks/a.json5": "{}", "Benchmarks/README.md": "| b |"]],
        kept: [["Benchmarks/a.json5": "{}", "Benchmarks/README.md": "| `a.json5` | a |"]]
    ) { repository in
        repository.files(in: "Benchmarks/", kind: "json5")
            .unmentioned(in: repository["Benchmarks/README.md"])
    }
}

extension [RepositoryFile] {
    /// A finding for each of these files whose name `document` does not hold.
    fileprivate func unmentioned(in document: RepositoryFile?) -> [Finding] {
        compactMap { file in
            let name = file.path.split(separator: "/").last ?? ""
            return document?.text?.contains(name) == true
                ? nil
                : Finding(
                    path: file.path, line: 0,
                    message: "has no row in \(document?.path ?? "a README.md beside it")")
        }
    }
}

extension RepositoryFile {
    /// The lines of a Markdown document, those of code emptied and inline code taken out.
    fileprivate var prose: [Substring] {
        var isCode = false
        return lines.map { line in
            if line.drop(while: { $0 == " " }).hasPrefix("```") {
                isCode.toggle()
                return ""
            }
            if isCode { return "" }
            let parts = line.split(separator: "`", omittingEmptySubsequences: false)
            return Substring(
                parts.enumerated().filter { $0.offset % 2 == 0 }.map { String($0.element) }.joined()
            )
        }
    }

    /// The anchors of a Markdown document's headings, as GitHub makes them.
    fileprivate var anchors: Set<String> {
        Set(
            lines.filter { $0.hasPrefix("#") }.map { line in
                let heading = line.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
                return String(
                    heading.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
                        .map { $0 == " " ? "-" : $0 })
            })
    }
}

extension Repository {
    /// What is wrong with a link to `target` in `file`; nil when it leads somewhere.
    fileprivate func lacks(_ target: Substring, from file: RepositoryFile) -> String? {
        if target.contains("://") || target.hasPrefix("mailto:") { return nil }
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        var steps = parts[0].isEmpty ? [] : file.path.split(separator: "/").dropLast()
        for step in (parts[0].isEmpty ? file.path[...] : parts[0]).split(separator: "/") {
            switch step {
            case "..": _ = steps.popLast()
            case ".": break
            default: steps.append(step)
            }
        }
        let path = steps.joined(separator: "/")
        guard
            path.isEmpty
                || files.contains(where: { $0.path == path || $0.path.hasPrefix(path + "/") })
        else { return "there is no \(path)" }
        guard parts.count == 2, let document = self[path] else { return nil }
        return document.anchors.contains(String(parts[1]))
            ? nil : "\(path) has no heading #\(parts[1])"
    }
}
