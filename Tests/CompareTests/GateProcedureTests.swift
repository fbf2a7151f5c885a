import Basis
import Foundation
import Measure
import Testing

@testable import Compare

struct GateProcedureTests {
    static let cells = [
        GateCell(id: "a", metrics: [ComparedMetric.known[1]]),
        GateCell(id: "b", metrics: [ComparedMetric.known[0], ComparedMetric.known[1]]),
    ]

    static func gate(_ policy: GatePolicy = GatePolicy(), seed: UInt64 = 7) -> GateProcedure {
        GateProcedure(
            cells: cells, policy: policy, design: GateRateTests.design, seed: seed)
    }

    @Test(
        "a probability is never shown as zero",
        arguments: [
            (1.0, "p 1.00000"), (0.00412, "p 0.00412"), (1e-5, "p 0.00001"), (9e-6, "p < 1e-5"),
            (0, "p < 1e-5"),
        ])
    func probabilities(p: Double, shown: String) {
        #expect(pText(p) == shown)
    }

    @Test("a real effect in both directions of better ends as a regression with its reasons")
    func regression() throws {
        var world = GateWorld(seed: 3, effects: [0, log(1.15)])
        world.launchNoise = 0.005
        var gate = Self.gate()
        world.run(&gate)
        let result = try #require(gate.result)
        #expect(result.verdict == .regression)
        #expect(result.findings.map(\.verdict) == [.pass, .regression, .regression])
        #expect(result.reasons.count == 2 && result.reasons[0].hasPrefix("b rps: -1"))
        let change = try #require(result.findings[1].change)
        #expect((change.ratio ?? 1) < 0.9 && change.superiority == 1)
        #expect(result.findings[1].pAdjusted.map { $0 <= 0.01 } == true)
        #expect(result.findings[0].pAdjusted == nil)
    }

    @Test("the same seed asks for the same pairs; blocks are ABBA or BAAB")
    func plan() {
        func requests(_ seed: UInt64) -> [PairRequest] {
            var world = GateWorld(seed: 1, effects: [0, 0])
            var gate = Self.gate(seed: seed)
            var all: [PairRequest] = []
            while let next = gate.next {
                all.append(next)
                gate.take(world.outcome(next, gate))
            }
            return all
        }
        let first = requests(5)
        #expect(first == requests(5))
        #expect(first.map(\.order) != requests(6).map(\.order))
        for block in stride(from: 0, to: first.count, by: 2) {
            #expect(first[block].cell == first[block + 1].cell)
            #expect(first[block].first != first[block + 1].first)
        }
        #expect(first.filter { $0.stage == .control }.count == 16)
    }

    @Test("a base that differs from itself makes the gate begin anew, then invalid")
    func brokenControl() throws {
        var world = GateWorld(seed: 3, effects: [0, 0])
        world.launchNoise = 0.005
        world.controlBias = 0.05
        var gate = Self.gate()
        world.run(&gate)
        let result = try #require(gate.result)
        #expect(result.verdict == .invalid && result.reruns == 1)
        #expect(result.reasons.contains { $0.hasPrefix("base against base: ") })
        #expect(result.findings.allSatisfy { $0.verdict == .invalid })
    }

    @Test("a few disturbed pairs are measured again; too many make the gate invalid")
    func disturbed() throws {
        for (every, verdict) in [(10, Verdict.pass), (3, .invalid)] {
            var world = GateWorld(seed: 3, effects: [0, 0])
            world.launchNoise = 0.005
            var gate = Self.gate()
            var count = 0
            while let next = gate.next {
                count += 1
                gate.take(
                    count.isMultiple(of: every)
                        ? .invalid("the hypervisor withheld 9% of the CPU time")
                        : world.outcome(next, gate))
            }
            #expect(gate.verdict?.name == verdict, "every \(every)th pair lost")
            #expect(!gate.lost.isEmpty)
            if verdict == .pass {
                #expect(gate.screened.values.allSatisfy { $0.count == 6 }, "none is missing")
            }
        }
    }

    @Test("wrong answers of the candidate alone, twice in a cell, end the gate")
    func wrong() throws {
        func run(_ sides: [Side]) -> Verdict? {
            var world = GateWorld(seed: 3, effects: [0, 0])
            world.launchNoise = 0.005
            var gate = Self.gate()
            var left = sides
            while let next = gate.next {
                if next.cell == 1, next.stage == .screen, let side = left.first {
                    left.removeFirst()
                    gate.take(.wrong(side, "status 500"))
                } else {
                    gate.take(world.outcome(next, gate))
                }
            }
            return gate.verdict?.name
        }
        #expect(run([.candidate]) == .pass, "once may be the machine")
        #expect(run([.candidate, .candidate]) == .wrong)
        #expect(run([.base, .candidate, .candidate]) == .pass, "the base does it too")
    }

    @Test("noise that hides what matters is inconclusive, with what could have been seen")
    func noisy() throws {
        var policy = GatePolicy()
        policy.controlPairs = 0
        var world = GateWorld(seed: 3, effects: [0, 0])
        world.launchNoise = 0.15
        var gate = Self.gate(policy)
        world.run(&gate)
        let result = try #require(gate.result)
        #expect(result.verdict == .inconclusive)
        #expect(result.verdict.status(strict: true) == .inconclusive)
        #expect(result.verdict.status(strict: false) == .success)
        #expect(result.findings.allSatisfy { ($0.minimumDetectableEffect ?? 0) > 0.08 })
    }

    @Test("a plan that can't reach its own alpha is refused")
    func refusedPlans() {
        var few = GatePolicy()
        few.confirmPairs = [.init(sigma: 0.05, pairs: 8)]
        var odd = GatePolicy()
        odd.screenPairs = 5
        var weak = GatePolicy()
        weak.controlPairs = 6
        for policy in [few, odd, weak] {
            #expect(throws: Complaint.self) { try policy.check(cells: 6, metrics: 1) }
        }
        #expect(throws: Complaint.self) { try GatePolicy().check(cells: 0, metrics: 1) }
        for policy in [GatePolicy(), .quick] {
            #expect(throws: Never.self) { try policy.check(cells: 12, metrics: 1) }
        }
    }

    @Test("a smaller effect is detectable in less noise")
    func detectable() throws {
        let design = GateRateTests.design
        let effects = [0.01, 0.03, 0.05].map {
            design.minimumDetectableEffect(tier: .paired, sigma: $0) ?? 0
        }
        #expect(effects[0] > 0.02 && effects[0] < 0.04)
        #expect(effects == effects.sorted() && effects[2] < 0.12)
        #expect(design.minimumDetectableEffect(tier: .advisory, sigma: 0.01) == nil)
    }

    @Test(
        "a waiver forgives what it names, up to its ratio and its day",
        arguments: [
            ("b", "rps", 1.3, Verdict.pass), ("*", "rps", 1.3, .pass),
            ("a", "rps", 1.3, .regression),
            ("b", "p50_ns", 1.3, .regression), ("b", "rps", 1.05, .regression),
        ])
    func waivers(cell: String, metric: String, ratio: Double, verdict: Verdict) throws {
        var world = GateWorld(seed: 3, effects: [0, log(1.15)])
        world.launchNoise = 0.005
        let cells = [Self.cells[0], GateCell(id: "b", metrics: [ComparedMetric.known[0]])]
        var gate = GateProcedure(
            cells: cells, policy: GatePolicy(), design: GateRateTests.design,
            seed: 7)
        world.run(&gate)
        let text = """
            {waivers: [{cell: "\(cell)", metric: "\(metric)", max_ratio: \(ratio),
              reason: "known", expires: "2026-12-31"}]} // JSON5
            """
        let waivers = try Waiver.parse(text, file: "w.json5", today: "2026-12-31")
        #expect(try #require(gate.result).waived(waivers).verdict == verdict)
        #expect(throws: Complaint.self) {
            try Waiver.parse(text, file: "w.json5", today: "2027-01-01")
        }
    }

    @Test("exact counters are judged against a committed file, and a missing one fails")
    func exact() throws {
        typealias Counter = ExactBaseline.Counter
        let counters = [
            Counter(cell: "a", metric: "srv_syscalls_per_req", value: 2),
            Counter(cell: "a", metric: "errors", value: 0),
        ]
        let written = ExactBaseline(counters: counters).json.pretty
        let baseline = try ExactBaseline(parsing: written, file: "b.json")
        func verdict(_ measured: [Counter]) -> Verdict {
            GateResult.untimed().holding(baseline.compare(measured)).verdict
        }
        #expect(verdict(counters) == .pass)
        for (syscalls, errors, due) in [
            (2.01, 0.0, Verdict.pass), (2.1, 0, .regression), (1.5, 0, .pass), (2, 1, .regression),
        ] {
            let measured = [
                Counter(cell: "a", metric: "srv_syscalls_per_req", value: syscalls),
                Counter(cell: "a", metric: "errors", value: errors),
            ]
            #expect(verdict(measured) == due, "\(syscalls), \(errors)")
        }
        #expect(verdict([counters[0]]) == .regression)
        #expect(baseline.narrowed(to: ["b"]).compare([]).isEmpty)
        let fresh = baseline.compare(counters + [Counter(cell: "b", metric: "errors", value: 3)])
        #expect(fresh.map(\.standing) == [.same, .same, .new])
        #expect(throws: Complaint.self) { try ExactBaseline(parsing: "{}", file: "b.json") }
    }

    @Test("a counter that is worse stands in every report, beside what was timed")
    func countersInReports() throws {
        let counter = ExactBaseline.Counter(cell: "a|<", metric: "syscalls_per_req", value: 3)
        let baseline = ExactBaseline(counters: [
            .init(cell: "a|<", metric: "syscalls_per_req", value: 2),
            .init(cell: "a|<", metric: "errors", value: 0),
        ])
        var world = GateWorld(seed: 3, effects: [0, log(1.15)])
        world.launchNoise = 0.005
        var gate = Self.gate()
        world.run(&gate)
        let reason = "a|< syscalls_per_req: 3, was 2"
        for (result, line) in [
            (GateResult.untimed(), "VERDICT: REGRESSION 2 of 2 counters (\(reason))"),
            (
                try #require(gate.result),
                "VERDICT: REGRESSION 2 of 2 counters (\(reason)) and 2 of 3 (worst b "
            ),
        ] {
            let report = GateReport(
                result.holding(baseline.compare([counter])), base: "a", candidate: "b", seed: 7,
                repro: "switchyard gate", isStrict: false)
            #expect(report.status == .regression)
            #expect(report.line.hasPrefix(line), "\(report.line)")
            #expect(report.result.reasons.prefix(2) == [reason, "a|< errors: not measured"])
            #expect(report.junit.contains("<failure message=\"a|&lt; syscalls_per_req: 3, was 2"))
            #expect(
                report.junit.contains(
                    "failures=\"\(2 + result.findings.count { $0.verdict == .regression })\""))
            #expect(report.markdown.contains(" | 2 | 3 | worse |"))
            let object = try JSONSerialization.jsonObject(with: Data(report.json.pretty.utf8))
            let json = try #require(object as? [String: Any])
            let counters = try #require(json["counters"] as? [[String: Any]])
            #expect(counters.map { $0["standing"] as? String } == ["worse", "missing"])
        }
        let wrong = GateResult(
            verdict: .wrong, reasons: ["x"], findings: [], control: [], lost: [], reruns: 0)
        #expect(wrong.holding(baseline.compare([counter])).verdict == .wrong)
    }

    @Test("the reports carry the verdict in the form each reader expects")
    func reports() throws {
        var world = GateWorld(seed: 3, effects: [0, log(1.15)])
        world.launchNoise = 0.005
        var gate = Self.gate()
        world.run(&gate)
        let report = GateReport(
            try #require(gate.result), base: "abc", candidate: "def<", seed: 7,
            repro: "switchyard gate --seed 7", isStrict: false)
        #expect(report.status == .regression)
        #expect(report.line.hasPrefix("VERDICT: REGRESSION 2 of 3 (worst b "))
        #expect(report.annotations.hasPrefix("::error title=switchyard REGRESSION::b rps: -1"))
        #expect(!report.annotations.replacing("%25", with: "").contains("%"))
        #expect(report.junit.contains("tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"0\""))
        #expect(report.markdown.contains("❌ Regression") && report.markdown.utf8.count < 65_536)
        let object = try JSONSerialization.jsonObject(with: Data(report.json.pretty.utf8))
        let json = try #require(object as? [String: Any])
        #expect(json["verdict"] as? String == "REGRESSION" && json["exit"] as? Int == 10)
        #expect((json["cells"] as? [Any])?.count == 3 && (json["null"] as? [Any])?.count == 1)
    }

    @Test(
        "a gate that ends at once has an error in junit.xml, however little was measured",
        arguments: [
            (PairOutcome.wrong(.candidate, "status 500"), Verdict.wrong),
            (.invalid("the machine was busy"), .invalid),
        ])
    func brokenJUnit(outcome: PairOutcome, verdict: Verdict) throws {
        var gate = Self.gate()
        while gate.next != nil { gate.take(outcome) }
        let result = try #require(gate.result)
        #expect(result.verdict == verdict)
        let report = GateReport(
            result, base: "a", candidate: "b", seed: 7, repro: "again", isStrict: false)
        let errors = verdict == .invalid ? result.findings.count + 1 : 1
        #expect(report.junit.contains("tests=\"\(result.findings.count + 1)\" failures=\"0\""))
        #expect(report.junit.contains(" errors=\"\(errors)\""), "\(report.junit)")
        #expect(
            report.junit.contains(
                "<testcase name=\"gate\"><error message=\"\(verdict.rawValue): "))
    }
}

extension GatePolicy {
    /// Fewer pairs for a first look: fit to see a tenth, not a twentieth.
    static var quick: GatePolicy {
        var policy = GatePolicy()
        policy.screenPairs = 4
        policy.controlPairs = 8
        policy.suspectsMax = 3
        policy.confirmPairs = [.init(sigma: 0.027, pairs: 10), .init(sigma: 0.05, pairs: 12)]
        return policy
    }
}
