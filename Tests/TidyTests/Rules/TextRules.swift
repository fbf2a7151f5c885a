extension Rule {
    static let textRules = [longLines, longFiles, leftovers, provenance]

    static let columnsMax = 100
    static let fileLinesMax = 499

    /// Long lines that hold but one word beside quotes and marks (an address, a golden vector)
    /// can't be broken and are let pass.
    static let longLines = Rule.lines(
        "lines have at most \(columnsMax) columns",
        broken: [
            ["Sources/A/A.swift": "let a = " + String(repeating: "b + ", count: 30) + "c"],
            ["plots/a.gp": "plot " + String(repeating: "x ", count: 50)],
        ],
        kept: [
            ["Sources/A/A.swift": "    \"" + String(repeating: "b", count: 120) + "\","],
            ["Sources/A/A.swift": "/// https://" + String(repeating: "b", count: 120)],
            ["docs/A.md": String(repeating: "a ", count: 100)],
        ],
        where: \.isSource,
        violation: { line in
            guard line.utf8.count > columnsMax, line.count > columnsMax else { return nil }
            let words = line.split(separator: " ").drop { $0.allSatisfy { !$0.isLetter } }
            return words.count > 1 ? "\(line.count) columns" : nil
        })

    static let longFiles = Rule(
        "files have fewer than \(fileLinesMax + 1) lines",
        broken: [["Sources/A/A.swift": String(repeating: "let a = 1\n", count: 500)]],
        kept: [
            ["Sources/A/A.swift": String(repeating: "let a = 1\n", count: 499)],
            ["docs/A.md": String(repeating: "a\n", count: 600)],
        ]
    ) { repository in
        repository.files.filter(\.isSource).compactMap { file in
            let count = file.lines.count
            return count <= fileLinesMax
                ? nil : Finding(path: file.path, line: 0, message: "\(count) lines")
        }
    }

    private static let leftoverWords = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]

    static let leftovers = Rule.lines(
        "nothing is left for later",
        broken: leftoverWords.map { ["docs/A.md": "// \($0): mend"] },
        kept: [["docs/A.md": "mastodon \(leftoverWords[0])S"]],
        where: { $0.text != nil },
        violation: { line in
            RepositoryFile.firstWord(of: leftoverWords, in: line).map { "'\($0)' is left" }
        })

    /// Paths and phrases of the workshop; a reader of the repository has no use for them.
    private static let workshopPhrases = [
        "/wo" + "rk/", "/op" + "t/swift", "/op" + "t/wheels", "iss" + "ue #",
        "sess" + "ion of the pro",
        "work" + "tree", "sub" + "agent", "the bri" + "ef says", "as reque" + "sted by",
    ]

    static let provenance = Rule.lines(
        "nothing speaks of how the project was made",
        broken: workshopPhrases.map { ["Sources/A/A.swift": "// see \($0)"] },
        kept: [["docs/A.md": "the work/life of an issue, one session of TLS, a briefing"]],
        where: { $0.text != nil },
        violation: { line in
            let folded = line.lowercased()
            return workshopPhrases.first { folded.contains($0) }.map { "speaks of '\($0)'" }
        })
}
