import Basis
import Foundation
import Platform
import Report
import Testing

@testable import Matrix

@Suite("a gate from the smoke test to its files")
struct GateSessionTests {
    /// What a gate said, and its folder.
    private struct Ended {
        let status: Basis.ExitStatus
        let output: String
        let errors: String
        let directory: RunDirectory

        func read(_ name: String) throws -> String {
            try String(contentsOfFile: "\(directory.path)/\(name)", encoding: .utf8)
        }
    }

    /// Runs a gate of one cell whose launches all give `report`.
    private func gate(
        _ scratch: Scratch, _ report: LoadReport, _ arguments: [String] = [],
        baseServer: String? = nil, candidateServer: String? = nil
    ) throws -> Ended {
        let programs = try Fake.programs(in: scratch)
        let sides = [baseServer, candidateServer].map {
            $0.map { Programs(server: $0, load: programs.load) } ?? programs
        }
        try scratch.write("report.json", report.json.compact)
        let matrix = try scratch.write(
            "m.json5", "{axes: {pattern: ['single'], rate: ['1k']}}")
        // All of them on both sides, so that the thread of the test is free afterwards.
        let all = CPUSet.available.cpus
        let request = GateRequest(
            run: RunRequest(
                matrix: matrix, profile: Matrix.defaultProfile, seed: 7,
                cpus: CPUSplit(server: all, load: all)))
        let directory = try RunDirectory.create("gate", in: scratch.path)
        let (output, errors) = (Words(), Words())
        let status = try GateSession(
            directory: directory, request: request, programs: sides,
            options: try GateCommand.parser.parse(arguments),
            console: Console(output: { output.text += $0 }, errors: { errors.text += $0 })
        ).run()
        return Ended(
            status: status, output: output.text, errors: errors.text, directory: directory)
    }

    private final class Words {
        var text = ""
    }

    private static func refused() -> LoadReport {
        var report = Fake.report()
        (report.requests, report.achievedRate, report.bodyBytes) = (0, 0, 0)
        report.errors.status = 120
        report.statuses.server5xx = 120
        report.verdict = .errors
        return report
    }

    @Test("wrong answers end in a verdict with all its files")
    func wrong() throws {
        let scratch = try Scratch()
        let ended = try gate(scratch, Self.refused())
        #expect(ended.status == .wrongResponses)
        #expect(lastLine(ended.output).hasPrefix("VERDICT: WRONG (the base fails in h1/single/"))
        #expect(lastLine(ended.output).hasSuffix(": all 120 answers had status 5xx)"))
        let verdict = try JSONValue(parsing: try ended.read("verdict.json"))
        #expect(verdict["verdict"] == "WRONG" && verdict["exit"] == 15)
        #expect(try ended.read("junit.xml").contains("errors=\"1\""))
        #expect(try ended.read("report.md").contains("Wrong answers"))
        #expect(!ended.errors.contains("forest"), "there is nothing to draw")
    }

    @Test("a base that does not start is no base, and a candidate that doesn't is wrong")
    func noStart() throws {
        let complaint = try #require(
            #expect(throws: Complaint.self) {
                try gate(Scratch(), Fake.report(), baseServer: "/bin/false")
            })
        #expect(complaint.status == .noBaseline)
        #expect(complaint.problem.hasPrefix("the base can't be measured: h1/single/"))
        var report = Fake.report()
        report.statuses.success2xx = report.requests
        let ended = try gate(Scratch(), report, candidateServer: "/bin/false")
        #expect(ended.status == .wrongResponses)
        #expect(lastLine(ended.output).contains("the candidate fails in h1/single/"))
    }

    @Test("with --json the verdict is an object alone, and its line is for a person")
    func json() throws {
        let scratch = try Scratch()
        let ended = try gate(scratch, Self.refused(), ["--json"])
        #expect(ended.output == (try ended.read("verdict.json")))
        #expect(lastLine(ended.errors).hasPrefix("VERDICT: WRONG ("))
        let object = try JSONValue(parsing: ended.output)
        #expect(object["verdict"] == "WRONG" && object["schema"] == "switchyard.verdict/1")
    }
}
