import Basis
import Report
import Testing

@testable import Load

@Suite("What the report says of failures")
struct FailureTextTests {
    private var report: LoadReport {
        LoadReport(
            url: "http://127.0.0.1:1/", protocol: "h1", mode: .closed, threads: 1, connections: 1,
            seed: 1, duration: .seconds(1), warmup: .zero)
    }

    private func lines(_ report: LoadReport) -> [String] {
        TextReport.text(report, objectives: [], colours: false).split(separator: "\n")
            .map(String.init)
    }

    @Test("the first failure stands below the errors, with what was read")
    func first() {
        var report = report
        report.errors.protocol = 56
        report.firstFailure = FirstFailure(
            phase: .protocol, reason: "a field line has no colon", received: #"nonsense\r\n"#)
        let text = lines(report)
        #expect(text.contains("errors         56 protocol"))
        #expect(text.contains("first failure  protocol: a field line has no colon"))
        #expect(text.contains(#"               read: nonsense\r\n"#))
        report.firstFailure?.received = nil
        #expect(!lines(report).contains { $0.contains("read:") })
    }

    @Test("codes are shown unless all answers have the usual one, the most frequent first")
    func codes() {
        var report = report
        report.codes = AnswerCodes([(code: 200, answers: 9)])
        #expect(!lines(report).contains { $0.hasPrefix("answers") })
        report.codes = AnswerCodes([(code: 200, answers: 3), (code: 302, answers: 9)])
        #expect(
            lines(report).suffix(from: lines(report).firstIndex { $0.hasPrefix("answers") } ?? 0)
                .prefix(2) == ["answers        302: 9 (75.00%)", "               200: 3 (25.00%)"])
        report.codes = AnswerCodes([(code: 503, answers: 1)])
        #expect(lines(report).contains("answers        503: 1 (100.00%)"))
        report.protocol = "grpc"
        report.codes = AnswerCodes([(code: 0, answers: 1)])
        #expect(!lines(report).contains { $0.hasPrefix("answers") })
        report.codes = AnswerCodes([(code: 14, answers: 2)])
        #expect(lines(report).contains("answers        UNAVAILABLE: 2 (100.00%)"))
        report.statuses.server5xx = 2
        report.errors.status = 2
        #expect(report.failures?.hasSuffix("answers had status 14") == true)
        report.protocol = "h1"
        report.codes = AnswerCodes([(code: 503, answers: 1), (code: 429, answers: 5)])
        #expect(report.failures?.hasSuffix("had status 429 or 503") == true)
    }

    /// What a thread brings home that failed at an instant, and was redirected.
    private func outcome(at: Int64?, _ location: String, redirected: UInt64) -> GeneratorResult {
        var tally = LoadTally()
        tally.statuses[3] = redirected
        var result = GeneratorResult(
            window: Window(start: Instant(raw: 1), duration: .seconds(1)),
            sentFrom: Instant(raw: 1), sentUntil: Instant(raw: 1), warmUpUnsent: 0,
            usage: Sample.usage, connectionsOpened: 1, served: [], rates: [],
            borders: BorderShares(),
            lastRefusal: nil,
            tally: tally)
        result.firstFailure = at.map {
            FailureNote(at: Instant(raw: $0), FirstFailure(phase: .read, reason: "at \($0)"))
        }
        result.location = Array(location.utf8)
        return result
    }

    @Test("of several threads the earliest failure and a location are told")
    func threads() throws {
        var result = LoadResult(plan: try Sample.plan(), began: .seconds(1))
        result.add(outcome(at: nil, "", redirected: 0))
        result.add(outcome(at: 7, "/a b\u{7}", redirected: 2))
        result.add(outcome(at: 5, "/c", redirected: 1))
        result.add(outcome(at: 6, "", redirected: 0))
        let report = result.report
        #expect(report.firstFailure?.reason == "at 5")
        #expect(report.location == #"/a b\x07"#)
        #expect(report.warnings.contains { $0.hasPrefix("3 answers of class 3xx") })
        #expect(report.warnings.contains { $0.hasSuffix(#"the first leads to /a b\x07"#) })
    }

    @Test("a redirection of the warm-up alone is not told")
    func warmUp() throws {
        var result = LoadResult(plan: try Sample.plan(), began: .seconds(1))
        result.add(outcome(at: nil, "/a", redirected: 0))
        #expect(result.report.location == nil)
        #expect(!result.report.warnings.contains { $0.contains("3xx") })
    }

    @Test("the exit status says when every request failed, after an interrupt and a missed demand")
    func exitStatus() throws {
        func status(
            _ slo: String? = nil, interruption: Interrupts = Interrupts(),
            _ change: (inout LoadTally) -> Void
        ) throws -> Basis.ExitStatus {
            var tally = LoadTally()
            change(&tally)
            let result = try Sample.result(tally, interruption: interruption)
            let objectives = try slo.map { [try Objective(parsing: $0)] } ?? []
            return result.exitStatus(objectives.map { $0.judge(result) })
        }
        #expect(try status { $0.errors.read = 3 } == .failure)
        #expect(try status { $0.errors.connect = 1 } == .failure)
        #expect(try status("errors>1") { $0.errors.read = 3 } == .failure)
        #expect(try status("errors<1") { $0.errors.read = 3 } == .objectiveMissed)
        var interruption = Interrupts()
        for _ in 0..<2 { interruption.note(after: .milliseconds(1)) }
        #expect(try status(interruption: interruption) { $0.errors.read = 3 } == .interrupted)
        #expect(
            try status {
                $0.errors.read = 3
                $0.statuses[2] = 1
            } == .success)
        // Nothing failed, for nothing was asked.
        #expect(try status { _ in } == .success)
    }

    @Test("the table of one row has the same columns with and without a failure")
    func columns() throws {
        var failed = report
        failed.firstFailure = FirstFailure(phase: .read, reason: "a, \"b\"")
        let tables = [report, failed].map { Renderings.csv($0).split(separator: "\n") }
        #expect(tables[0][0] == tables[1][0] && tables[0].count == 2 && tables[1].count == 2)
        #expect(tables[0][0].contains("first_failure_phase,first_failure_reason,first_failure_"))
    }
}
