import Basis
import Report
import Testing

/// A counter that is added to its table is everywhere.
@Suite("counters")
struct CounterTests {
    @Test("the table lies in memory as it is declared")
    func layout() {
        func flat(_ value: Any) -> [Counter] {
            if let counter = value as? Counter { return [counter] }
            return Mirror(reflecting: value).children.flatMap { flat($0.value) }
        }
        #expect(Counter.all == flat(ThreadCounts<Counter>()))
        #expect(ThreadCounts<UInt64>.count == Counter.all.count)
        #expect(ThreadCounts<Int64?>.count == Counter.all.count)
        for names in [Counter.all.map(\.name), Counter.all.map(\.column)] {
            #expect(Set(names).count == names.count)
        }
    }

    /// A worker that has counted `factor` times as much in each counter as in that before it.
    private static func worker(_ factor: Int64) -> WorkerReport {
        var worker = WorkerReport(worker: 0)
        for index in Counter.all.indices { worker.counts[index] = factor * Int64(index + 1) }
        return worker
    }

    @Test("it passes through JSON and into workers.csv", arguments: Counter.all)
    func written(counter: Counter) throws {
        let index = try #require(Counter.all.firstIndex(of: counter))
        var launch = ColumnTests.launch()
        launch.workers = [Self.worker(10).since(Self.worker(1))]
        let read = try LaunchRecord(json: JSONValue(parsing: launch.json.compact))
        #expect(read == launch)
        let run = RunIdentity(runID: "r", commit: nil, branch: nil, isDirty: nil)
        let row = (run: run, launch: read, worker: read.workers[0])
        let table = CSVTable(WorkerColumns.all, rows: [row])
        let factor = counter.span == .sinceStart ? 10 : 9
        #expect(table.field(0, counter.column) == "\(factor * (index + 1))")
    }

    @Test("a server without it leaves its field empty", arguments: Counter.all)
    func missing(counter: Counter) throws {
        let index = try #require(Counter.all.firstIndex(of: counter))
        var worker = Self.worker(1)
        worker.counts[index] = nil
        let line: JSONValue = [
            "event": "snapshot", "workers": [worker.json], "rss_peak_bytes": 5,
        ]
        let read = try ServerReport(json: JSONValue(parsing: line.compact))
        #expect(read.workers == [worker])
        #expect(read.workers[0].since(Self.worker(1)).counts[index] == nil)
        #expect(
            Self.worker(1).since(read.workers[0]).counts[index]
                == (counter.span == .sinceStart ? Int64(index + 1) : nil))
    }

    @Test(
        "it is a column of the HTML report, unless it says that it is none", arguments: Counter.all)
    func reported(counter: Counter) throws {
        let run = try RunCopy()
        let old = try run.page()
        if try run.files().workers.index(of: counter.column) == nil {
            try run.change("workers.csv") { text in
                let lines = text.split(separator: "\n")
                return ([lines[0] + ",\(counter.column)"] + lines.dropFirst().map { $0 + ",1" })
                    .joined(separator: "\n") + "\n"
            }
            #expect(!old.contains("\(counter.column) a request</th>"))
        }
        let title = "\(counter.column) a request</th>"
        #expect(try run.page().contains(title) == counter.isReported)
    }
}
