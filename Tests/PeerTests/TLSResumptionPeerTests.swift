import Basis
import Foundation
import Report
import Serve
import TestSupport
import Testing

/// Tickets and early data with foreign peers, both ways, and in every pattern.
@Suite("TLS: resumption and early data", .serialized)
struct TLSResumptionPeerTests {
    private static func report(_ arguments: [String]) throws -> LoadReport {
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["--json", "-", "-q", "-c", "4", "-d", "500ms", "--warmup", "100ms"] + arguments)
        do {
            return try LoadReport(json: JSONValue(parsing: tool.output))
        } catch {
            throw TestFailure("\(arguments): \(tool.errors) \(tool.output)")
        }
    }

    /// What openssl(1) says as a client that asks for `/plaintext`, or sends `early` before.
    private static func client(
        _ server: ServerUnderTest, _ arguments: [String], input: String = request
    ) throws -> String {
        let tool = try Tool(
            "openssl",
            ["s_client", "-connect", "127.0.0.1:\(server.port)", "-servername", "localhost"]
                + ["-CAfile", try #require(server.authority), "-verify_return_error", "-ign_eof"]
                + arguments, input: input)
        #expect(tool.status == 0, "\(arguments): \(tool.errors)")
        return tool.output
    }

    private static let request =
        "GET /plaintext HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    @Test("openssl resumes", arguments: ["-tls1_2", "-tls1_3"])
    func opensslResumes(version: String) throws {
        let server = try ServerUnderTest("balanced:shared", ["--tls", "self-signed"])
        let folder = try TemporaryFolder()
        let session = folder.file("session")
        let first = try Self.client(server, [version, "-sess_out", session])
        #expect(first.contains("New, TLSv1") && first.contains("Hello, World!"))
        let second = try Self.client(server, [version, "-sess_in", session])
        #expect(second.contains("Reused, TLSv1") && second.contains("Hello, World!"))
        let report = try server.stop()
        #expect(report.sum(\.handshakesResumed) == 1)
    }

    @Test("openssl's early data is answered, and once only", arguments: bytePatterns)
    func opensslEarly(pattern: String) throws {
        let server = try ServerUnderTest(
            pattern, ["--tls", "self-signed", "--early-data", "16KiB"])
        let folder = try TemporaryFolder()
        let (session, early) = (folder.file("session"), folder.file("early"))
        try Self.request.write(toFile: early, atomically: true, encoding: .utf8)
        _ = try Self.client(server, ["-tls1_3", "-sess_out", session])
        let arguments = ["-tls1_3", "-sess_in", session, "-early_data", early]
        let second = try Self.client(server, arguments, input: "")
        #expect(second.contains("Early data was accepted") && second.contains("Hello, World!"))
        // The same ticket once more: nothing of it is read before the handshake is done.
        let third = try Self.client(server, arguments, input: Self.request)
        #expect(third.contains("Early data was rejected") && third.contains("New, TLSv1"))
        #expect(try server.stop().sum(\.earlyAccepted) == 1)
    }

    @Test("our generator resumes at foreign servers", arguments: ["1.2", "1.3"])
    func generatorResumes(version: String) throws {
        let files = try TLSFiles()
        for kind in [ForeignServer.Kind.nginx, .nginxHTTP2, .nghttpd, .h2o]
        where Programs.isPresent(kind.program) {
            let server = try ForeignServer(kind, identity: files.identity("server"))
            let spoken = kind == .nginx ? "h1" : "h2"
            let report = try Self.report([
                "--protocol", spoken, "--handshake", "resumed", "--tls", version,
                "--requests-per-connection", "2", "--cacert", files.authority,
                "https://localhost:\(server.port)/small",
            ])
            #expect(report.errors.total == 0, "\(kind): \(report.errors)")
            #expect(
                report.handshakes.resumed > report.handshakes.full, "\(kind): \(report.handshakes)")
            server.stop()
        }
    }

    @Test("nginx takes our early data")
    func generatorEarly() throws {
        try #require(Programs.isPresent("nginx"))
        let files = try TLSFiles()
        let server = try ForeignServer(.nginx, identity: files.identity("server"))
        let report = try Self.report([
            "--handshake", "early", "--requests-per-connection", "2", "--cacert", files.authority,
            "https://localhost:\(server.port)/small",
        ])
        #expect(report.errors.total == 0, "\(report.errors)")
        #expect(report.handshakes.earlyAccepted > 4, "\(report.handshakes)")
        #expect(report.handshakes.full <= 8, "\(report.handshakes)")
        server.stop()
    }

    @Test("early requests of every protocol, in every pattern", arguments: bytePatterns)
    func early(pattern: String) throws {
        let server = try ServerUnderTest(
            pattern, ["--tls", "self-signed", "--early-data", "16KiB"])
        let end = "localhost:\(server.port)"
        for arguments in [
            ["https://\(end)/plaintext"], ["--pipeline", "4", "https://\(end)/bytes/50000"],
            ["-X", "POST", "--body", String(repeating: "x", count: 30_000), "https://\(end)/echo"],
            ["--protocol", "h2", "-m", "8", "https://\(end)/bytes/3000"],
            ["wss://\(end)/ws"], ["grpcs://\(end)", "-m", "4"],
            ["--protocol", "sse", "https://\(end)/sse?tokens=3&interval_ms=1"],
            ["-R", "200", "https://\(end)/plaintext"],
        ] {
            let report = try Self.report(
                ["--handshake", "early", "--requests-per-connection", "4"] + arguments)
            #expect(
                report.requests > 0 && report.errors.total == 0,
                "\(arguments): \(report.errors) \(report.firstFailure as Any)")
            #expect(report.handshakes.resumed > 0, "\(arguments): \(report.handshakes)")
            #expect(report.handshakes.tooEarly == 0)
        }
        _ = try server.stop()
    }

    @Test("what must not be replayed is asked again behind the handshake", arguments: bytePatterns)
    func tooEarly(pattern: String) throws {
        let server = try ServerUnderTest(
            pattern, ["--tls", "self-signed", "--early-data", "16KiB"])
        let report = try Self.report([
            "--handshake", "early", "--requests-per-connection", "1", "-X", "POST", "-H",
            "Idempotency-Key: one", "--body", "1", "https://localhost:\(server.port)/payments",
        ])
        #expect(report.requests > 0 && report.errors.total == 0, "\(report.errors)")
        #expect(report.handshakes.earlyAccepted > 0, "\(report.handshakes)")
        _ = try server.stop()
    }

    @Test("what was asked for and not done spoils a result")
    func notAsAsked() throws {
        let server = try ServerUnderTest("single", ["--tls", "self-signed", "--tickets", "0"])
        let url = "https://localhost:\(server.port)/plaintext"
        for (handshake, extra) in [
            ("resumed", ["--requests-per-connection", "2"]),
            ("early", ["--requests-per-connection", "2"]), ("resumed", []),
        ] {
            let report = try Self.report(["--handshake", handshake] + extra + [url])
            #expect(
                report.verdictReasons.contains {
                    $0.contains("handshakes were not") || $0.contains("no connection was opened")
                }, "\(report.verdictReasons)")
        }
        _ = try server.stop()
    }

    @Test(
        "wrong options are told in one line",
        arguments: [
            (
                "switchyard-server", ["--early-data", "1KiB"],
                "--early-data means nothing without TLS"
            ),
            (
                "switchyard-server", ["--tls", "self-signed", "--early-data", "17KiB"],
                "--early-data"
            ),
            (
                "switchyard-server",
                ["--tls", "self-signed", "--early-data", "1KiB", "--tls-version", "1.2"],
                "--early-data means nothing with TLS 1.2"
            ),
            (
                "switchyard-server",
                ["--tls", "self-signed", "--early-data", "1KiB", "--tickets", "0"],
                "--early-data means nothing with --tickets 0"
            ),
            ("switchyard-server", ["--tls", "self-signed", "--tickets", "65"], "--tickets"),
            (
                "switchyard-server", ["--tls", "self-signed", "--ticket-rotation", "10ms"],
                "--ticket-rotation"
            ),
            (
                "switchyard-load", ["--handshake", "resumed", "http://127.0.0.1:9/"],
                "--handshake means nothing without TLS"
            ),
            ("switchyard-load", ["--handshake", "half", "https://127.0.0.1:9/"], "--handshake"),
            (
                "switchyard-load",
                ["--handshake", "early", "--tls", "1.2", "https://127.0.0.1:9/"],
                "--handshake early means nothing with TLS 1.2"
            ),
        ])
    func wrong(program: String, arguments: [String], words: String) throws {
        let tool = try Tool(try Programs.own(program), arguments)
        #expect(tool.status == 64 && tool.output.isEmpty)
        #expect(tool.errors.contains(words), "\(tool.errors)")
        #expect(tool.errors.split(separator: "\n").count == 1, "\(tool.errors)")
    }
}
