import Basis
import Foundation
import Report
import TestSupport
import Testing

/// Foreign clients of the server and foreign servers of the generator, with writes of every shape.
@Suite("writes of a shape: foreign peers", .serialized)
struct WriteShapePeerTests {
    static let manners: [[String]] = [
        ["--write-shape", "head-then-body"], ["--write-shape", "trickle"],
        ["--write-shape", "trickle", "--cork", "on", "--quickack", "on"],
    ]

    @Test(
        "curl reads what the server writes",
        .enabled(if: Programs.isPresent("curl"), "curl is not installed"), arguments: manners,
        [false, true])
    func curl(manner: [String], isSecure: Bool) throws {
        let server = try ServerUnderTest(
            "sharded:hash", manner + (isSecure ? ["--tls", "self-signed"] : []))
        let url = "\(isSecure ? "https" : "http")://localhost:\(server.port)"
        let trust = try isSecure ? ["--cacert", #require(server.authority)] : []
        for version in [["--http1.1"], [isSecure ? "--http2" : "--http2-prior-knowledge"]] {
            func curl(_ arguments: [String]) throws -> String {
                let tool = try Tool(
                    "curl", ["-sS", "--max-time", "20"] + trust + version + arguments)
                #expect(tool.status == 0 && tool.errors.isEmpty, "\(arguments): \(tool.errors)")
                return tool.output
            }
            // Curl 7.88 can't use a connection of HTTP/2 by prior knowledge again.
            let count = version == ["--http2-prior-knowledge"] ? 1 : 2
            let urls = Array(repeating: "\(url)/plaintext", count: count)
            #expect(try curl(urls).count == 13 * count)
            #expect(try curl(["--data", "abc=1", "\(url)/echo"]) == "abc=1")
            #expect(try curl(["\(url)/sse?tokens=2&interval_ms=0"]).contains("data:"))
            #expect(
                try curl(["-o", "/dev/null", "-w", "%{size_download}", "\(url)/bytes/3000000"])
                    == "3000000")
        }
        #expect(try server.stop().requests == (isSecure ? 10 : 9))
    }

    private func load(_ arguments: [String]) throws -> LoadReport {
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["--json", "-", "-q", "-c", "2", "-d", "300ms", "--warmup", "0s"] + arguments)
        do {
            return try LoadReport(json: JSONValue(parsing: tool.output))
        } catch {
            throw TestFailure("\(arguments): \(tool.errors) \(tool.output)")
        }
    }

    @Test(
        "nginx reads what the generator writes",
        .enabled(if: Programs.isPresent("nginx"), "nginx is not installed"), arguments: manners)
    func nginx(manner: [String]) throws {
        for kind in [ForeignServer.Kind.nginx, .nginxHTTP2] {
            let server = try ForeignServer(kind)
            let spoken = kind == .nginx ? ["--pipeline", "3"] : ["--protocol", "h2", "-m", "3"]
            let report = try load(
                manner + spoken + ["http://127.0.0.1:\(server.port)/small"])
            #expect(report.requests > 0 && report.errors.total == 0, "\(report.errors)")
            #expect(
                report.bodyBytes == Int64(ForeignServer.body.utf8.count) * report.requests)
            server.stop()
        }
    }

    @Test(
        "python echoes what the generator writes",
        .enabled(if: Programs.isPresent("python3"), "python3 is not installed"),
        arguments: manners)
    func python(manner: [String]) throws {
        let server = try PythonServer(
            """
            from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
            class Echo(BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                wbufsize = -1
                def do_POST(self):
                    body = self.rfile.read(int(self.headers["Content-Length"]))
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *what): pass
            server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
            print(server.server_address[1], flush=True)
            server.serve_forever()
            """, interpreter: try #require(Programs.found("python3")))
        let report = try load(
            manner + ["--body", "a body of some bytes", "http://127.0.0.1:\(server.port)/"])
        #expect(
            report.requests > 0 && report.errors.total == 0,
            "\(report.errors) \(report.firstFailure?.reason ?? "")")
        #expect(report.bodyBytes == 20 * report.requests)
        server.stop()
    }
}
