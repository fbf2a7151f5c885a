import Report
import Testing

@testable import Matrix

struct SummaryTableTests {
    private static func lines(_ verdict: LoadReport.Verdict) -> [Substring] {
        var record = SearchCellTests.record(SearchCellTests.cell())
        record.load?.verdict = verdict
        let text = SummaryTable.text(CellSummary.all([record]), width: nil, colours: false)
        return text.split(separator: "\n")
    }

    @Test("what the generator limited has signs, what it did not has none")
    func bounds() throws {
        let usual = Self.lines(.valid)
        let limited = Self.lines(.clientBound)
        for heading in ["capacity", "requests/s", "longest", "CPU/request", "launches"] {
            #expect(usual[0].contains(heading))
        }
        #expect(!usual[1].contains("= "))
        // A capacity and a rate are at least so much, the latencies at most so long.
        let found = limited[1].split(separator: " ")
        let latencies = usual[1].split(separator: " ")[3..<7].filter { $0 != "-" }
        #expect(found.count { $0 == ">=" } == 2, "\(limited[1])")
        #expect(!latencies.isEmpty && found.count { $0 == "<=" } == latencies.count)
        #expect(limited[1].hasSuffix("client-bound"))
        // Beside the signs all is as it was.
        let figures = found.filter { $0 != ">=" && $0 != "<=" }.dropLast()
        #expect(Array(figures) == Array(usual[1].split(separator: " ").dropLast()))
    }
}
