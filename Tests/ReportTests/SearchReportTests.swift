import Basis
import Measure
import Report
import Testing

@Suite("The report of a search for capacity")
struct SearchReportTests {
    static func load(_ finding: CapacityFinding, rate: Double = 1_234.5) -> LoadReport {
        var report = LoadReport(
            url: "http://127.0.0.1:8080/", protocol: "h1", mode: .open, arrivals: "constant",
            threads: 1, connections: 64, seed: 42, duration: .seconds(2),
            warmup: .milliseconds(300), targetRate: rate)
        report.achievedRate = rate
        report.requests = 2_469
        report.errors.timeout = 3
        report.errors.connect = 2
        report.verdict = .late
        report.verdictReasons = ["one, and", "two"]
        let steps = [
            SearchStep(
                CapacityProbe(rate: rate, purpose: .approach), .met, values: [4.5e6, nil],
                report: report),
            SearchStep(
                CapacityProbe(rate: 2 * rate, purpose: .bisect), .overloaded, values: [nil, nil],
                report: report),
        ]
        report.search = SearchReport(
            rules: ["p99<5ms", "errors<1%"], closedRate: 3_000.25, finding: finding,
            reason: finding.capacity == nil ? "so it is" : nil, steps: steps)
        return report
    }

    @Test(
        "is read back from JSON as it was",
        arguments: [
            CapacityFinding(outcome: .found, low: 1_000.5, high: 1_010.25),
            CapacityFinding(outcome: .neverMet, low: nil, high: 150),
        ])
    func record(finding: CapacityFinding) throws {
        let report = Self.load(finding)
        let text = report.json.pretty
        #expect(try LoadReport(json: JSONValue(parsing: text)) == report)
        var plain = report
        plain.search = nil
        #expect(plain.json["search"] == nil)
        #expect(try LoadReport(json: plain.json).search == nil)
    }

    @Test("as a table has a row for each step, each with what was found")
    func table() throws {
        let finding = CapacityFinding(outcome: .found, low: 1_000.5, high: 1_010.25)
        let table = try #require(Self.load(finding).search).table
        #expect(table.rows.count == 2)
        #expect(table.field(0, "purpose") == "approach" && table.field(1, "answer") == "overloaded")
        #expect(table.field(1, "rate") == "2469.000")
        #expect(table.field(1, "achieved_rate") == "1234.500")
        #expect(table.field(0, "rule") == "p99<5ms; errors<1%")
        #expect(table.field(0, "value") == "4500000.000; ")
        #expect(table.field(0, "failed") == "3" && table.field(0, "reasons") == "one, and; two")
        #expect(table.field(0, "latency_us_p99") == nil)
        for row in 0..<2 {
            #expect(table.field(row, "outcome") == "found")
            #expect(table.field(row, "capacity") == "1000.500")
            #expect(table.field(row, "low") == "1000.500" && table.field(row, "high") == "1010.250")
        }
        let none = Self.load(CapacityFinding(outcome: .generatorBound, low: 5, high: 6))
        #expect(none.search?.table.field(0, "capacity") == nil)
        #expect(none.search?.table.field(0, "low") == "5.000")
    }
}
