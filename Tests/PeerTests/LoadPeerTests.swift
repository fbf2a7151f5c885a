import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

@Suite("load: foreign servers and readers", .serialized)
struct LoadPeerTests {
    /// Runs a program to its end, which must be in order.
    private func run(_ program: String, _ arguments: [String]) throws -> String {
        var options = SpawnOptions(program, arguments)
        options.standardError = .captured
        var child = try ChildProcess(options)
        let output = child.remainingOutput(timeout: TestLimit.hang)
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        let end = child.wait(timeout: TestLimit.hang)?.ending
        #expect(end == .exited(0), "\(arguments): \(errors)")
        return output
    }

    @Test(
        "nginx is loaded without an error, to the byte",
        .enabled(if: Programs.isPresent("nginx"), "nginx is not installed"),
        arguments: [
            [], ["--pipeline", "4"], ["-R", "500"],
            ["-R", "500", "--requests-per-connection", "9"],
        ])
    func nginx(arguments: [String]) throws {
        let server = try ForeignServer(.nginx)
        let output = try run(
            try Programs.own("switchyard-load"),
            ["--json", "-", "-q", "-c", "4", "-d", "400ms", "--warmup", "50ms"] + arguments
                + ["http://127.0.0.1:\(server.port)/small"])
        let report = try LoadReport(json: JSONValue(parsing: output))
        #expect(report.requests > 0 && report.errors.total == 0, "\(arguments): \(report.errors)")
        #expect(report.statuses.success2xx == report.requests)
        #expect(report.bodyBytes == Int64(ForeignServer.body.utf8.count) * report.requests)
        server.stop()
    }

    @Test(
        "python reads the report and the table, and finds the same",
        .enabled(if: Programs.isPresent("python3"), "python3 is not installed"))
    func python() throws {
        let folder = try TemporaryFolder()
        let server = try ServerUnderTest("sharded:hash")
        _ = try run(
            try Programs.own("switchyard-load"),
            [
                "--json", folder.file("json"), "--csv", folder.file("csv"), "-q", "-c", "4", "-R",
                "1k", "-d", "500ms", "--warmup", "0s",
                "http://127.0.0.1:\(server.port)/plaintext?a=%22,b",
            ])
        // The histogram's text is base64 of an HdrHistogram V2 compressed payload: its cookie
        // 0x1c849314, a length, and a zlib stream.
        let script = """
            import base64, csv, json, struct, sys, zlib
            report = json.load(open(sys.argv[1]))
            rows = list(csv.DictReader(open(sys.argv[2], newline="")))
            assert len(rows) == 1, rows
            row = rows[0]
            assert row["url"] == report["url"], row["url"]
            assert int(row["requests"]) == report["requests"] == report["statuses"]["2xx"] > 0
            assert float(row["latency_us_max"]) == report["latency_us"]["max"]
            assert int(row["latency_us_samples"]) == report["latency_us"]["samples"]
            assert row["arrivals"] == "constant" and report["target_rate"] == 1000
            raw = base64.b64decode(report["latency_histogram"], validate=True)
            cookie, length = struct.unpack(">II", raw[:8])
            assert cookie == 0x1c849314 and length == len(raw) - 8, (hex(cookie), length)
            assert struct.unpack(">I", zlib.decompress(raw[8:])[:4])[0] == 0x1c849313
            print("done")
            """
        let python = try #require(Programs.found("python3"))
        let output = try run(python, ["-c", script, folder.file("json"), folder.file("csv")])
        #expect(output == "done\n")
        _ = try server.stop()
    }
}
