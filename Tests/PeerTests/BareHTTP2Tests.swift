import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

/// The bare programs of Benchmarks/Floor speak HTTP/2 with ours and with others, or what they are
/// held against means nothing.
@Suite("HTTP/2: the bare programs", .serialized)
struct BareHTTP2Tests {
    /// `switchyard-floor server --http2` on a port that the kernel chose.
    private final class BareServer {
        let port: UInt16
        private var child: ChildProcess

        init() throws {
            var child = try ChildProcess(
                SpawnOptions(
                    try Programs.own("switchyard-floor"), ["server", "--port", "0", "--http2"]))
            let line = child.nextLine(timeout: TestLimit.hang) ?? ""
            let match = line.firstMatch(of: /127\.0\.0\.1:(\d+)/)
            port = try #require(match.flatMap { UInt16($0.1) })
            self.child = child
        }

        deinit { child.terminate() }
    }

    /// What the bare client reports of a short run.
    private struct Run: Decodable {
        let requests: Int
        let responseBytes: Int
    }

    private static func client(port: UInt16, path: String, _ more: [String] = []) throws -> Tool {
        try Tool(
            try Programs.own("switchyard-floor"),
            ["client", "--http2", "--port", "\(port)", "--path", path, "-d", "0.1", "--json"]
                + ["--warmup", "0.05"] + more)
    }

    private static func run(_ tool: Tool) throws -> Run {
        #expect(tool.status == 0 && tool.errors.isEmpty, "\(tool.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Run.self, from: Data(tool.output.utf8))
    }

    @Test("our server and the bare one answer with as many bytes")
    func bytes() throws {
        let server = try ServerUnderTest("single")
        let bare = try BareServer()
        for port in [server.port, bare.port] {
            for load in [["-c", "1", "-m", "1"], ["-c", "4", "-m", "32"]] {
                let run = try Self.run(Self.client(port: port, path: "/plaintext", load))
                // Two frame heads, nine bytes of fields and thirteen of payload.
                #expect(run.requests > 10 && run.responseBytes == 40)
            }
        }
        _ = try server.stop()
    }

    @Test("our generator asks the bare server", arguments: ["1", "32", "100"])
    func generator(streams: String) throws {
        let server = try BareServer()
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
        let server = try BareServer()
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
        let run = try Self.run(Self.client(port: server.port, path: "/small", load))
        #expect(run.requests > 100 && run.responseBytes > 40)
        let refused = try Self.client(port: server.port, path: "/nowhere", load)
        #expect(refused.status == 1)
        #expect(refused.errors == "switchyard-floor: the server did not answer 200\n")
        server.stop()
    }
}
