import Basis
import Report
import Testing

@Suite("answers that a cell expects")
struct ExpectedStatusTests {
    private static func report(
        _ success: Int64, _ redirect: Int64, location: String? = nil
    ) -> LoadReport {
        var report = LoadReportTests.filled
        report.verdict = .valid
        report.verdictReasons = []
        report.errors = .init()
        report.firstFailure = nil
        report.statuses.success2xx = success
        report.statuses.redirect3xx = redirect
        report.requests = success + redirect
        report.location = location
        return report
    }

    private typealias Case = (
        expected: ExpectedStatus, success: Int64, redirect: Int64, location: String?,
        reason: String?
    )

    private static let cases: [Case] = [
        (.success, 5_000, 0, nil, nil),
        (
            .success, 0, 56, "/login",
            "56 of 56 answers had status 3xx (Location: /login), and 2xx is expected"
        ),
        (.success, 900, 100, nil, "100 of 1000 answers had status 3xx, and 2xx is expected"),
        // As many as may fail of a valid run.
        (.success, 9_990, 10, nil, nil),
        (.success, 9_989, 11, nil, "11 of 10000 answers had status 3xx, and 2xx is expected"),
        (.redirect, 0, 56, "/login", nil),
        (.redirect, 56, 0, nil, "56 of 56 answers had status 2xx, and 3xx is expected"),
        (.either, 30, 30, "/", nil),
        (.success, 0, 0, nil, nil),
    ]

    @Test("others are told by their number, and by where they lead", arguments: cases.indices)
    func contradictions(index: Int) {
        let (expected, success, redirect, location, reason) = Self.cases[index]
        let report = Self.report(success, redirect, location: location)
        #expect(expected.contradiction(by: report) == reason)
        var launch = ColumnTests.launch()
        launch.load = report
        launch.cell.expected = expected
        #expect(launch.invalidReason == reason && launch.isValid == (reason == nil))
        #expect(launch.verdict == (reason == nil ? "valid" : "errors"))
    }

    @Test("a launch of errors names the first of them, with the beginning of what was read")
    func firstFailure() {
        var launch = ColumnTests.launch(verdict: .errors)
        launch.load?.verdictReasons = ["56 of 56 requests failed, 100.0% (limit 0.1%)"]
        launch.load?.firstFailure = FirstFailure(
            phase: .protocol, reason: "a field name holds a space",
            received: String(repeating: "x", count: 70))
        let excerpt = String(repeating: "x", count: 60)
        #expect(
            launch.invalidReason
                == "56 of 56 requests failed, 100.0% (limit 0.1%); the first: protocol: a field"
                + " name holds a space, read: \(excerpt)...")
        launch.load?.firstFailure = FirstFailure(phase: .connect, reason: "Connection refused")
        #expect(launch.invalidReason?.hasSuffix("; the first: connect: Connection refused") == true)
        launch.load?.firstFailure = nil
        #expect(launch.invalidReason == "56 of 56 requests failed, 100.0% (limit 0.1%)")
    }

    @Test("a cell's expectation is in its name and its record where it is not the usual one")
    func cell() throws {
        var cell = Cell(pattern: "single", threads: 1, connections: 1)
        #expect(cell.json["expect"] == nil)
        for (expected, id) in [
            (.redirect, "h1/single/w1/c1/p13/x3xx/told"),
            (.either, "h1/single/w1/c1/p13/x2xx+3xx/told"),
        ] as [(ExpectedStatus, String)] {
            cell.expected = expected
            cell.path = "/old"
            #expect(cell.id == id)
            #expect(try Cell(RecordFields(cell.json)) == cell)
        }
        guard case .object(var members) = cell.json else { return }
        members[members.count - 1] = .init("expect", "9xx")
        #expect(throws: RecordRefusal.self) { try Cell(RecordFields(.object(members))) }
    }

    @Test("the body of an answer is what the generator measured, whatever the cell asked for")
    func payload() {
        func fields(_ change: (inout LaunchRecord) -> Void) -> (run: String?, cell: String?) {
            var launch = ColumnTests.launch()
            change(&launch)
            let run = RunIdentity(runID: "r", commit: nil, branch: nil, isDirty: nil)
            let runs = CSVTable(RunColumns.all, rows: [(run: run, launch: launch)])
            let summary = CellSummary(launch.cell, records: [launch])
            let cells = CSVTable(CellColumns.all, rows: [(run: run, summary: summary)])
            return (runs.field(0, "payload_bytes"), cells.field(0, "payload_bytes"))
        }
        // 40 000 answers with 520 000 bytes.
        #expect(fields { $0.cell.payload = ByteCount(raw: 1_024) } == ("13", "13"))
        #expect(fields { $0.cell.path = "/" } == ("13", "13"))
        #expect(
            fields {
                ($0.cell.server, $0.cell.pattern) = ("nginx", nil)
                $0.load?.bodyBytes = 40_000 * 612 + 11
            } == ("612", "612"))
        #expect(
            fields {
                ($0.cell.server, $0.cell.pattern) = ("nginx", nil)
                $0.load = nil
            } == (nil, nil))
    }

    @Test("answers with 3xx have a column")
    func column() {
        var launch = ColumnTests.launch()
        launch.load = Self.report(100, 7)
        let run = RunIdentity(runID: "r", commit: nil, branch: nil, isDirty: nil)
        let table = CSVTable(RunColumns.all, rows: [(run: run, launch: launch)])
        #expect(table.field(0, "answers_3xx") == "7" && table.field(0, "verdict") == "errors")
    }
}
