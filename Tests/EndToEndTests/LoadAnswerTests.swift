import Basis
import Foundation
import Measure
import Platform
import Report
import TestSupport
import Testing

/// What the generator tells of answers and connections, by real sockets.
@Suite("load: codes, openings, so many requests")
struct LoadAnswerTests {
    @Test(
        "as many requests as were asked for, neither more nor fewer",
        arguments: [
            ("single", ["-n", "1"], 1), ("sharded:hash", ["-n", "1000", "-t", "2"], 1_000),
            ("single", ["-n", "777", "--pipeline", "8"], 777),
            ("sharded:hash", ["-n", "500", "--protocol", "h2", "-m", "10"], 500),
            ("single", ["-n", "50", "-R", "500"], 50),
            ("acceptors:exclusive", ["-n", "60", "--keepalive", "off"], 60),
        ])
    func requests(pattern: String, arguments: [String], count: Int) throws {
        let server = try ServerUnderTest(pattern)
        let outcome = try LoadRun(
            ["--json", "-", "-c", "4"] + arguments
                + ["http://127.0.0.1:\(server.port)/plaintext"]
        ).outcome()
        #expect(outcome.ending == .exited(0))
        let report = try outcome.report()
        #expect(report.requests == count && report.latency.samples == count)
        #expect(report.errors.total == 0 && report.achievedRate > 0)
        #expect(report.codes.text == "200:\(count)")
        if arguments.contains("--keepalive") { #expect(report.connectionsOpened >= count) }
        #expect(try server.stop().requests == count)
    }

    @Test("every code is told, in the text, too")
    func codes() throws {
        let server = try ServerUnderTest("single")
        let mix = """
            {kinds: [{name: 'there', weight: 1, path: '/plaintext'},
                {name: 'gone', weight: 1, path: '/nowhere'},
                {name: 'wrong', weight: 1, path: '/work?us=x'}]}
            """
        let outcome = try server.load("/", ["--mix", mix, "-n", "600"])
        let report = try outcome.report()
        let counts = Dictionary(
            uniqueKeysWithValues: report.codes.entries.map { ($0.code, $0.answers) })
        #expect(counts[200] == report.statuses.success2xx)
        #expect(counts[404] ?? 0 > 100)
        #expect(
            counts.filter { $0.key / 100 == 4 }.values.reduce(0, +) == report.statuses.client4xx)
        #expect(outcome.errors.contains("404: \(counts[404] ?? 0) ("), "\(outcome.errors)")
        let read = try LoadReport(json: JSONValue(parsing: report.json.pretty))
        #expect(read == report)
        _ = try server.stop()
    }

    @Test("the text says how many connections were opened, and how long that took")
    func openings() throws {
        let server = try ServerUnderTest("single")
        let outcome = try server.load(
            "/plaintext", ["--requests-per-connection", "5", "-n", "100", "--histogram"])
        let report = try outcome.report()
        #expect(report.connect.samples >= 20 && report.handshake.samples == 0)
        #expect(report.firstByte.samples == 100)
        #expect(report.firstByte.max <= report.latency.max)
        let lines = outcome.errors.split(separator: "\n")
        #expect(
            lines.contains { $0.hasPrefix("connections    \(report.connectionsOpened) opened") },
            "\(outcome.errors)")
        #expect(lines.contains { $0.hasPrefix("connect  ") })
        #expect(lines.contains { $0.hasPrefix("first byte  ") })
        #expect(outcome.errors.contains("up to") && outcome.errors.contains("####"))
        _ = try server.stop()
    }

    @Test("the seconds of a run add up to it, as CSV and as JSON", arguments: ["csv", "json"])
    func series(format: String) throws {
        let server = try ServerUnderTest("single")
        let folder = try TemporaryFolder()
        let path = folder.file("series.\(format)")
        let outcome = try server.load(
            "/plaintext", ["-R", "300", "-d", "2200ms", "--warmup", "300ms", "--series", path])
        let report = try outcome.report()
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var rows: [(start: Double, length: Double, requests: Int64, histogram: String)] = []
        if format == "csv" {
            let table = try CSVTable(parsing: text)
            let places = ["start_s", "length_s", "requests", "histogram", "codes"].map {
                table.columns.firstIndex(of: $0)
            }
            for row in table.rows {
                let fields = try places.map { row[try #require($0)] }
                rows.append(
                    (
                        try #require(Double(fields[0])), try #require(Double(fields[1])),
                        try #require(Int64(fields[2])), fields[3]
                    ))
                #expect(fields[2] == "0" || fields[4] == "200:\(fields[2])")
            }
        } else {
            let fields = try RecordFields(JSONValue(parsing: text))
            try fields.require(schema: "switchyard.series/1")
            for interval in try fields.objects("intervals") {
                rows.append(
                    (
                        try interval.number("start_s"), try interval.number("length_s"),
                        try interval.integer("requests"), try interval.text("histogram")
                    ))
            }
        }
        #expect(rows.count >= 2 && rows.reduce(0) { $0 + $1.requests } == report.requests)
        #expect(rows[0].start >= 0.3)
        for (one, next) in zip(rows, rows.dropFirst()) {
            #expect(abs(one.start + one.length - next.start) < 0.002)
        }
        var sum = Histogram()
        for row in rows { sum.add(try HistogramCodec.decode(base64: row.histogram)) }
        #expect(HistogramCodec.encodeBase64(sum) == report.latencyHistogram)
        _ = try server.stop()
    }

    @Test("a body comes from the standard input")
    func standardInput() throws {
        let server = try ServerUnderTest("single")
        var options = SpawnOptions(
            "/bin/sh",
            [
                "-c", "printf hello | \"$0\" \"$@\"", try Programs.own("switchyard-load"),
                "--body", "@-", "-n", "3", "-c", "1", "--json", "-", "-q",
                "http://127.0.0.1:\(server.port)/echo",
            ])
        options.standardError = .captured
        var child = try ChildProcess(options)
        let output = child.remainingOutput(timeout: TestLimit.hang)
        #expect(child.wait(timeout: TestLimit.hang)?.ending == .exited(0))
        let report = try LoadReport(json: JSONValue(parsing: output))
        #expect(report.requests == 3 && report.bodyBytes == 15)
        _ = try server.stop()
    }
}
