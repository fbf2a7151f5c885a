import Basis
import Foundation
import Report
import Serve
import TestSupport
import Testing

/// Our server under foreign clients of TLS, and foreign servers under our generator.
@Suite("TLS: foreign peers", .serialized)
struct TLSPeerTests {
    @Test("curl, in HTTP/1.1 and by ALPN in HTTP/2", arguments: bytePatterns)
    func curl(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--tls", "self-signed"])
        let authority = try #require(server.authority)
        func curl(_ arguments: [String]) throws -> String {
            let tool = try Tool(
                "curl", ["-sS", "--max-time", "20", "--cacert", authority] + arguments)
            #expect(tool.status == 0 && tool.errors.isEmpty, "\(arguments): \(tool.errors)")
            return tool.output
        }
        let folder = try TemporaryFolder()
        try Data(repeating: 97, count: 2_000_000).write(to: URL(filePath: folder.file("body")))
        for host in ["localhost", "127.0.0.1"] {
            let url = "https://\(host):\(server.port)"
            for flags in [["--http1.1"], ["--http2"], ["--http2", "--tls-max", "1.2"]] {
                let version = flags[0] == "--http2" ? "2" : "1.1"
                #expect(
                    try curl(flags + ["-w", "%{http_version}", "\(url)/plaintext"])
                        == "Hello, World!\(version)")
                #expect(try curl(flags + ["--data", "abc=1", "\(url)/echo"]) == "abc=1")
                #expect(
                    try curl(
                        flags + ["-o", "/dev/null", "-w", "%{size_download}"]
                            + ["\(url)/bytes/5000000"]) == "5000000")
                _ = try curl(
                    flags + ["--data-binary", "@\(folder.file("body"))"]
                        + ["-o", folder.file("echo"), "\(url)/echo"])
                #expect(
                    try Data(contentsOf: URL(filePath: folder.file("echo"))).count == 2_000_000)
            }
        }
        let report = try server.stop()
        #expect(report.requests == 24)
    }

    @Test(
        "wrk and h2load, without one error", arguments: bytePatterns, ["1.2", "1.3"])
    func load(pattern: String, version: String) throws {
        let server = try ServerUnderTest(
            pattern, ["--tls", "self-signed:rsa", "--tls-version", version])
        let url = "https://127.0.0.1:\(server.port)"
        if Programs.isPresent("wrk") {
            let wrk = try Tool("wrk", ["-t1", "-c16", "-d1s", "\(url)/plaintext"])
            #expect(wrk.status == 0 && !wrk.output.contains("Socket errors"), "\(wrk.output)")
            #expect(!wrk.output.contains("Non-2xx"), "\(wrk.output)")
        }
        if Programs.isPresent("h2load") {
            for load in [["-m", "32", "/plaintext"], ["-m", "8", "/bytes/20000"]] {
                let tool = try Tool(
                    "h2load", ["-n", "1000", "-c", "10", load[0], load[1], url + load[2]])
                #expect(
                    tool.output.contains("1000 succeeded, 0 failed, 0 errored, 0 timeout"),
                    "\(load): \(tool.output)")
            }
        }
        _ = try server.stop()
    }

    /// What our generator says of a URL.
    private static func report(_ arguments: [String]) throws -> LoadReport {
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["--json", "-", "-q", "-c", "4", "-d", "300ms", "--warmup", "0s"] + arguments)
        do {
            return try LoadReport(json: JSONValue(parsing: tool.output))
        } catch {
            throw TestFailure("\(arguments): \(tool.errors) \(tool.output)")
        }
    }

    @Test("every protocol over it, in every pattern", arguments: bytePatterns)
    func protocols(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--tls", "self-signed"])
        let end = "localhost:\(server.port)"
        for arguments in [
            ["https://\(end)/plaintext"], ["--pipeline", "8", "https://\(end)/json"],
            ["--tls", "1.2", "--requests-per-connection", "3", "https://\(end)/plaintext"],
            ["--protocol", "h2", "-m", "8", "https://\(end)/bytes/100000"],
            ["wss://\(end)/ws", "-m", "4"], ["grpcs://\(end)", "-m", "4"],
            ["grpcs://\(end)", "--grpc-kind", "bidi"],
            ["--protocol", "sse", "https://\(end)/sse?tokens=5&gap=1ms"],
            ["-R", "500", "https://\(end)/plaintext"],
        ] {
            let report = try Self.report(arguments)
            #expect(
                report.requests > 0 && report.errors.total == 0,
                "\(arguments): \(report.errors) \(report.firstFailure as Any)")
            #expect(report.handshakes.full == report.connectionsOpened, "\(arguments)")
        }
        _ = try server.stop()
    }

    @Test(
        "foreign servers are loaded without an error, to the byte",
        arguments: [ForeignServer.Kind.nginx, .nginxHTTP2, .nghttpd, .h2o].filter {
            Programs.isPresent($0.program)
        }, [false, true])
    func generator(kind: ForeignServer.Kind, isRSA: Bool) throws {
        let files = try TLSFiles()
        let server = try ForeignServer(kind, identity: files.identity("server", isRSA: isRSA))
        let spoken: [[String]] =
            switch kind {
            case .nginx: [["--protocol", "h1"]]
            case .nghttpd: [["--protocol", "h2", "-m", "8"]]
            case .nginxHTTP2, .h2o: [["--protocol", "h1"], ["--protocol", "h2", "-m", "8"]]
            }
        for arguments in spoken {
            for extra in [
                ["--tls", "1.2"], ["--tls", "1.3"], ["--requests-per-connection", "5"],
            ] {
                for (path, bytes) in [
                    ("small", ForeignServer.body.utf8.count), ("large", ForeignServer.largeBytes),
                ] {
                    let report = try Self.report(
                        arguments + extra
                            + ["--cacert", files.authority]
                            + ["https://localhost:\(server.port)/\(path)"])
                    #expect(
                        report.requests > 0 && report.errors.total == 0,
                        "\(arguments + extra): \(report.errors)")
                    #expect(report.bodyBytes == Int64(bytes) * report.requests)
                }
            }
        }
        server.stop()
    }

    @Test("a server whose TLS has no HTTP/2 is told of in one line")
    func noHTTP2() throws {
        let files = try TLSFiles()
        let server = try ForeignServer(.nginx, identity: files.identity("server"))
        // It ends while its other threads still shake hands, which must do it no harm.
        for _ in 0..<20 {
            let tool = try Tool(
                try Programs.own("switchyard-load"),
                ["--protocol", "h2", "-q", "-k", "-d", "100ms"]
                    + ["https://localhost:\(server.port)/"])
            #expect(tool.status == 1)
            #expect(tool.errors.contains("alert no application protocol"))
            #expect(tool.errors.split(separator: "\n").count == 1, "\(tool.errors)")
        }
        server.stop()
    }
}
