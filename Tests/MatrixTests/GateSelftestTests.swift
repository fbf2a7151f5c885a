import Basis
import Compare
import Platform
import Testing

@testable import Matrix

@Suite("the gate's test of itself")
struct GateSelftestTests {
    @Test(
        "each verdict is right, wrong or says nothing",
        arguments: [
            (SelftestCase.identical, [Verdict.pass], [Verdict.regression, .wrong]),
            (.handicapped, [.regression], [.pass, .wrong]),
            (.jammed, [.invalid], [.pass, .regression, .wrong]),
        ])
    func standings(subject: SelftestCase, right: [Verdict], wrong: [Verdict]) {
        for verdict in Verdict.allCases {
            let standing: SelftestCase.Standing =
                right.contains(verdict) ? .shown : wrong.contains(verdict) ? .wrong : .notShown
            #expect(subject.standing(of: verdict) == standing, "\(verdict)")
        }
        #expect(subject.standing(of: nil) == .wrong)
    }

    @Test(
        "the last line, the status and the object say the same",
        arguments: [
            ([SelftestCase.Standing.shown, .shown], false, Basis.ExitStatus.success, "passed"),
            (
                [.shown, .notShown], false, .invalidRun,
                "NOT SHOWN, 1 of 2 cases not shown on this machine"
            ),
            (
                [.shown, .notShown], true, .success,
                "passed, 1 of 2 cases not shown on this machine"
            ),
            ([.wrong, .notShown], true, .failure, "FAILED"),
        ])
    func report(
        standings: [SelftestCase.Standing], isShort: Bool, status: Basis.ExitStatus, line: String
    ) {
        var report = SelftestReport(isShort: isShort)
        report.gates = standings.map { (.identical, $0, "said") }
        #expect(report.status == status && report.line == "gate-selftest: \(line)")
        #expect(report.json["exit"] == .integer(Int64(status.rawValue)))
        #expect(report.json["line"] == .string(report.line))
        guard case .array(let gates)? = report.json["gates"] else {
            Issue.record("no gates: \(report.json)")
            return
        }
        #expect(gates.map { $0["standing"] } == standings.map { .string($0.rawValue) })
    }

    @Test("a program that fills both pipes comes to its end, and its words are kept")
    func fullPipes() throws {
        // A pipe holds 64 KiB (pipe(7)): whoever reads the second only after the end of the first
        // waits for ever.
        let script = "head -c 300000 /dev/zero | tr '\\0' e >&2; head -c 200000 /dev/zero; exit 3"
        let run = try ProgramRun("sh", ["-c", script], timeout: .seconds(60))
        #expect(run.ending == .exited(3))
        #expect(run.errors.utf8.count == 300_000)
        #expect(run.output.utf8.count == 200_000)
    }

    @Test("a program that does not end is ended")
    func endless() throws {
        let run = try ProgramRun("sleep", ["60"], timeout: .milliseconds(30))
        #expect(run.ending == nil)
    }
}
