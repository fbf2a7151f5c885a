import Basis
import Foundation
import TestSupport
import Testing

@Suite("workflows, the action and the container's file name what there is")
struct WorkflowTests {
    private static let workflows = [
        ".github/workflows/release.yml", "docs/examples/gate.yml", "docs/examples/nightly.yml",
    ]

    /// The names that `${{ PREFIX.NAME ... }}` in a text refers to.
    private static func references(to prefix: String, in text: String) -> Set<String> {
        let parts = text.split(separator: "${{ \(prefix).", omittingEmptySubsequences: false)
        return Set(
            parts.dropFirst().map { part in
                String(part.prefix { $0.isLetter || $0.isNumber || "-_".contains($0) })
            })
    }

    private static func text(_ file: String) throws -> String {
        try String(contentsOfFile: "\(Script.root)/\(file)", encoding: .utf8)
    }

    /// The scripts of this repository that a text calls.
    private static func scripts(in text: String) -> [String] {
        let parts = text.split(separator: "scripts/", omittingEmptySubsequences: false).dropFirst()
        return parts.map { part in "scripts/" + part.prefix { $0.isLetter || $0 == "-" } }
    }

    @Test(
        "the action declares what it uses, and uses what it declares", .enabled(if: Yaml.isPresent))
    func action() throws {
        let action = try Yaml.read("action.yml")
        let text = try Self.text("action.yml")
        for key in ["name", "description"] { #expect(action[key]?.string?.isEmpty == false) }
        let inputs = action["inputs"]?.members ?? []
        #expect(Set(inputs.map(\.name)) == Self.references(to: "inputs", in: text))
        for input in inputs {
            #expect(input.value["description"]?.string?.isEmpty == false, "\(input.name)")
            let isRequired = input.value["required"] == .bool(true)
            #expect(isRequired != (input.value["default"]?.string != nil), "\(input.name)")
        }
        #expect(action["runs"]?["using"]?.string == "composite")
        let steps = action["runs"]?["steps"]?.elements ?? []
        let ids = Set(steps.compactMap { $0["id"]?.string })
        #expect(Self.references(to: "steps", in: text).isSubset(of: ids))
        for output in action["outputs"]?.members ?? [] {
            let value = output.value["value"]?.string ?? ""
            #expect(value == "${{ steps.gate.outputs.\(output.name) }}")
            #expect(try Self.text("scripts/gate-action").contains("\"\(output.name)=$"))
        }
        for step in steps {
            // What a caller gives must not become text of a shell.
            let run = step["run"]?.string ?? ""
            #expect(step["shell"]?.string == "bash" && !run.isEmpty && !run.contains("${{"))
            let called = Self.scripts(in: run)
            #expect(!called.isEmpty)
            for script in called {
                #expect(
                    FileManager.default.isExecutableFile(atPath: "\(Script.root)/\(script)"),
                    "\(script)")
            }
        }
    }

    @Test(
        "each job runs somewhere, and each of its steps does something that there is",
        .enabled(if: Yaml.isPresent), arguments: workflows)
    func workflow(file: String) throws {
        let workflow = try Yaml.read(file)
        let makefile = try Self.text("Makefile")
        #expect(workflow["true"] != nil && workflow["name"]?.string != nil)
        let jobs = workflow["jobs"]?.members ?? []
        #expect(!jobs.isEmpty)
        for job in jobs {
            #expect(job.value["runs-on"]?.string != nil)
            #expect(job.value["timeout-minutes"] != nil)
            if let needed = job.value["needs"]?.string {
                #expect(jobs.contains { $0.name == needed }, "\(needed)")
            }
            for step in job.value["steps"]?.elements ?? [] {
                if let used = step["uses"]?.string {
                    #expect(used.contains("@v"), "\(used) names no version")
                } else {
                    #expect(step["run"]?.string?.isEmpty == false, "\(step.compact)")
                }
                // Other people's sources are built by other people's Makefiles.
                for line in (step["run"]?.string ?? "").split(separator: "\n")
                where line.hasPrefix("make ") && !line.contains(" -C ")
                    && !line.contains("${{ matrix.what")
                {
                    let target = line.split(separator: " ")[1]
                    #expect(makefile.contains("\n\(target): "), "\(line)")
                }
                for script in Self.scripts(in: step["run"]?.string ?? "") {
                    #expect(
                        FileManager.default.isExecutableFile(atPath: "\(Script.root)/\(script)"))
                }
            }
        }
    }

    @Test("the example of a gate gives the action what it asks for", .enabled(if: Yaml.isPresent))
    func example() throws {
        let inputs = try Yaml.read("action.yml")["inputs"]?.members ?? []
        let steps =
            try Yaml.read("docs/examples/gate.yml")["jobs"]?["gate"]?["steps"]?.elements ?? []
        let gate = try #require(
            steps.first { $0["uses"]?.string?.contains("/switchyard@v") == true })
        #expect(gate["uses"]?.string?.hasSuffix("@v\(switchyardVersion)") == true)
        let given = gate["with"]?.members ?? []
        #expect(Set(given.map(\.name)).isSubset(of: inputs.map(\.name)))
        for input in inputs where input.value["required"] == .bool(true) {
            let value = given.first { $0.name == input.name }?.value.string
            #expect(value?.contains("{port}") == true, "\(input.name)")
        }
    }

    @Test("the container's file copies what there is, from stages that there are")
    func container() throws {
        var stages: Set<String> = []
        var instructions: [String] = []
        let file = try Self.text("Containerfile").replacing("\\\n", with: " ")
        for line in file.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ").map(String.init)
            instructions.append(words[0])
            switch words[0] {
            case "FROM":
                #expect(words[1].contains(":"), "\(line) names no version")
                if words.count == 4, words[2] == "AS" { stages.insert(words[3]) }
            case "COPY":
                if words[1].hasPrefix("--from=") {
                    #expect(stages.contains(String(words[1].dropFirst(7))), "\(line)")
                } else {
                    let source = "\(Script.root)/\(words[1])"
                    #expect(FileManager.default.fileExists(atPath: source), "\(line)")
                }
            case "RUN":
                for script in Self.scripts(in: String(line)) {
                    #expect(FileManager.default.fileExists(atPath: "\(Script.root)/\(script)"))
                }
            case "WORKDIR", "ENTRYPOINT", "CMD": break
            default: Issue.record("an instruction that nothing is known of: \(line)")
            }
        }
        #expect(instructions.first == "FROM" && instructions.last == "CMD" && stages == ["build"])
    }
}
