extension Rule {
    static let structureRules = [imports, dependencies]

    /// What each part of the project may import besides the standard library. Imports point down
    /// only; the system is reached through Platform, and Serve and Load know nothing of one
    /// another.
    private static let allowed: [String: Set<String>] = [
        "Basis": [],
        "Platform": ["Basis", "CLinux", "Glibc", "Synchronization"],
        "Wire": ["Basis"],
        "Secure": ["Basis", "Platform", "COpenSSL", "Synchronization"],
        "Measure": ["Basis", "CZlib"],
        "Report": ["Basis", "Measure", "Foundation"],
        "Compare": ["Basis", "Measure", "Report", "Foundation"],
        "Serve": ["Basis", "Platform", "Wire", "Secure", "Measure", "Synchronization"],
        "Load": ["Basis", "Platform", "Wire", "Secure", "Measure", "Report", "Synchronization"],
        "Matrix": ["Basis", "Platform", "Measure", "Report", "Compare", "Foundation"],
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
