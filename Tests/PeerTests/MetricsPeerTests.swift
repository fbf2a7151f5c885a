import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

/// Metrics of server and generator, as promtool reads them.
@Suite("metrics", .serialized)
struct MetricsPeerTests {
    /// What an address says of itself, checked by promtool.
    private func scrape(_ address: SocketAddress) throws -> [String: Double] {
        let tool = try Tool("curl", ["-sS", "--fail", "http://\(address)/metrics"])
        #expect(tool.status == 0, "\(tool.errors)")
        if Programs.isPresent("promtool") {
            let check = try Tool("promtool", ["check", "metrics"], input: tool.output)
            #expect(check.status == 0, "\(check.output)\(check.errors)\n\(tool.output)")
            #expect(check.output.isEmpty && check.errors.isEmpty, "\(check.output)\(check.errors)")
        } else {
            #expect(ProcessInfo.processInfo.environment["CI"] == nil, "promtool is not installed")
        }
        var samples: [String: Double] = [:]
        for line in tool.output.split(separator: "\n") where !line.hasPrefix("#") {
            let space = try #require(line.lastIndex(of: " "), "\(line)")
            let name = String(line[..<space])
            #expect(samples[name] == nil, "told twice: \(name)")
            samples[name] = Double(line[line.index(after: space)...])
        }
        return samples
    }

    private func sum(_ samples: [String: Double], _ name: String) -> Double {
        samples.filter { $0.key == name || $0.key.hasPrefix(name + "{") }.values.reduce(0, +)
    }

    @Test(
        "a server tells what its threads and processes have counted",
        arguments: [
            "single", "sharded:hash", "thread-per-connection", "prefork", "balanced:shared",
            "proactor",
        ])
    func server(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--metrics", "127.0.0.1:0"])
        let address = try #require(server.metrics)
        let before = try scrape(address)
        #expect(sum(before, "switchyard_server_requests_total") == 0)
        let client = try server.connect()
        for _ in 0..<20 {
            _ = try client.ask("GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        let after = try scrape(address)
        #expect(sum(after, "switchyard_server_requests_total") == 20)
        #expect(sum(after, "switchyard_server_accepted_total") == 1)
        #expect(sum(after, "switchyard_server_syscalls_total") > 0 || pattern == "proactor")
        #expect(sum(after, "switchyard_server_threads") >= 1)
        #expect(sum(after, "switchyard_server_process_cpu_seconds_total") > 0)
        let rss = sum(after, "switchyard_server_process_resident_peak_bytes")
        #expect(rss > 1e6 && rss < 1e10)
        let last = try server.stop()
        #expect(last.requests == 20)
    }

    @Test("a generator tells what it has measured so far")
    func load() throws {
        let server = try ServerUnderTest("single")
        let mix = """
            {kinds: [{name: 'there', weight: 1, path: '/plaintext'},
                {name: 'gone', weight: 1, path: '/nowhere'}]}
            """
        // Its messages and its report come the same way, to be read as they come.
        var child = try ChildProcess(
            SpawnOptions(
                "/bin/sh",
                [
                    "-c", "exec \"$0\" \"$@\" 2>&1", try Programs.own("switchyard-load"),
                    "--metrics", "127.0.0.1:0", "-q", "-c", "4", "-R", "400", "--warmup", "0s",
                    "-d", "60s", "--json", "-", "--mix", mix, "http://127.0.0.1:\(server.port)/",
                ]))
        defer { child.killNow() }
        let line = child.nextLine(timeout: TestLimit.hang) ?? ""
        let match = line.wholeMatch(of: /metrics at http:\/\/(.*)\/metrics/)
        let place = try #require(match, "\(line)")
        let address = try SocketAddress(parsing: String(place.1))
        var samples: [String: Double] = [:]
        // It tells what it knows each second.
        for _ in 0..<600 where (samples["switchyard_load_response_seconds_count"] ?? 0) < 200 {
            samples = try scrape(address)
            blockThread(for: .milliseconds(100))
        }
        let succeeded = samples["switchyard_load_answers_total{code=\"200\"}"] ?? 0
        let refused = samples["switchyard_load_answers_total{code=\"404\"}"] ?? 0
        #expect(succeeded > 0 && refused > 0)
        #expect(samples["switchyard_load_errors_total{kind=\"status\"}"] == refused)
        for name in ["response_seconds", "service_seconds"] {
            let name = "switchyard_load_\(name)"
            #expect(samples["\(name)_count"] == succeeded)
            #expect(samples["\(name)_bucket{le=\"+Inf\"}"] == succeeded)
            #expect(samples["\(name)_sum"] ?? 0 > 0)
            let buckets = samples.filter { $0.key.hasPrefix("\(name)_bucket") }.map { key, value in
                (bound: Double(key.split(separator: "\"")[1]) ?? .infinity, count: value)
            }.sorted { $0.bound < $1.bound }
            #expect(buckets.count == 20)
            for (lower, higher) in zip(buckets, buckets.dropFirst()) {
                #expect(lower.count <= higher.count)
            }
        }
        #expect(samples["switchyard_load_target_rate"] == 400)
        child.interrupt()
        let report = try LoadReport(
            json: JSONValue(parsing: child.remainingOutput(timeout: TestLimit.hang)))
        #expect(Double(report.requests) >= succeeded)
        _ = try server.stop()
    }

    @Test(
        "what is no scrape is answered, and ends nothing",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "404", false),
            ("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "200", false),
            ("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", "4", true),
            ("DELETE /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "405", false),
            ("GET /metrics HTTP/1.0\r\n\r\n", "200", true),
            ("GET /metrics HTTP/1.1\r\n\r\n", "400", true),
            ("\u{16}\u{3}\u{1}\u{0}\r\n\r\n", "400", true),
            ("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200", true),
        ])
    func strangers(request: String, status: String, closes: Bool) throws {
        let server = try ServerUnderTest("single", ["--metrics", "127.0.0.1:0"])
        let address = try #require(server.metrics)
        let peer = try RawClient(to: address)
        try peer.send(request)
        let isHead = request.hasPrefix("HEAD")
        let reply = try peer.reply(toHead: isHead)
        #expect("\(reply.status)".hasPrefix(status), "\(reply.status)")
        #expect(isHead == reply.body.isEmpty)
        if closes {
            #expect(try peer.endsSilently())
        } else {
            #expect(
                try peer.ask("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        }
        _ = try scrape(address)
        _ = try server.stop()
    }

    @Test("peers that ask nothing, or without an end, keep nobody out")
    func hostile() throws {
        let server = try ServerUnderTest("single", ["--metrics", "127.0.0.1:0"])
        let address = try #require(server.metrics)
        var silent: [RawClient] = []
        for _ in 0..<40 { silent.append(try RawClient(to: address)) }
        for peer in silent.suffix(5) { try peer.send("GET /metr") }
        let endless = try RawClient(to: address)
        try? endless.send("GET /metrics HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 3_000))
        let samples = try scrape(address)
        #expect(sum(samples, "switchyard_server_accepted_total") == 0)
        _ = try server.stop()
    }

    @Test("an address that can't be had is one line, of both programs")
    func taken() throws {
        let server = try ServerUnderTest("single", ["--metrics", "127.0.0.1:0"])
        let address = try #require(server.metrics)
        for (name, more) in [
            ("switchyard-server", ["--listen", "127.0.0.1:0"]),
            ("switchyard-load", ["-q", "-d", "100ms", "http://127.0.0.1:\(server.port)/"]),
        ] {
            for (text, status) in [("\(address)", Int32(1)), ("nowhere", 64), ("1.2.3.4", 64)] {
                let tool = try Tool(try Programs.own(name), ["--metrics", text] + more)
                #expect(tool.status == status, "\(name) \(text): \(tool.errors)")
                #expect(tool.errors.split(separator: "\n").count == 1, "\(tool.errors)")
            }
        }
        _ = try server.stop()
    }
}
