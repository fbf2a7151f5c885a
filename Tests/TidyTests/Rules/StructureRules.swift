extension Rule {
    static let structureRules = [imports, dependencies, fuzzed]

    /// What each part of the project may import besides the standard library. Imports point down
    /// only; the system is reached through Platform, and Serve and Load know nothing of one
    /// another.
    private static let allowed: [String: Set<String>] = [
        "Basis": [],
        "Platform": ["Basis", "CLinux", "CRing", "Glibc", "Synchronization"],
        "Wire": ["Basis"],
        "Secure": ["Basis", "Platform", "COpenSSL", "Synchronization"],
        "Scrape": ["Basis", "Platform", "Wire"],
        "Measure": ["Basis", "CZlib"],
        "Report": ["Basis", "Measure", "Foundation"],
        "Compare": ["Basis", "Measure", "Report", "Foundation"],
        "Serve": [
            "Basis", "Platform", "Wire", "Secure", "Measure", "Scrape", "Synchronization",
        ],
        "Load": [
            "Basis", "Platform", "Wire", "Secure", "Measure", "Report", "Scrape",
            "Synchronization",
        ],
        "Link": ["Basis", "Platform", "Measure"],
        "Matrix": ["Basis", "Platform", "Measure", "Report", "Compare", "Link", "Foundation"],
        "Documents": ["Basis"],
        "switchyard-documents": ["Basis", "Platform", "Documents", "Load", "Matrix", "Serve"],
        "switchyard-server": ["Basis", "Platform", "Serve", "Foundation"],
        "switchyard-load": ["Basis", "Platform", "Load", "Report", "Foundation"],
        "switchyard": ["Basis", "Platform", "Matrix", "Compare", "Report", "Foundation"],
        "Micro": ["Basis", "Platform", "Wire", "Measure", "Serve", "Foundation"],
    ]

    static let imports = Rule.code(
        "imports point down only",
        broken: [
            ["Sources/Wire/A.swift": "import Platform"],
            ["Sources/Serve/Patterns/A.swift": "package import Load"],
            ["Sources/Load/A.swift": "@preconcurrency import struct Foundation.Data"],
            ["Sources/Basis/A.swift": "import Glibc"],
            ["Sources/Novel/A.swift": "import Basis"],
        ],
        kept: [
            ["Sources/Serve/A.swift": "package import Basis\nimport Wire"],
            ["Sources/Wire/A.swift": "// import Platform\nlet a = \"import Glibc\""],
            ["Tests/WireTests/A.swift": "import Foundation\n@testable import Wire"],
        ],
        where: { $0.path.hasPrefix("Sources/") || $0.path.hasPrefix("Benchmarks/Micro/") },
        violation: { swift, index in
            guard swift.declaration(index)?.keyword == "import" else { return nil }
            let words = swift.words(index)
            let behind = words.drop { $0 != "import" }.dropFirst()
            return behind.first { !["struct", "enum", "func", "class", "protocol"].contains($0) }
                .map(String.init)
        }
    ).narrowed { finding in
        let parts = finding.path.split(separator: "/")
        let part = String(parts[1])
        guard let allowed = allowed[part] else {
            return "\(part) has no row in the table of imports"
        }
        return allowed.contains(finding.message)
            ? nil : "\(part) may not import \(finding.message)"
    }

    static let dependencies = Rule.code(
        "the package depends on no other package",
        broken: [
            ["Package.swift": "dependencies: [\n    .package(url: \"a\", from: \"1.0.0\")\n]"]
        ],
        kept: [["Package.swift": "let package = Package(name: \"a\") // .package(b)"]],
        where: { $0.path == "Package.swift" },
        violation: { swift, index in
            swift.code[index].contains(".package(") ? "names another package" : nil
        })

    private static let fuzzedFolder = "Tests/WireTests/Properties/"

    /// Tests/Fuzz/run-smoke.sh compiles them so; the build of the tests would let more pass.
    static let fuzzed = Rule(
        "what the fuzzers demand needs nothing of the tests",
        broken: [
            ["Tests/WireTests/Properties/A.swift": "@testable import Wire"],
            ["Tests/WireTests/Properties/A.swift": "import Foundation"],
            [
                "Tests/WireTests/Properties/A.swift": "func a() { change(1) }",
                "Tests/WireTests/Support/B.swift": "func change(_ a: Int) {}",
            ],
            [
                "Tests/WireTests/Properties/A.swift": "let a: [Sample] = []",
                "Tests/WireTests/HTTP/B.swift": "\nstruct Sample {\n}",
            ],
        ],
        kept: [
            [
                "Tests/WireTests/Properties/A.swift": "import Basis\nimport Wire\nlet a = b // c",
                "Tests/WireTests/Properties/B.swift": "let b = 1",
                "Tests/WireTests/Support/C.swift": "struct D {\n    let b = 1\n}\nfunc c() {}",
            ],
            [
                "Tests/WireTests/Properties/A.swift": "case frame(Int)\nlet a = b.frame(1)",
                "Tests/WireTests/Support/C.swift": "func frame(_ a: Int) {}",
            ],
            [
                "Tests/WireTests/Properties/A.swift": "let a: Sample? = nil",
                "Tests/WireTests/Support/C.swift": "private struct Sample {}",
            ],
        ]
    ) { repository in
        let tests = repository.files(in: "Tests/WireTests/", kind: "swift")
        let foreign = tests.filter { !$0.path.hasPrefix(fuzzedFolder) }.flatMap { file in
            file.swift.map { swift in swift.code.indices.compactMap { swift.sharedName($0) } } ?? []
        }
        return tests.filter { $0.path.hasPrefix(fuzzedFolder) }.flatMap { file in
            guard let swift = file.swift else { return [Finding]() }
            return swift.code.indices.compactMap { index in
                let code = swift.code[index][...]
                var message = foreign.first { swift.uses($0, index) }.map {
                    "'\($0)' is of the tests alone"
                }
                if swift.declaration(index)?.keyword == "import",
                    code != "import Basis", code != "import Wire"
                {
                    message = "the fuzzers are built of Basis and Wire"
                }
                return message.map { Finding(path: file.path, line: index + 1, message: $0) }
            }
        }
    }

    /// The same rule, where `judge` turns what was found into a complaint or lets it pass.
    private func narrowed(_ judge: @escaping @Sendable (Finding) -> String?) -> Rule {
        Rule(name, broken: broken, kept: kept) { repository in
            check(repository).compactMap { finding in
                judge(finding).map {
                    Finding(path: finding.path, line: finding.line, message: $0)
                }
            }
        }
    }
}

extension SwiftLines {
    /// The type or function that line `index` declares for other files to use; nil where it
    /// declares none at the top of its file.
    fileprivate func sharedName(_ index: Int) -> String? {
        guard !code[index].hasPrefix(" "), let (keyword, modifiers) = declaration(index),
            modifiers.isDisjoint(with: ["private", "fileprivate"]),
            ["struct", "enum", "class", "func", "typealias"].contains(keyword)
        else { return nil }
        return words(index).drop { $0 != keyword }.dropFirst().first.map(String.init)
    }

    /// Whether line `index` names the type `name`, or calls the function.
    fileprivate func uses(_ name: String, _ index: Int) -> Bool {
        if name.first?.isUppercase == true { return words(index).contains(Substring(name)) }
        guard let call = code[index].firstRange(of: "\(name)(") else { return false }
        let before = code[index][..<call.lowerBound]
        let isLonger = before.last.map { $0 == "." || $0 == "_" || $0.isLetter } ?? false
        return !isLonger && !["case", "func"].contains(before.split(separator: " ").last)
    }
}
