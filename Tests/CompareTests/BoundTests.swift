import Basis
import Foundation
import Measure
import Report
import Testing

@testable import Compare
@testable import Matrix

/// What a comparison and a gate say where the generator was the limit, so that a figure is a bound.
struct BoundTests {
    enum Limited: CaseIterable, Sendable {
        case no, one, all

        /// The launches of a run, of which none, one in each cell or all have the verdict.
        func applied(to run: String) -> String {
            var left = ["h1/single": 1, "h1/sharded": 1]
            return run.split(separator: "\n").map { line in
                let cell = left.keys.first { line.contains($0) }
                let isFirst = cell.map { (left[$0] ?? 0) > 0 } ?? false
                if let cell { left[cell] = 0 }
                return self == .all || self == .one && isFirst
                    ? String(line.replacing(",valid,1,", with: ",client-bound,1,")) : String(line)
            }.joined(separator: "\n") + "\n"
        }
    }

    struct Case: Sendable {
        var base = Limited.no
        var candidate = Limited.no
        /// Of the first cell of the candidate.
        var slower = 0.0
        let rate: String
    }

    @Test(
        "a side whose figure is a bound is proved better than the other, and nothing else",
        arguments: [
            Case(slower: 0.08, rate: "worse"), Case(slower: -0.08, rate: "better"),
            Case(candidate: .all, slower: -0.08, rate: "better"),
            Case(candidate: .all, slower: 0.08, rate: "unproven"),
            Case(candidate: .one, slower: 0.08, rate: "unproven"),
            Case(candidate: .all, slower: 0, rate: "unproven"),
            Case(base: .all, slower: 0.08, rate: "worse"),
            Case(base: .one, slower: 0.08, rate: "worse"),
            Case(base: .all, slower: -0.08, rate: "unproven"),
            Case(base: .one, slower: -0.08, rate: "unproven"),
            Case(base: .all, candidate: .all, slower: 0.08, rate: "unproven"),
            Case(base: .one, candidate: .all, slower: -0.08, rate: "unproven"),
        ])
    func compared(_ c: Case) throws {
        let desk = try CompareCommandTests.Desk([
            "base.csv": c.base.applied(to: CompareCommandTests.run(seed: 1)),
            "cand.csv": c.candidate.applied(
                to: CompareCommandTests.run(slower: c.slower, offset: 1, seed: 2)),
        ])
        let outcome = desk.compare("@base.csv @cand.csv")
        #expect(outcome.status == .success)
        let table = try CSVTable(parsing: try desk.read("out/compare.csv"))
        let row = try #require(
            table.rows.indices.first {
                table.field($0, "cell_id") == "h1/single/w1/c64"
                    && table.field($0, "metric") == "rps"
            })
        #expect(table.field(row, "verdict") == c.rate)
        let sides = (c.base != .no ? 1 : 0) + (c.candidate != .no ? 2 : 0)
        #expect(table.field(row, "bounds") == [nil, "base", "cand", "both"][sides])
        if c.rate == "unproven" { #expect(table.field(row, "reason") == "client-bound") }
        // What the server used is no bound: it is judged as ever.
        #expect(table.field(row + 1, "metric") == "srv_cpu_ns_per_req")
        #expect(table.field(row + 1, "bounds") == nil)
        #expect(
            table.field(row + 1, "verdict")
                == (c.slower == 0 ? "same" : c.slower > 0 ? "worse" : "better"))
        // Signs stand in front of what is a bound.
        let line = outcome.output.split(separator: "\n").first { $0.contains(" requests/s ") }
        #expect(line?.count { $0 == ">" || $0 == "<" } == (sides == 0 ? 0 : 2), "\(line ?? "")")
        #expect(line?.contains(">= 50.0k") == (c.base != .no), "\(line ?? "")")
    }

    @Test(
        "a gate neither fails nor passes by a bound",
        arguments: [
            (1.15, [Side](), Verdict.regression), (1.15, [.base], .regression),
            (1.15, [.candidate], .inconclusive), (1.15, [.base, .candidate], .inconclusive),
            (1, [], .pass), (1, [.candidate], .pass), (1, [.base], .inconclusive),
            (1, [.base, .candidate], .inconclusive),
        ])
    func gated(slower: Double, limited: [Side], rate: Verdict) throws {
        var world = GateWorld(seed: 3, effects: [0, log(slower)])
        world.launchNoise = 0.005
        var gate = GateProcedureTests.gate()
        while let request = gate.next {
            guard case .measured(let base, let candidate, _) = world.outcome(request, gate) else {
                continue
            }
            let limits = Limits(
                base: limited.contains(.base), candidate: limited.contains(.candidate))
            gate.take(.measured(base: base, candidate: candidate, limits: limits))
        }
        let result = try #require(gate.result)
        #expect(result.findings.map(\.metric.name).dropFirst() == ["rps", "srv_cpu_ns_per_req"])
        #expect(result.findings[1].verdict == rate, "\(result.reasons)")
        #expect(
            result.findings[1].reason.contains("the generator was the limit")
                == (rate == .inconclusive))
        // The same of what the server used, which is no bound.
        #expect(result.findings[2].verdict == (slower > 1 ? .regression : .pass))
        #expect(result.findings[2].limits == .none)
    }

    @Test("a launched pair tells the gate of which side the generator was the limit")
    func launched() throws {
        let path = GateRunnerTests.journal()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var journal = GateJournals(launches: try Journal<LaunchRecord>(path))
        var cells = GateRunnerTests.cells
        cells[0].arrival = .closed
        let log = GateRunnerTests.Log()
        func server(_ side: String) -> GateRunnerTests.MockServer {
            GateRunnerTests.MockServer(side: side, log: log, spoil: { $0.verdict = .clientBound })
        }
        var runner = GateRunner(
            cells: [cells[0]],
            procedure: GateProcedure(
                cells: [GateRunner<GateRunnerTests.MockServer>.gated(cells[0])],
                policy: GatePolicy(), design: GateRateTests.design, seed: 42),
            settings: Settings(), base: server("base"), candidate: server("cand"),
            interruption: StopRequest { .none })
        #expect(try runner.run(into: &journal) == .complete)
        let result = try #require(runner.procedure.result)
        #expect(result.verdict == .inconclusive)
        #expect(result.findings[0].limits == Limits(base: true, candidate: true))
    }
}
