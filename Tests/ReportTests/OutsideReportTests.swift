import Basis
import Foundation
import Report
import Testing

@Suite("records of servers that run already")
struct OutsideReportTests {
    private static func launch(measured: Bool) -> LaunchRecord {
        var launch = ColumnTests.launch()
        launch.cell.server = "shop"
        launch.cell.pattern = nil
        launch.cell.threads = Cell.unknownThreads
        launch.cell.path = "/items"
        launch.serverCPUs = measured ? "0-3" : ""
        launch.outside = OutsideReport(url: "http://10.0.0.7:9000/items", isMeasured: measured)
        if measured {
            launch.outside?.stolenShare = 0.0025
            launch.outside?.busyShare = 0.5
            launch.server?.threads = 9
        } else {
            launch.server = nil
            launch.workers = []
            launch.machine.foreignShare = nil
        }
        return launch
    }

    private static let run = RunIdentity(runID: "r", commit: nil, branch: nil, isDirty: nil)

    @Test("what is written is read back", arguments: [false, true])
    func again(measured: Bool) throws {
        let launch = Self.launch(measured: measured)
        #expect(try LaunchRecord(json: JSONValue(parsing: launch.json.compact)) == launch)
        #expect(launch.cell.id == "h1/shop/c64/titems")
        #expect(launch.isValid)
    }

    @Test("a row says whether the server was measured, and by whom")
    func columns() {
        let own = ColumnTests.launch()
        let launches = [own, Self.launch(measured: false), Self.launch(measured: true)]
        let table = CSVTable(RunColumns.all, rows: launches.map { (run: Self.run, launch: $0) })
        func values(_ column: String) -> [String?] {
            launches.indices.map { table.field($0, column) }
        }
        let url = "http://10.0.0.7:9000/items"
        #expect(values("server_url") == [nil, url, url])
        #expect(values("server_measured") == ["runner", "no", "agent"])
        #expect(values("threads") == ["2", nil, nil])
        #expect(values("path") == [nil, "/items", "/items"])
        #expect(values("srv_threads") == [nil, nil, "9"])
        #expect(values("srv_steal_pct") == [nil, nil, "0.250"])
        #expect(values("srv_cpus_busy_pct") == [nil, nil, "50.000"])
        #expect(values("server_cpus") == ["1", nil, "0-3"])
        let columns = RunColumns.all.map(\.name).filter { $0.hasPrefix("srv_") }
        #expect(columns.count > 30)
        for column in columns { #expect(table.field(1, column) == nil, "\(column)") }
        #expect(table.field(1, "rps") != nil && table.field(1, "verdict") == "valid")
    }

    @Test("cells, findings and slopes do without what was not measured")
    func summaries() throws {
        let launches = (0..<6).map { block -> LaunchRecord in
            var launch = Self.launch(measured: false)
            (launch.slot, launch.block) = (block, block)
            return launch
        }
        let summary = CellSummary(launches[0].cell, records: launches)
        #expect(summary.validLaunches == 6 && summary.figure("rps") != nil)
        #expect(summary.figure("srv_cpu_ns_per_req") == nil)
        #expect(summary.json["figures"]?["srv_cpu_ns_per_req"]?["median"] == .null)
        let text = Findings(run: Self.run, cells: [summary], launches: launches).sentences.joined()
        #expect(!text.contains("CPU") && !text.contains("nan"), "\(text)")
        let table = CSVTable(CellColumns.all, rows: [(run: Self.run, summary: summary)])
        #expect(table.field(0, "threads") == nil && table.field(0, "payload_bytes") == "13")
    }

    @Test("what a hypervisor withholds of the server's machine spoils a launch, too")
    func theft() {
        var launch = Self.launch(measured: true)
        launch.outside?.stolenShare = 0.031
        #expect(
            launch.invalidReason
                == "the hypervisor withheld 3.1% of the CPU time of the server's machine")
        #expect(launch.disturbance == launch.invalidReason)
        launch.outside?.stolenShare = nil
        launch.machine.foreignShare = 0.2
        #expect(launch.invalidReason?.contains("of CPU 0-3") == true)
    }

    @Test("the page names the servers and what was not measured", arguments: [false, true])
    func page(measured: Bool) throws {
        let launch = Self.launch(measured: measured)
        let rows = [(run: Self.run, launch: launch)]
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "outside-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let cells = [(run: Self.run, summary: CellSummary(launch.cell, records: [launch]))]
        let workers: [(run: RunIdentity, launch: LaunchRecord, worker: WorkerReport)] = []
        for (name, text) in [
            ("manifest.json", #"{"run_id": "r"}"#),
            ("runs.csv", CSVTable(RunColumns.all, rows: rows).text),
            ("cells.csv", CSVTable(CellColumns.all, rows: cells).text),
            ("workers.csv", CSVTable(WorkerColumns.all, rows: workers).text),
        ] {
            try text.write(
                to: folder.appending(path: name), atomically: true, encoding: .utf8)
        }
        let text = ReportPage(try RunFiles(folder: folder.path)).text
        #expect(text.contains("Not started by this run: shop at http://10.0.0.7:9000/items."))
        #expect(text.contains("Not measured: what shop used; give `measure`.") == !measured)
        #expect(text.contains("server CPU a request") == measured)
    }
}
