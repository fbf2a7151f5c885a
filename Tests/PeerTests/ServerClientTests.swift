import Basis
import Foundation
import Platform
import Serve
import TestSupport
import Testing

@Suite("server: foreign clients")
struct ServerClientTests {
    @Test(
        "curl", .enabled(if: Programs.isPresent("curl"), "curl is not installed"),
        arguments: bytePatterns)
    func curl(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let url = "http://127.0.0.1:\(server.port)"
        func curl(_ arguments: [String], input: String? = nil) throws -> String {
            let tool = try Tool("curl", ["-sS", "--max-time", "20"] + arguments, input: input)
            #expect(tool.status == 0 && tool.errors.isEmpty, "\(arguments): \(tool.errors)")
            return tool.output
        }
        #expect(try curl(["\(url)/plaintext"]) == "Hello, World!")
        #expect(try curl(["--http1.0", "\(url)/plaintext"]) == "Hello, World!")
        #expect(try curl(["--data", "abc=1", "\(url)/echo"]) == "abc=1")
        #expect(
            try curl(["-X", "POST", "-T", "-", "\(url)/echo"], input: "chunked body")
                == "chunked body")
        let head = try curl(["--head", "\(url)/bytes/5000000"])
        #expect(
            head.contains("HTTP/1.1 200 OK\r\n") && head.contains("Content-Length: 5000000\r\n"))
        // Three requests on one connection.
        let reused = try curl([
            "-w", "%{num_connects} ", "\(url)/wait?us=100", "\(url)/json", "\(url)/plaintext",
        ])
        #expect(reused == #"waited\#n1 {"message":"Hello, World!"}0 Hello, World!0 "#)
        #expect(
            try curl(["-o", "/dev/null", "-w", "%{size_download}", "\(url)/bytes/5000000"])
                == "5000000")
        #expect(
            try curl(["-o", "/dev/null", "-w", "%{http_code}", "\(url)/nowhere"]) == "404")
        // Above a megabyte curl waits for 100 Continue.
        let folder = try TemporaryFolder()
        try Data(repeating: 97, count: 2_000_000).write(to: URL(filePath: folder.file("body")))
        let verbose = try Tool(
            "curl",
            [
                "-sv", "--max-time", "20", "-H", "Expect: 100-continue", "--data-binary",
                "@\(folder.file("body"))", "-o", folder.file("echo"), "\(url)/echo",
            ])
        #expect(verbose.errors.contains("< HTTP/1.1 100 Continue"))
        #expect(try Data(contentsOf: URL(filePath: folder.file("echo"))).count == 2_000_000)
        #expect(try server.stop().requests == 11)
    }

    @Test(
        "wrk, without one error", .enabled(if: Programs.isPresent("wrk"), "wrk is not installed"),
        arguments: bytePatterns)
    func wrk(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let tool = try Tool(
            "wrk", ["-t1", "-c16", "-d1s", "http://127.0.0.1:\(server.port)/plaintext"])
        #expect(tool.status == 0, "\(tool.errors)")
        #expect(!tool.output.contains("Socket errors"), "\(tool.output)")
        #expect(!tool.output.contains("Non-2xx"), "\(tool.output)")
        let words = tool.output.split(separator: " ")
        let count = try #require(
            words.firstIndex(of: "requests").flatMap { Int(words[words.index(before: $0)]) })
        #expect(try server.stop().requests >= count)
    }

    @Test(
        "h2load, pipelining in HTTP/1.1",
        .enabled(if: Programs.isPresent("h2load"), "h2load is not installed"),
        arguments: bytePatterns)
    func h2load(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let url = "http://127.0.0.1:\(server.port)"
        for path in ["/plaintext", "/wait?us=500", "/bytes/20000"] {
            let tool = try Tool(
                "h2load", ["--h1", "-n", "2000", "-c", "10", "-m", "8", "\(url)\(path)"])
            #expect(tool.status == 0)
            #expect(
                tool.output.contains("status codes: 2000 2xx, 0 3xx, 0 4xx, 0 5xx"),
                "\(pattern)\(path): \(tool.output)")
            #expect(tool.output.contains("2000 succeeded, 0 failed, 0 errored, 0 timeout"))
        }
        #expect(try server.stop().requests == 6_000)
    }

    @Test(
        "python's http.client",
        .enabled(if: Programs.isPresent("python3"), "python3 is not installed"),
        arguments: bytePatterns)
    func python(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let script = """
            import http.client, sys
            c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
            def ask(*a, **k):
                c.request(*a, **k)
                r = c.getresponse()
                return r.status, r.read(), r.getheader("Content-Type")
            assert ask("GET", "/plaintext") == (200, b"Hello, World!", "text/plain")
            assert ask("GET", "/json")[2] == "application/json"
            assert ask("POST", "/echo", body=b"a" * 300000)[1] == b"a" * 300000
            chunks = (b"b" * n for n in range(1, 400))
            assert ask("POST", "/echo", body=chunks, encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})[1] == b"b" * (399 * 200)
            assert ask("HEAD", "/bytes/99") == (200, b"", "application/octet-stream")
            assert ask("PUT", "/json", body=b"x")[0] == 405
            assert ask("POST", "/payments", body=b"1", headers={"Idempotency-Key": "k"})[0] == 201
            assert ask("POST", "/payments", body=b"1", headers={"Idempotency-Key": "k"})[0] == 201
            assert ask("GET", "/wait?us=10")[1] == b"waited\\n"
            assert ask("GET", "/plaintext", headers={"Connection": "close"})[0] == 200
            print("done")
            """
        let tool = try Tool("python3", ["-c", script, "\(server.port)"])
        #expect(tool.output == "done\n" && tool.errors.isEmpty, "\(pattern): \(tool.errors)")
        let report = try server.stop()
        #expect(report.requests == 10 && report.accepted == 1)
    }

    @Test(
        "nginx in front", .enabled(if: Programs.isPresent("nginx"), "nginx is not installed"),
        arguments: bytePatterns)
    func nginx(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let proxy = try ReverseProxy(upstream: server.port)
        let client = try RawClient(path: proxy.socket)
        let body = String(repeating: "abc", count: 40_000)
        for _ in 0..<20 {
            #expect(try client.ask(HTTPText.get("/plaintext")).text == "Hello, World!")
            #expect(try client.ask(HTTPText.post("/echo", body)).text == body)
            #expect(try client.ask(HTTPText.chunked("/echo", ["a", "bc"])).text == "abc")
            #expect(try client.ask(HTTPText.get("/bytes/300000")).body.count == 300_000)
            #expect(try client.ask(HTTPText.get("/wait?us=100")).text == "waited\n")
            #expect(try client.ask(HTTPText.get("/nowhere")).status == 404)
        }
        try proxy.stop()
        #expect(try server.stop().requests == 120)
    }
}

/// nginx in a folder of its own, on a Unix socket, passing everything to a port.
private final class ReverseProxy {
    let socket: String
    private let folder: TemporaryFolder
    private var child: ChildProcess

    init(upstream port: UInt16) throws {
        let folder = try TemporaryFolder()
        socket = folder.file("proxy")
        let user = Programs.runAsRoot ? "user root;" : ""
        let configuration = """
            \(user) daemon off; worker_processes 1; pid \(folder.file("pid"));
            error_log \(folder.file("errors"));
            events { worker_connections 64; }
            http {
                access_log off;
                client_body_temp_path \(folder.file("body"));
                proxy_temp_path \(folder.file("proxied"));
                fastcgi_temp_path \(folder.file("f")); uwsgi_temp_path \(folder.file("u"));
                scgi_temp_path \(folder.file("s"));
                upstream tested { server 127.0.0.1:\(port); keepalive 4; }
                server {
                    listen unix:\(socket);
                    location / {
                        proxy_pass http://tested;
                        proxy_http_version 1.1;
                        proxy_request_buffering off;
                        proxy_set_header Connection "";
                    }
                }
            }
            """
        try configuration.write(toFile: folder.file("conf"), atomically: true, encoding: .utf8)
        let path = try #require(Programs.found("nginx"), "nginx is not installed")
        var options = SpawnOptions(path, ["-p", folder.path, "-c", folder.file("conf")])
        options.standardError = .discarded
        self.folder = folder
        child = try ChildProcess(options)
        let path2 = socket
        guard TestClock.eventually({ (try? RawClient(path: path2)) != nil }) else {
            let log = try? String(contentsOfFile: folder.file("errors"), encoding: .utf8)
            throw TestFailure("nginx does not listen: \(log ?? "no log")")
        }
    }

    func stop() throws {
        child.terminate()
        let end = child.wait(timeout: TestLimit.hang)
        #expect(end?.ending == .exited(0))
    }
}
