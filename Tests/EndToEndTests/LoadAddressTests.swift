import Foundation
import Platform
import Report
import TestSupport
import Testing

@Suite("load: where connections go", .serialized)
struct LoadAddressTests {
    private static let ok = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
    private static let short = ["-c", "4", "-d", "100ms", "--warmup", "0s"]

    private static let loopback6 = SocketAddress.v6(0, 1, port: 0, scope: 0)
    static var hasLoopback6: Bool {
        (try? Socket.listen(on: loopback6, ListenOptions())) != nil
    }

    @Test(
        "a name is tried at all of its addresses, and the one used is told",
        .enabled(if: hasLoopback6, "there is no ::1"), arguments: [1, 2])
    func secondAddress(threads: Int) throws {
        let server = try RawServer(reply: Self.ok, at: Self.loopback6)
        let url = "http://localhost:\(server.port)/"
        let arguments = Self.short + ["-t", "\(threads)", url]
        let outcome = try LoadRun(["--json", "-"] + arguments).outcome()
        #expect(outcome.ending == .exited(0), "\(outcome)")
        let report = try outcome.report()
        #expect(report.requests > 0 && report.errors.total == 0)
        #expect(report.address == "[::1]:\(server.port)" && report.url == url)
        #expect(report.connectionsOpened == 4)
        #expect(outcome.errors.contains("\(url) (h1) at [::1]:\(server.port)\n"))
        let request = String(decoding: server.requests.first ?? [], as: UTF8.self)
        #expect(request.contains("\r\nHost: localhost:\(server.port)\r\n"))
    }

    @Test(
        "connections go to all addresses of a name by turns",
        .enabled(if: hasLoopback6, "there is no ::1"), arguments: [1, 2])
    func allAddresses(threads: Int) throws {
        let first = try RawServer(reply: Self.ok)
        // The same port at the other address.
        let second = try RawServer(
            reply: Self.ok, at: .v6(0, 1, port: first.port, scope: 0))
        let url = "http://localhost:\(first.port)/"
        let outcome = try LoadRun(
            ["--json", "-", "--addresses", "all", "-t", "\(threads)"] + Self.short + [url]
        ).outcome()
        #expect(outcome.ending == .exited(0), "\(outcome)")
        let report = try outcome.report()
        #expect(report.errors.total == 0)
        let addresses = (report.address ?? "").components(separatedBy: ", ")
        #expect(Set(addresses) == ["[::1]:\(first.port)", "127.0.0.1:\(first.port)"])
        #expect(!first.requests.isEmpty && !second.requests.isEmpty)
    }

    @Test("where one of all addresses refuses, it is named")
    func oneOfAll() throws {
        let server = try RawServer(reply: Self.ok)
        let outcome = try LoadRun(
            Self.short + ["--addresses", "all", "http://localhost:\(server.port)/"]
        ).outcome()
        // Where the name has no other address, nothing refuses.
        if outcome.ending == .exited(0) { return }
        #expect(outcome.ending == .exited(1) && outcome.isOneLine, "\(outcome)")
        #expect(outcome.errors.contains("[::1]:\(server.port)"), "\(outcome)")
    }

    @Test("where every address of a name refuses, each is told with its reason")
    func noAddress() throws {
        // A port that nobody listens on: of a server that has just gone.
        let port = try RawServer(reply: []).port
        let outcome = try LoadRun(Self.short + ["http://localhost:\(port)/"]).outcome()
        #expect(outcome.ending == .exited(1) && outcome.isOneLine, "\(outcome)")
        #expect(outcome.errors.contains("localhost at 127.0.0.1:\(port): Connection refused, "))
        #expect(outcome.errors.contains("[::1]:\(port): "))
    }

    @Test("an address that the URL names is not said twice")
    func numeric() throws {
        let server = try RawServer(reply: Self.ok)
        let outcome = try LoadRun(Self.short + ["http://127.0.0.1:\(server.port)/"]).outcome()
        #expect(outcome.output.contains("http://127.0.0.1:\(server.port)/ (h1)\n"), "\(outcome)")
    }

    @Test("source addresses choose the family, or the mistake is told")
    func sources() throws {
        let server = try RawServer(reply: Self.ok)
        let url = "http://localhost:\(server.port)/"
        let outcome = try LoadRun(
            ["--json", "-", "--source-ips", "127.0.0.7"] + Self.short + [url]
        ).outcome()
        #expect(try outcome.report().address == "127.0.0.1:\(server.port)")
        let refused = try LoadRun(
            ["--source-ips", "::1"] + Self.short + ["http://127.0.0.1:\(server.port)/"]
        ).outcome()
        #expect(refused.ending == .exited(64) && refused.isOneLine, "\(refused)")
        #expect(refused.errors.contains("can't be reached from --source-ips"))
    }

    @Test("a Unix socket is loaded, under the name that the URL has", arguments: [1, 300])
    func unixSocket(connections: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("socket")
        let server = try RawServer(reply: Self.ok, at: .unix(path: path))
        let outcome = try LoadRun([
            "--json", "-", "--unix-socket", path, "-c", "\(connections)", "-d", "100ms",
            "--warmup", "0s", "--nodelay", "off", "http://example.org/a?b",
        ]).outcome()
        #expect(outcome.ending == .exited(0), "\(outcome)")
        let report = try outcome.report()
        #expect(report.requests > 0 && report.errors.total == 0)
        #expect(report.address == "unix:\(path)")
        #expect(report.connectionsOpened == Int64(connections))
        #expect(outcome.errors.contains("http://example.org/a?b (h1) at unix:\(path)\n"))
        let request = String(decoding: server.requests.first ?? [], as: UTF8.self)
        #expect(request.hasPrefix("GET /a?b HTTP/1.1\r\nHost: example.org\r\n"))
    }

    @Test("a full queue of a Unix listener is waited for, as TCP does by itself")
    func fullQueue() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("socket")
        _ = try withExtendedLifetime(
            RawServer(reply: Self.ok, backlog: 1, at: .unix(path: path))
        ) { _ in
            let outcome = try LoadRun([
                "--json", "-", "--unix-socket", path, "-c", "60", "-d", "100ms", "--warmup", "0s",
                "--timeout", "60s", "http://a/",
            ]).outcome()
            #expect(outcome.ending == .exited(0), "\(outcome)")
            let report = try outcome.report()
            #expect(report.connectionsOpened == 60 && report.errors.total == 0)
        }
    }

    @Test("bytes of the command line that are no UTF-8 reach the wire as they are")
    func rawBytes() throws {
        let folder = try TemporaryFolder()
        let server = try RawServer(reply: Self.ok)
        // A Swift string can't hold such an argument; printf(1) can write it.
        let script = """
            cd "$1" || exit; byte=$(printf '\\351'); printf 'ab\\377\\r\\n\\r\\n' > "$byte"
            exec "$0" -c 1 -d 50ms --warmup 0s -H "X: $byte" -X PUT --body "$2$byte" \
                "http://127.0.0.1:\(server.port)/$byte?\u{301}"
            """
        for (sign, body) in [("@", [0x61, 0x62, 0xFF, 13, 10, 13, 10]), ("b\r\n\r\n", [])] {
            var child = try ChildProcess(
                SpawnOptions(
                    "/bin/sh",
                    ["-c", script, try Programs.own("switchyard-load"), folder.path, sign]))
            #expect(child.wait(timeout: TestLimit.hang)?.ending == .exited(0), "\(sign)")
            let head =
                Array("PUT /".utf8) + [0xE9] + Array("?\u{301} HTTP/1.1\r\n".utf8)
                + Array("Host: 127.0.0.1:\(server.port)\r\nX: ".utf8) + [0xE9]
            #expect(server.requests.contains { $0.starts(with: head) }, "\(sign)")
            // The server takes a body for the next request, up to an empty line.
            let content = body.isEmpty ? Array("b\r\n\r\n".utf8) : body.map { UInt8($0) }
            #expect(server.requests.contains { $0.starts(with: content) }, "\(sign)")
        }
    }

    @Test("a Unix socket that nobody listens on is one line")
    func noSocket() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("nothing")
        let outcome = try LoadRun(["--unix-socket", path, "http://localhost/"]).outcome()
        #expect(outcome.ending == .exited(1) && outcome.isOneLine, "\(outcome)")
        #expect(outcome.errors.contains("can't connect to \(path): No such file or directory"))
    }

    @Test(
        "what can't be reached says how it could",
        arguments: [
            (["unix:/run/app"], "give --unix-socket /run/app and a URL"),
            (["unix:///run/app"], "give --unix-socket /run/app and a URL"),
            (["http://unix:/run/app:/path"], "give --unix-socket /run/app and a URL"),
            (["http+unix://%2Frun%2Fapp/"], "--unix-socket"),
            (["--tls", "1.3", "http://127.0.0.1/"], "give a https:// URL"),
            (["HTTPS:/x"], "no // behind its scheme"),
            (["--unix-socket", "", "http://a/"], "--unix-socket path has 0 bytes"),
            (
                ["--unix-socket", String(repeating: "x", count: 108), "http://a/"],
                "--unix-socket path has 108 bytes"
            ),
            (
                ["--unix-socket", "/a", "--source-ips", "127.0.0.2", "http://a/"],
                "--source-ips has no meaning with --unix-socket"
            ),
        ] as [([String], String)])
    func usage(arguments: [String], reason: String) throws {
        let outcome = try LoadRun(arguments).outcome()
        #expect(outcome.ending == .exited(64) && outcome.isOneLine, "\(outcome)")
        #expect(outcome.errors.contains(reason), "\(outcome.errors)")
    }
}
