import Basis
import Measure
import Report
import Testing

@Suite("records of the generator and the server")
struct LoadReportTests {
    static var filled: LoadReport {
        var histogram = Histogram()
        for value in 1...40_000 { histogram.record(Nanoseconds(raw: Int64(value) * 1_001)) }
        var report = LoadReport(
            url: "http://127.0.0.1:8080/plaintext", protocol: "h1", mode: .open,
            arrivals: "poisson", threads: 1, connections: 64, streams: 1, pipeline: 2, seed: 42,
            duration: .milliseconds(2_001), warmup: .milliseconds(700), targetRate: 20_000)
        report.requests = 40_000
        report.achievedRate = 19_990.5
        report.rateRatio = 0.999525
        report.lateSends = 3
        (report.bytesRead, report.bytesWritten, report.bodyBytes) = (5_400_000, 1_800_000, 520_000)
        report.latency = LatencySummary(histogram)
        report.service = LatencySummary(histogram)
        report.lateness = LatencySummary(histogram)
        report.firstPartHistogram = "first"
        report.partGapHistogram = "gap"
        report.eventDelayHistogram = "delay"
        (report.bursts, report.missedEvents) = (4, 5)
        var kind = KindReport(name: "short", weight: 0.5)
        (kind.requests, kind.failed) = (39_000, 2)
        kind.latency = LatencySummary(histogram)
        kind.latencyHistogram = HistogramCodec.encodeBase64(histogram)
        report.burst = 7
        report.kinds = [kind, KindReport(name: "long", weight: 5)]
        report.errors.protocol = 7
        report.errors.connect = 1
        report.statuses.success2xx = 40_000
        report.address = "127.0.0.1:8080"
        report.firstFailure = FirstFailure(
            phase: .protocol, reason: "the status line is malformed", received: #"HTTP/1.1 2\r"#)
        report.location = "/there"
        report.handshakes.fastOpenAccepted = 5
        report.connectionsOpened = 65
        report.cpu.user = .milliseconds(400)
        report.cpu.perRequest = 25_125.5
        report.cpu.busiestThreadShare = 0.61
        report.syscalls.receive = 40_001
        report.verdict = .late
        report.verdictReasons = ["0.01% of sends were late"]
        report.warnings = ["a \"warning\""]
        report.latencyHistogram = HistogramCodec.encodeBase64(histogram)
        report.latenessHistogram = report.latencyHistogram
        return report
    }

    @Test("the generator's record survives its JSON")
    func roundTrip() throws {
        let report = Self.filled
        let read = try LoadReport(json: JSONValue(parsing: report.json.compact))
        #expect(read == report)
        let empty = LoadReport(
            url: "http://[::1]:1/", protocol: "h2", mode: .closed, threads: 1, connections: 1,
            seed: .max, duration: .zero, warmup: .zero)
        #expect(try LoadReport(json: JSONValue(parsing: empty.json.pretty)) == empty)
    }

    @Test("a record from before the first failure, the location, the address and the parts is read")
    func olderRecord() throws {
        guard case .object(let members) = Self.filled.json else { return }
        let new = [
            "address", "first_failure", "location", "first_part_us", "part_gap_us",
            "first_part_histogram", "part_gap_histogram", "event_delay_us",
            "event_delay_histogram", "bursts", "missed_events",
        ]
        let older = members.filter { !new.contains($0.name) }
        #expect(older.count == members.count - new.count)
        var expected = Self.filled
        (expected.address, expected.firstFailure, expected.location) = (nil, nil, nil)
        (expected.firstPartHistogram, expected.partGapHistogram) = (nil, nil)
        (expected.eventDelayHistogram, expected.bursts, expected.missedEvents) = (nil, 0, 0)
        #expect(try LoadReport(json: .object(older)) == expected)
    }

    @Test("without a success every figure of one is null, and reading gives the record back")
    func nothingSucceeded() throws {
        let empty = LoadReport(
            url: "http://[::1]:1/", protocol: "h1", mode: .closed, threads: 1, connections: 1,
            seed: 1, duration: .seconds(1), warmup: .zero)
        for name in [
            "latency_us", "service_us", "lateness_us", "first_part_us", "part_gap_us",
            "event_delay_us",
        ] {
            guard case .object(let members) = try #require(empty.json[name]) else { return }
            for member in members where member.name != "samples" {
                #expect(member.value == .null, "\(name).\(member.name)")
            }
        }
        #expect(empty.json["cpu"]?["per_request_us"] == .null)
        #expect(try LoadReport(json: JSONValue(parsing: empty.json.compact)) == empty)
    }

    @Test("every phase of a failure is a member of the errors, or reading names the stranger")
    func phases() throws {
        let errors = LoadReport.Errors().json
        for phase in FirstFailure.Phase.allCases {
            #expect(errors[phase.rawValue] != nil, "\(phase)")
            let failure = FirstFailure(phase: phase, reason: "why")
            #expect(try FirstFailure(RecordFields(failure.json)) == failure)
        }
        let stranger: JSONValue = ["phase": "lunch", "reason": "hunger"]
        #expect(throws: RecordRefusal(path: "phase", problem: "'lunch' is unknown")) {
            try FirstFailure(RecordFields(stranger))
        }
    }

    @Test("spans are microseconds that keep every nanosecond; absent percentiles are null")
    func units() throws {
        var histogram = Histogram()
        histogram.record(Nanoseconds(raw: 1_234_567))
        let figures = LatencySummary(histogram)
        #expect(figures.json["max"] == .number(1_234.567))
        #expect(figures.json["p99"] == .null)
        #expect(try LatencySummary(RecordFields(figures.json)) == figures)
    }

    @Test("a missing, mistyped or unknown member is named")
    func refusals() throws {
        guard case .object(let members) = Self.filled.json else { return }
        func message(_ name: String, _ value: JSONValue?) -> String? {
            let changed = members.compactMap { member -> JSONValue.Member? in
                if member.name != name { return member }
                return value.map { JSONValue.Member(name, $0) }
            }
            let refusal = #expect(throws: RecordRefusal.self) {
                try LoadReport(json: .object(changed))
            }
            return refusal?.description
        }
        #expect(message("url", nil) == "url is missing")
        #expect(message("requests", "many") == "requests is not an integer")
        #expect(message("schema", "x/2") == "schema is 'x/2', not switchyard.load/1")
        #expect(message("errors", [:]) == "errors.connect is missing")
        #expect(message("mode", "ajar") == "mode 'ajar' is unknown")
        #expect(message("latency_us", 5) == "latency_us is not an object")
        #expect(message("warnings", [1]) == "warnings holds something else than texts")
        #expect(message("threads", -1) == "threads is negative")
        #expect(message("duration_s", 1e30) == "duration_s is too long a time")
    }

    @Test("the server's lines are read whole")
    func server() throws {
        let ready = try ServerReady(
            json: [
                "event": "ready", "listen": "[::1]:8080", "pid": 7, "pattern": "sharded:hash",
                "threads": 2,
            ])
        #expect(ready.port == 8_080 && ready.processID == 7)
        #expect(ready.pattern == "sharded:hash" && ready.threads == 2)
        var worker = WorkerReport(worker: 1)
        worker.accepted = 3
        worker.requests = 100
        worker.cpu = .milliseconds(5)
        worker.emptyAccepts = 9
        let report = try ServerReport(
            json: [
                "event": "stopped", "workers": [worker.json], "rss_peak_bytes": 5_242_880,
                "monotonic_ns": 9,
            ])
        #expect(report.event == .stopped && report.workers == [worker])
        #expect(report.peakResident == .mebibytes(5) && report.cpu == nil)
        #expect(report.time == Instant(raw: 9))
        #expect(throws: RecordRefusal(path: "workers[0].role", problem: "is missing")) {
            try ServerReport(
                json: ["event": "stopped", "workers": [["worker": 0]], "rss_peak_bytes": 1])
        }
    }
}
