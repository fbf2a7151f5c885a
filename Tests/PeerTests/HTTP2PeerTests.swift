import Basis
import Foundation
import Report
import Serve
import TestSupport
import Testing

/// Our server under foreign clients of HTTP/2, and foreign servers under our generator.
@Suite("HTTP/2: foreign peers", .serialized)
struct HTTP2PeerTests {
    @Test(
        "curl, by prior knowledge", .enabled(if: Programs.isPresent("curl"), "no curl"),
        arguments: bytePatterns)
    func curl(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let url = "http://127.0.0.1:\(server.port)"
        func curl(_ arguments: String...) throws -> String {
            let tool = try Tool(
                "curl", ["-sS", "--max-time", "20", "--http2-prior-knowledge"] + arguments)
            #expect(tool.status == 0 && tool.errors.isEmpty, "\(arguments): \(tool.errors)")
            return tool.output
        }
        #expect(try curl("\(url)/plaintext") == "Hello, World!")
        #expect(try curl("-w", "%{http_version}", "\(url)/wait?us=1000") == "waited\n2")
        #expect(try curl("--data", "abc=1", "\(url)/echo") == "abc=1")
        #expect(try curl("--head", "\(url)/bytes/5000000").contains("content-length: 5000000\r\n"))
        #expect(
            try curl("-o", "/dev/null", "-w", "%{size_download}", "\(url)/bytes/5000000")
                == "5000000")
        #expect(try curl("-o", "/dev/null", "-w", "%{http_code}", "\(url)/nowhere") == "404")
        let folder = try TemporaryFolder()
        try Data(repeating: 97, count: 1_000_000).write(to: URL(filePath: folder.file("body")))
        _ = try curl(
            "--data-binary", "@\(folder.file("body"))", "-o", folder.file("echo"), "\(url)/echo")
        #expect(try Data(contentsOf: URL(filePath: folder.file("echo"))).count == 1_000_000)
        let paid = ["-H", "Idempotency-Key: k", "--data", "1", "\(url)/payments"]
        let receipt = try curl(paid[0], paid[1], paid[2], paid[3], paid[4])
        #expect(receipt.contains("payment"))
        #expect(try curl(paid[0], paid[1], paid[2], paid[3], paid[4]) == receipt)
        // RFC 9113 §3.1: the upgrade of earlier times goes on in HTTP/1.1.
        let upgraded = try Tool(
            "curl", ["-sS", "--max-time", "20", "--http2", "-w", "%{http_version}", url + "/json"])
        #expect(upgraded.output == #"{"message":"Hello, World!"}1.1"#)
        #expect(try server.stop().requests == 10)
    }

    @Test(
        "h2load, without one error", .enabled(if: Programs.isPresent("h2load"), "no h2load"),
        arguments: bytePatterns)
    func h2load(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let url = "http://127.0.0.1:\(server.port)"
        let loads = [
            ["/plaintext", "-m", "32"], ["/wait?us=500", "-m", "100"], ["/bytes/20000", "-m", "8"],
            // Windows of 1 KiB a stream and 64 KiB a connection.
            ["/bytes/20000", "-m", "8", "-w", "10"],
        ]
        for load in loads {
            let tool = try Tool(
                "h2load", ["-n", "2000", "-c", "10"] + load.dropFirst() + [url + load[0]])
            #expect(tool.status == 0)
            #expect(
                tool.output.contains("status codes: 2000 2xx, 0 3xx, 0 4xx, 0 5xx"),
                "\(pattern) \(load): \(tool.output)")
            #expect(tool.output.contains("2000 succeeded, 0 failed, 0 errored, 0 timeout"))
        }
        #expect(try server.stop().requests == 8_000)
    }

    @Test(
        "nghttp, several requests at once", .enabled(if: Programs.isPresent("nghttp"), "no nghttp"),
        arguments: bytePatterns)
    func nghttp(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let url = "http://127.0.0.1:\(server.port)"
        let tool = try Tool(
            "nghttp",
            ["-t", "20"]
                + ["/wait?us=20000", "/bytes/100000", "/plaintext", "/json"].map { url + $0 })
        #expect(tool.status == 0 && tool.errors.isEmpty)
        #expect(tool.output.contains("Hello, World!") && tool.output.contains("waited\n"))
        #expect(tool.output.utf8.count { $0 == UInt8(ascii: "x") } == 100_000)
        _ = try server.stop()
    }

    @Test(
        "foreign servers are loaded without an error, to the byte",
        arguments: [ForeignServer.Kind.nghttpd, .nginxHTTP2, .h2o].filter {
            Programs.isPresent($0.program)
        },
        [
            ["-m", "1"], ["-m", "20"], ["-m", "5", "-R", "500"],
            ["--requests-per-connection", "7"],
        ])
    func generator(kind: ForeignServer.Kind, arguments: [String]) throws {
        let server = try ForeignServer(kind)
        for (path, bytes) in [
            ("small", ForeignServer.body.utf8.count), ("large", ForeignServer.largeBytes),
        ] {
            let tool = try Tool(
                try Programs.own("switchyard-load"),
                ["--protocol", "h2", "--json", "-", "-q", "-c", "4", "-d", "400ms"]
                    + ["--warmup", "50ms"] + arguments
                    + ["http://127.0.0.1:\(server.port)/\(path)"])
            let report = try LoadReport(json: JSONValue(parsing: tool.output))
            #expect(
                report.requests > 0 && report.errors.total == 0, "\(arguments): \(report.errors)")
            #expect(report.statuses.success2xx == report.requests)
            #expect(report.bodyBytes == Int64(bytes) * report.requests)
        }
        server.stop()
    }

    /// A hundred kinds, every other one with places, in more fields than a table has room for.
    private static let mix: String = {
        let kinds = (0..<100).map { kind in
            let places = kind % 2 == 0 ? "&n={seq}" : ""
            return """
                {weight: \(1 + kind % 3), path: "/small?kind=\(kind)\(places)", headers: {
                    "X-Kind": "\(kind % 9)", Cookie: "secret=\(kind)", "X-Id": "{uuid}"}}
                """
        }
        return "{kinds: [\(kinds.joined(separator: ","))]}"
    }()

    @Test(
        "foreign servers read mixes of many kinds, whatever their table has room for",
        arguments: [
            (.nginxHTTP2, nil), (.h2o, nil), (.nghttpd, nil), (.nghttpd, 0), (.nghttpd, 60),
            (.nghttpd, 1_000), (.nghttpd, 65_536),
        ].filter { Programs.isPresent($0.0.program) } as [(ForeignServer.Kind, Int?)])
    func mixes(kind: ForeignServer.Kind, tableBytes: Int?) throws {
        let server = try ForeignServer(
            kind, more: tableBytes.map { ["--header-table-size=\($0)"] } ?? [])
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["--protocol", "h2", "-m", "8", "--json", "-", "-q", "-c", "4", "-n", "2000"]
                + ["--mix", Self.mix, "http://127.0.0.1:\(server.port)/"])
        let report = try LoadReport(json: JSONValue(parsing: tool.output))
        #expect(report.requests == 2_000 && report.errors.total == 0, "\(report.errors)")
        #expect(report.statuses.success2xx == report.requests)
        #expect(report.bodyBytes == Int64(ForeignServer.body.utf8.count) * report.requests)
        server.stop()
    }

    @Test("a server of HTTP/1.1 alone is told of in one line")
    func wrongProtocol() throws {
        let server = try ForeignServer(.nginx)
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["--protocol", "h2", "-q", "-c", "1", "-d", "200ms", "--warmup", "0s"]
                + ["http://127.0.0.1:\(server.port)/small"])
        #expect(tool.status == 1)
        #expect(tool.output.contains("the server answers HTTP/2 in HTTP/1.1"), "\(tool.output)")
        server.stop()
    }
}
