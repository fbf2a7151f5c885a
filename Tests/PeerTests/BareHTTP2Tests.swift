import Basis
import Report
import TestSupport
import Testing

/// The bare programs of Benchmarks/Floor speak HTTP/2 with ours and with others, or what they are
/// held against means nothing.
@Suite("HTTP/2: the bare programs", .serialized)
struct BareHTTP2Tests {
    private static func client(port: UInt16, path: String, _ more: [String] = []) throws -> Tool {
        try BareRun.tool(port: port, ["--http2", "--path", path] + more)
    }

    @Test("our server and the bare one answer with as many bytes")
    func bytes() throws {
        let server = try ServerUnderTest("single")
        let bare = try BareServer("--http2")
        for port in [server.port, bare.port] {
            for load in [["-c", "1", "-m", "1"], ["-c", "4", "-m", "32"]] {
                let run = try BareRun(Self.client(port: port, path: "/plaintext", load))
                // Two frame heads, nine bytes of fields and thirteen of payload.
                #expect(run.requests > 10 && run.responseBytes == 40)
            }
        }
        _ = try server.stop()
    }

    @Test("our generator asks the bare server", arguments: ["1", "32", "100"])
    func generator(streams: String) throws {
        let server = try BareServer("--http2")
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["--protocol", "h2", "-m", streams, "-c", "3", "-d", "200ms", "--warmup", "50ms"]
                + ["--json", "-", "-q", "http://127.0.0.1:\(server.port)/plaintext"])
        let report = try LoadReport(json: JSONValue(parsing: tool.output))
        #expect(report.requests > 10 && report.errors.total == 0, "\(report.errors)")
        #expect(report.statuses.success2xx == report.requests)
        #expect(report.bodyBytes == 13 * report.requests)
    }

    @Test(
        "h2load and curl ask the bare server",
        .enabled(if: Programs.isPresent("h2load") && Programs.isPresent("curl"), "not installed"))
    func others() throws {
        let server = try BareServer("--http2")
        let url = "http://127.0.0.1:\(server.port)/plaintext"
        let load = try Tool("h2load", ["-n", "5000", "-c", "10", "-m", "32", url])
        #expect(load.output.contains("5000 succeeded, 0 failed, 0 errored"), "\(load.output)")
        let curl = try Tool("curl", ["-sSi", "--http2-prior-knowledge", url])
        #expect(curl.output.hasPrefix("HTTP/2 200 \r\nserver: switchyard\r\n"))
        #expect(curl.output.hasSuffix("content-length: 13\r\n\r\nHello, World!"))
    }

    @Test(
        "the bare client asks servers of others, and says what it can't take",
        arguments: [ForeignServer.Kind.nghttpd, .nginxHTTP2, .h2o].filter {
            Programs.isPresent($0.program)
        })
    func client(kind: ForeignServer.Kind) throws {
        let server = try ForeignServer(kind)
        let load = ["-c", "3", "-m", "20"]
        let run = try BareRun(Self.client(port: server.port, path: "/small", load))
        #expect(run.requests > 100 && run.responseBytes > 40)
        let refused = try Self.client(port: server.port, path: "/nowhere", load)
        #expect(refused.status == 1)
        #expect(refused.errors == "switchyard-floor: the server did not answer 200\n")
        server.stop()
    }
}
