import Basis
import Foundation
import Measure
import Report
import Testing

@Suite("lines of latency over the round-trip time")
struct SlopeTests {
    private static func cell(_ milliseconds: Int, _ change: (inout Cell) -> Void = { _ in }) -> Cell
    {
        var cell = Cell(pattern: "single", threads: 1, connections: 1)
        cell.link.roundTrip = .milliseconds(milliseconds)
        change(&cell)
        return cell
    }

    /// Launches of a cell with these medians, in milliseconds.
    private static func summary(
        _ cell: Cell, _ medians: [Double?], verdict: LoadReport.Verdict = .valid
    ) -> CellSummary {
        CellSummary(
            cell,
            records: medians.map { median in
                var record = ColumnTests.launch(verdict: verdict)
                record.cell = cell
                if let median {
                    record.load?.latency.p50 = Nanoseconds(raw: Int64(median * 1e6))
                } else {
                    record.failure = "it failed"
                }
                return record
            })
    }

    /// The table of ways of the notes on TLS, in milliseconds at 10, 20, 50 and 100.
    @Test(
        "known medians give their slopes",
        arguments: [
            ([20.4, 40.8, 100.7, 200.6], 2.0), ([10.3, 20.4, 50.4, 100.4], 1.0),
            ([42.3, 82.8, 203.3, 403.2], 4.01), ([11.6, 21.4, 51.2, 101.3], 1.0),
        ] as [([Double], Double)])
    func known(medians: [Double], slope: Double) throws {
        let summaries = zip([10, 20, 50, 100], medians).map {
            Self.summary(Self.cell($0), [$1 - 0.1, $1, $1 + 5])
        }
        let lines = SlopeSummary.all(summaries.reversed())
        let line = try #require(lines.first)
        #expect(
            lines.count == 1
                && line.points.map(\.roundTrip.raw) == [
                    10_000_000, 20_000_000, 50_000_000, 100_000_000,
                ])
        #expect(abs(line.line.slope - slope) < 0.01 && line.verdict == "valid")
        #expect(abs(line.line.intercept) < 3e6 && line.line.residualMax < 1e6)
        #expect(line.cell.id == "h1/single/w1/c1/p13" && line.name == "h1")
    }

    @Test("cells that differ in something else have lines of their own, named by it")
    func groups() {
        let plain = [0, 20].map { Self.summary(Self.cell($0), [Double($0) * 2 + 1]) }
        let secure = [20, 40, 60].map { milliseconds in
            Self.summary(Self.cell(milliseconds) { $0.tls = .v13 }, [Double(milliseconds) * 3])
        }
        let alone = [Self.summary(Self.cell(20) { $0.tls = .v12 }, [4])]
        let lines = SlopeSummary.all(plain + secure + alone)
        #expect(lines.map(\.name) == ["h1", "tls1.3"])
        #expect(lines.map(\.points.count) == [2, 3])
        #expect(abs(lines[0].line.slope - 2) < 1e-9 && lines[0].line.slopeError == nil)
        #expect(abs(lines[1].line.slope - 3) < 1e-9 && abs(lines[1].line.intercept) < 1)
    }

    @Test("without two medians there is no row; a doubtful cell makes a doubtful line")
    func gaps() throws {
        let failed = Self.summary(Self.cell(40), [nil])
        let near = Self.summary(Self.cell(10), [21])
        #expect(SlopeSummary.all([near, failed]).isEmpty && SlopeSummary.all([]).isEmpty)
        let far = Self.summary(Self.cell(20), [41], verdict: .late)
        let line = try #require(SlopeSummary.all([near, far]).first)
        #expect(line.verdict == "late" && line.points.count == 2)
        let gap = try #require(
            SlopeSummary.all([near, Self.summary(Self.cell(20), [41]), failed]).first)
        #expect(gap.verdict == "invalid" && gap.points.count == 2)
    }

    @Test("the fields of a row")
    func fields() throws {
        let run = RunIdentity(runID: "r", commit: nil, branch: nil, isDirty: nil)
        let lines = SlopeSummary.all(
            [10, 20, 30].map { Self.summary(Self.cell($0), [Double($0) * 2 + 1]) })
        let table = CSVTable(SlopeColumns.all, rows: lines.map { (run: run, line: $0) })
        for (name, wanted) in [
            ("line_id", "h1/single/w1/c1/p13"), ("name", "h1"), ("n", "3"), ("slope", "2.0000"),
            ("slope_se", "0.0000"), ("intercept_ns", "1000000"), ("residual_max_ns", "0"),
            ("points", "10000000:21000000 20000000:41000000 30000000:61000000"),
            ("link_loss", "0"), ("link_rate_bit", nil), ("tls", "off"), ("commit", nil),
        ] {
            #expect(table.field(0, name) == wanted, "\(name)")
        }
    }
}
