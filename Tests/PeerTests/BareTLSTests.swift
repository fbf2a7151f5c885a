import Basis
import Report
import TestSupport
import Testing

/// The bare programs of Benchmarks/Floor speak TLS with ours and with others, or what they are held
/// against means nothing.
@Suite("TLS: the bare programs", .serialized)
struct BareTLSTests {
    private let files: TLSFiles
    private let identity: TLSFiles.Identity

    init() throws {
        files = try TLSFiles()
        identity = try files.identity("server")
    }

    private func bareServer() throws -> BareServer {
        try BareServer("--tls", "--cert", identity.certificate, "--key", identity.key)
    }

    private func ownServer() throws -> ServerUnderTest {
        try ServerUnderTest("single", ["--cert", identity.certificate, "--key", identity.key])
    }

    @Test("our server and the bare one answer with as many bytes", arguments: [false, true])
    func bytes(churns: Bool) throws {
        let server = try ownServer()
        let bare = try bareServer()
        var lengths: [Int] = []
        for port in [server.port, bare.port] {
            let run = try BareRun(
                BareRun.tool(
                    port: port, ["--tls", "-c", "3"] + (churns ? ["--churn"] : [])))
            #expect(run.requests > 5)
            lengths.append(run.responseBytes)
        }
        #expect(lengths[0] == lengths[1])
        _ = try server.stop()
    }

    @Test(
        "our generator and curl ask the bare server", arguments: [[], ["--handshake", "resumed"]])
    func generator(options: [String]) throws {
        let server = try bareServer()
        let url = "https://localhost:\(server.port)/plaintext"
        for _ in 0..<3 {
            let curl = try Tool(
                "curl", ["-sS", "--http1.1", "--max-time", "20", "--cacert", files.authority, url])
            #expect(curl.output == "Hello, World!", "\(curl.errors)")
        }
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["-c", "3", "-d", "300ms", "--warmup", "50ms", "--requests-per-connection", "5"]
                + options + ["--cacert", files.authority, "--json", "-", "-q", url])
        let report = try LoadReport(json: JSONValue(parsing: tool.output))
        #expect(report.requests > 10 && report.errors.total == 0, "\(report.errors)")
        #expect((report.handshakes.resumed > 0) == !options.isEmpty, "\(report.handshakes)")
    }

    @Test("the bare client asks nginx", .enabled(if: Programs.isPresent("nginx")))
    func client() throws {
        let server = try ForeignServer(.nginx, identity: identity)
        for options in [[], ["--churn"]] {
            let run = try BareRun(
                BareRun.tool(
                    port: server.port, ["--tls", "-c", "3", "--path", "/small"] + options))
            #expect(run.requests > 5, "\(options)")
        }
        server.stop()
    }

    @Test(
        "the bare programs say what they can't take",
        arguments: [
            (["server", "--tls"], 64, "--tls needs --cert and --key"),
            (["server", "--tls", "--cert", "/", "--key", "/"], 1, "switchyard-floor: /: "),
            (["client", "--port", "9", "--tls", "--http2"], 64, "--tls and --churn go with"),
        ] as [([String], Int32, String)])
    func refusals(arguments: [String], status: Int32, words: String) throws {
        let tool = try Tool(try Programs.own("switchyard-floor"), arguments)
        #expect(tool.status == status && tool.errors.contains(words), "\(tool.errors)")
    }
}
