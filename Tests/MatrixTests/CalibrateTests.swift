import Basis
import Compare
import Foundation
import Platform
import Report
import Testing

@testable import Matrix

@Suite("the command calibrate")
struct CalibrateTests {
    /// Calibrates by `arguments` with stand-ins for server and generator, which gives `report`.
    private func calibrate(
        _ arguments: [String], _ report: LoadReport, _ scratch: Scratch
    ) throws -> (status: Basis.ExitStatus, errors: String) {
        try Fake.programs(in: scratch)
        try scratch.write("report.json", report.json.compact)
        let matrix = try scratch.write("m.json5", "{axes: {rate: ['1k']}}")
        // All of them on both sides, so that the thread of the test is free afterwards.
        let all = "\(CPUSet(CPUSet.available.cpus))"
        var errors = ""
        let status = Switchyard.main(
            [
                "calibrate", matrix, "--bin", scratch.path, "--results", scratch.path + "/r",
                "--server-cpus", all, "--load-cpus", all, "--pairing", "launch",
            ] + arguments,
            on: Console(output: { _ in }, errors: { errors += $0 }))
        return (status, errors)
    }

    @Test("a server that answers wrongly is found at once, and the advice is about its answers")
    func wrongAnswers() throws {
        var report = Fake.report()
        (report.requests, report.achievedRate, report.bodyBytes) = (0, 0, 0)
        report.errors.status = 120
        report.statuses.client4xx = 120
        report.verdict = .errors
        let scratch = try Scratch()
        let ended = try calibrate([], report, scratch)
        #expect(ended.status == .wrongResponses)
        let line = lastLine(ended.errors)
        #expect(line.contains("the server fails in h1/"), "\(line)")
        #expect(line.contains("status 4xx") && line.contains("whose path it has"), "\(line)")
        #expect(!line.contains("stop what else runs"))
    }

    @Test("a server of one's own is calibrated by its command, and one that can't start is said")
    func ownCommand() throws {
        let scratch = try Scratch()
        let ended = try calibrate(
            ["--server-command", "false {port}"], Fake.report(), scratch)
        #expect(ended.status == .failure)
        #expect(ended.errors.contains("the server can't be measured: "), "\(ended.errors)")
        let misspelt = try calibrate(
            ["--server-command", "false {prot}"], Fake.report(), Scratch())
        #expect(misspelt.status == .usage && misspelt.errors.contains("did you mean {port}?"))
        let absent = try calibrate(
            ["--server-command", "./absent {port}"], Fake.report(), Scratch())
        #expect(absent.status == .usage && absent.errors.contains("there is no program ./absent"))
    }

    @Test("the help and docs/GATE.md tell the same length of a turn, which is the real one")
    func turn() throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let page = try readFile(root.appending(path: "docs/GATE.md").path)
        let words = "turns of \(SliceExecutor.Limit.turn.raw / 1_000_000) ms"
        #expect(CalibrateCommand.parser.help.contains(words) && page.contains(words))
        #expect(!CalibrateCommand.parser.help.contains("200 ms"))
    }

    @Test("the advice fits what lost the pairs")
    func advice() {
        func lost(_ reason: String, _ side: Side? = nil) -> GateProcedure.LostPair {
            let policy = GatePolicy()
            let cells = [GateCell(id: "c", metrics: [ComparedMetric.known[1]])]
            var gate = GateProcedure(
                cells: cells, policy: policy, design: GateDesign(policy, subjects: 1), seed: 1)
            gate.take(side.map { .wrong($0, reason) } ?? .invalid(reason))
            return gate.lost[0]
        }
        let advice = CalibrateSession.advice
        #expect(advice([lost("all answers had status 404", .base)]).contains("the server fails"))
        #expect(advice([lost("the hypervisor withheld 20%")]).contains("other machines"))
        #expect(advice([lost("the rate was 9/s instead of 10/s")]).contains("lower the rates"))
    }
}
