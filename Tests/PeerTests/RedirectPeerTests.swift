import Basis
import Foundation
import Measure
import Platform
import Report
import TestSupport
import Testing

/// Redirections that the generator follows, as curl follows them.
@Suite(
    "load: redirections", .serialized,
    .enabled(if: PythonOracle.isPresent, PythonOracle.absence))
struct RedirectPeerTests {
    /// /form/K?... leads to what `to` says with the given code; /hop/N to /hop/N-1 down to 0; what
    /// was asked for since the last time is told at /seen.
    private static let server = """
        import http.server, json, threading, urllib.parse
        seen, lock = [], threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *rest): pass
            def reply(self, code, body=b"", **fields):
                self.send_response(code)
                for name, value in fields.items(): self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if code != 304: self.wfile.write(body)
            def do(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                if self.path == "/seen":
                    with lock:
                        text = json.dumps(seen).encode()
                        seen.clear()
                    return self.reply(200, text)
                with lock:
                    seen.append([self.command, self.path, body, self.headers.get("X-Mine") or ""])
                url = urllib.parse.urlparse(self.path)
                query = urllib.parse.parse_qs(url.query)
                if url.path.startswith("/hop/"):
                    left = int(url.path[5:])
                    if left: return self.reply(302, b"moved", Location="/hop/%d" % (left - 1))
                    return self.reply(200, b"there")
                if "to" in query:
                    where = query["to"][0].replace("PORT", str(self.server.server_port))
                    closes = {"Connection": "close"} if "close" in query else {}
                    self.close_connection = bool(closes)
                    return self.reply(int(query["code"][0]), b"moved", Location=where, **closes)
                self.reply(200, b"there")
            do_GET = do_POST = do_PUT = do

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    private static let one = ["-c", "1", "-n", "1"]

    private func load(_ url: String, _ arguments: [String]) throws -> LoadReport {
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["--json", "-", "-q", "--warmup", "0s"] + arguments + [url])
        return try LoadReport(json: JSONValue(parsing: tool.output))
    }

    /// What the server was asked for since the last time.
    private func seen(_ server: PythonServer) throws -> JSONValue {
        let url = "http://127.0.0.1:\(server.port)/seen"
        return try JSONValue(parsing: try Tool("curl", ["-sS", url]).output)
    }

    @Test("the same requests as curl's, whatever form the location has and whatever the code")
    func forms() throws {
        let server = try PythonServer(Self.server)
        defer { server.stop() }
        let locations = [
            "/end", "/end?a=b", "end", "../end", "./x/../y", "/end%23part", "//127.0.0.1:PORT/end",
            "http://127.0.0.1:PORT/end", "HTTP://127.0.0.1:PORT", "/%C3%A9", "?a=b",
        ]
        for location in locations {
            for code in [301, 302, 303, 307, 308] {
                for method in [[], ["-d", "body"], ["-X", "PUT", "-d", "body"]] {
                    let to = location.replacing("%", with: "%25").replacing("?", with: "%3F")
                    let url = "http://127.0.0.1:\(server.port)/a/b?code=\(code)&to=\(to)"
                    var asked = method + ["-H", "X-Mine: y"]
                    // A method of one's own is kept by curl whatever comes, unless it follows all.
                    if method.contains("PUT") && code < 307 { continue }
                    _ = try Tool("curl", ["-sS", "-L", "-o", "/dev/null"] + asked + [url])
                    let theirs = try seen(server)
                    asked = asked.map { $0 == "-d" ? "--body" : $0 }
                    let report = try load(url, asked + Self.one + ["--redirects", "5"])
                    let ours = try seen(server)
                    #expect(ours == theirs, "\(code) \(location) \(method)")
                    #expect(report.requests == 1 && report.redirects == 1)
                    #expect(report.codes.text == "200:1")
                }
            }
        }
    }

    @Test(
        "a request has one answer and one time, however many redirections it took",
        arguments: [
            ["-c", "3"], ["-c", "2", "-t", "2"], ["-c", "2", "--pipeline", "4"],
            ["-c", "4", "-R", "500"], ["-c", "2", "--keepalive", "off"],
            ["-c", "2", "--retry", "2"], ["-c", "2", "--write-shape", "head-then-body"],
        ])
    func hops(arguments: [String]) throws {
        let server = try PythonServer(Self.server)
        defer { server.stop() }
        let report = try load(
            "http://127.0.0.1:\(server.port)/hop/3",
            ["-n", "60", "--redirects", "3", "--timeout", "10s"] + arguments)
        #expect(report.requests == 60 && report.redirects == 180 && report.errors.total == 0)
        #expect(report.codes.text == "200:60" && report.latency.samples == 60)
        guard case .array(let asked) = try seen(server) else { throw TestFailure("no list") }
        #expect(asked.count == 240)
    }

    @Test(
        "what leads elsewhere, too far or round and round ends with its own code",
        arguments: [
            ("/hop/4", "3", 3, "302:1"), ("/a?code=302&to=http://127.0.0.1:1/", "5", 0, "302:1"),
            ("/a?code=302&to=/%20x", "5", 0, "302:1"), ("/a?code=304&to=/end", "5", 0, "304:1"),
            ("/a?code=300&to=/end", "5", 0, "300:1"), ("/hop/1", "0", 0, "302:1"),
            ("/a?code=301&to=/end&close=1", "5", 1, "200:1"),
            ("/a?code=308&to=%3Fcode%3D308%26to%3D/end", "9", 2, "200:1"),
        ])
    func ends(path: String, most: String, redirects: Int64, codes: String) throws {
        let server = try PythonServer(Self.server)
        defer { server.stop() }
        let report = try load(
            "http://127.0.0.1:\(server.port)\(path)", Self.one + ["--redirects", most])
        #expect(report.redirects == redirects && report.codes.text == codes, "\(report.codes)")
        #expect(report.requests == 1 && report.errors.total == 0)
    }

    @Test(
        "what it does not go with is one line",
        arguments: [
            ["--redirects", "2", "--protocol", "h2"], ["--redirects", "2", "--idempotency-key"],
            ["--redirects", "2", "--connection-rate", "10"], ["--redirects", "51"],
            ["--redirects", "2", "-R", "10", "--skew", "zipf:1"],
            ["--redirects", "2", "--mix", "{kinds: [{weight: 1, path: '/'}]}"],
        ])
    func refusals(arguments: [String]) throws {
        let tool = try Tool(
            try Programs.own("switchyard-load"), arguments + ["http://127.0.0.1:1/"])
        #expect(tool.status == 64 && tool.errors.split(separator: "\n").count == 1)
        #expect(tool.errors.contains("--redirects"), "\(tool.errors)")
    }
}
