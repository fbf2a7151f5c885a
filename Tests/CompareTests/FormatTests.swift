import Basis
import Foundation
import Measure
import Report
import Testing

@testable import Compare
@testable import Matrix

/// docs/FORMAT.md says of each file what the code writes.
struct FormatTests {
    static let document: String = {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let file = root.appendingPathComponent("docs/FORMAT.md")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }()

    /// The text below a heading, up to the next heading of any level.
    static func section(_ heading: String) throws -> Substring {
        let begin = try #require(document.range(of: "\n\(heading)\n"), "\(heading) is missing")
        let rest = document[begin.upperBound...]
        let end = rest.range(of: "\n#")?.lowerBound ?? rest.endIndex
        return rest[..<end]
    }

    private static func table<Row>(_ columns: [Column<Row>]) -> String {
        var text = "| column | unit | meaning |\n|---|---|---|\n"
        for column in columns {
            text += "| `\(column.name)` | \(column.unit) | \(column.meaning) |\n"
        }
        return text
    }

    @Test(
        "the tables of columns",
        arguments: [
            ("### compare.csv", table(CompareColumns.all)),
            ("### history.csv", table(HistoryColumns.all)),
            ("### effects.csv", table(EffectColumns.all)),
            ("### effect_points.csv", table(EffectPointColumns.all)),
        ])
    func columns(heading: String, wanted: String) throws {
        #expect(try Self.section(heading).contains(wanted), "it should read:\n\(wanted)")
    }

    /// Names of the members of an object, and of all objects in it.
    static func names(_ value: JSONValue) -> Set<String> {
        switch value {
        case .object(let members):
            members.reduce(into: []) { names, member in
                names.insert(member.name)
                names.formUnion(Self.names(member.value))
            }
        case .array(let elements): elements.reduce(into: []) { $0.formUnion(names($1)) }
        default: []
        }
    }

    /// Names in backquotes in the first column of the section's table.
    static func described(_ section: Substring) -> Set<String> {
        var names: Set<String> = []
        for line in section.split(separator: "\n") where line.hasPrefix("| `") {
            for name in line.split(separator: "|")[0].matches(of: /`([^`]+)`/) {
                names.insert(String(name.1))
            }
        }
        return names
    }

    static let verdict: JSONValue = {
        var world = GateWorld(seed: 3, effects: [0, log(1.15)])
        world.launchNoise = 0.005
        var gate = GateProcedureTests.gate()
        var count = 0
        while let next = gate.next {
            count += 1
            gate.take(count == 5 ? .invalid("disturbed") : world.outcome(next, gate))
        }
        return gate.result.map {
            GateReport($0, base: "a", candidate: "b", seed: 1, repro: "again", isStrict: false).json
        } ?? .null
    }()

    static let objects: [(heading: String, value: JSONValue)] = [
        ("### verdict.json", verdict),
        (
            "### gate.json",
            GateRequest(
                run: RunRequest(
                    matrix: "m", profile: "p", seed: 1, cpus: CPUSplit(server: [0], load: [1]))
            ).json
        ),
        ("## calibration.json", CalibrationTests.calibration(0.02).json),
        ("## slices.ndjson", SlicePairTests.record(base: [1], candidate: [1]).json),
        (
            "## Baselines",
            ExactBaseline(counters: [.init(cell: "cell", metric: "metric", value: 1)]).json
        ),
    ]

    @Test("the members of JSON files", arguments: objects.map(\.heading))
    func members(heading: String) throws {
        let section = try Self.section(heading)
        let value = try #require(Self.objects.first { $0.heading == heading }?.value)
        guard case .object(let members) = value else {
            Issue.record("no object: \(value)")
            return
        }
        let schema = try #require(members.first { $0.name == "schema" }?.value)
        #expect(schema != .null && section.contains("`\(schema.compact.dropFirst().dropLast())`"))
        let top = Set(members.map(\.name)).subtracting(["schema"])
        #expect(Self.described(section) == top)
        // What stands elsewhere: request, fingerprint and cells of the manifest, a change.
        let shared = ["request", "fingerprint", "cell"]
        let elsewhere = members.filter { shared.contains($0.name) }
        let inner = members.filter { !shared.contains($0.name) }
        #expect(elsewhere.isEmpty || section.contains("as in `manifest.json`"))
        let change = try Self.section("### compare.json")
        for name in Self.names(.object(inner)) where heading != "## Baselines" {
            #expect(
                section.contains("`\(name)`") || change.contains("`\(name)`"),
                "\(heading) lacks `\(name)`")
        }
    }
}
