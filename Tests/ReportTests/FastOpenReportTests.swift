import Basis
import Report
import Testing

@Suite("what Fast Open came to")
struct FastOpenReportTests {
    @Test(
        "a launch that asked for it and had more misses than threads does not count",
        arguments: [
            (10, 0, nil), (10, 1, nil), (10, 2, "2 of 12 SYNs carried no data (Fast Open)"),
            (0, 1, "1 of 1 SYNs carried no data (Fast Open)"),
            (0, 0, "no connection was opened whose SYN could have carried data"),
        ] as [(Int64, Int64, String?)])
    func misses(accepted: Int64, missed: Int64, reason: String?) throws {
        var launch = ColumnTests.launch()
        launch.cell.churn.opensFast = true
        launch.load?.opensFast = true
        launch.load?.threads = 1
        launch.load?.handshakes.fastOpenAccepted = accepted
        launch.load?.handshakes.fastOpenMissed = missed
        #expect(launch.invalidReason == reason)
        launch.cell.churn.opensFast = false
        #expect(launch.isValid)
    }

    @Test("the report carries it, and what connections were due")
    func record() throws {
        var report = LoadReportTests.filled
        report.opensFast = true
        report.handshakes.fastOpenAccepted = 7
        report.handshakes.fastOpenMissed = 2
        report.requestsPerConnection = 3
        report.targetConnectionRate = 100
        report.connectionRate = 99.5
        #expect(try LoadReport(json: report.json) == report)
    }
}
