import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

/// TCP Fast Open and the ways in which connections end, in a network of their own: with a setting
/// that lets them, no cookies from before and counts of nobody else.
@Suite("load: fast open", .serialized)
struct FastOpenRunTests {
    /// What a run of both programs came to.
    private struct Outcome {
        let load: LoadReport
        let server: TestSupport.ServerReport
        /// TcpExt of /proc/net/netstat behind it.
        let counters: [String: Int]
        /// Sockets in TIME_WAIT behind it.
        let waiting: Int
        let text: String
    }

    /// Server and generator on the loopback of one side of a link.
    private static func run(
        _ load: [String], server: [String] = [], before: String = "", host: String = "127.0.0.1",
        url: String = "http://127.0.0.1:8080/plaintext"
    ) throws -> Outcome {
        let folder = try TemporaryFolder()
        let places = load.contains("-c") ? "" : "-c 16"
        try script(
            """
            \(before)
            "$1" --listen '\(host):8080' --threads 2 \(server.joined(separator: " ")) > server &
            server=$!
            until grep -q ready server; do sleep 0.02; done
            "$2" --warmup 0s -d 400ms \(places) \(load.joined(separator: " ")) --json report \
                '\(url)' > text 2>&1
            kill $server; wait $server
            cat /proc/net/tcp /proc/net/tcp6 > sockets
            grep '^TcpExt:' /proc/net/netstat > counters
            """, in: folder)
        let table = try lines(folder, "counters").map { $0.split(separator: " ").dropFirst() }
        try #require(table.count == 2)
        let counters = Dictionary(
            uniqueKeysWithValues: zip(table[0].map(String.init), table[1].compactMap { Int($0) }))
        let text = try lines(folder, "text").joined(separator: "\n")
        let report = try? String(contentsOfFile: folder.file("report"), encoding: .utf8)
        return Outcome(
            load: try LoadReport(
                json: JSONValue(parsing: try #require(report, "\(text)"))),
            server: try TestSupport.ServerReport(line: try lines(folder, "server").last ?? ""),
            counters: counters,
            waiting: try lines(folder, "sockets").count { line in
                let columns = line.split(separator: " ")
                return columns.count > 3 && columns[3] == "06"
            },
            text: text)
    }

    private static func lines(_ folder: TemporaryFolder, _ name: String) throws -> [String] {
        try String(contentsOfFile: folder.file(name), encoding: .utf8).split(separator: "\n")
            .map(String.init)
    }

    private static func script(_ text: String, in folder: TemporaryFolder) throws {
        try LinkRun.require()
        let outcome = try LinkRun.run(
            ["--rtt", "0s", "-q", "--", "/bin/sh", "-euc", text, "sh"]
                + [
                    try Programs.own("switchyard-server"), try Programs.own("switchyard-load"),
                    folder.path,
                ], in: folder.path)
        guard outcome.status == 0 else { throw TestFailure("\(outcome)") }
    }

    private static let loads =
        [
            (["--connection-rate", "200"], [], "http://127.0.0.1:8080/plaintext"),
            (
                ["--connection-rate", "200", "--requests-per-connection", "3", "--protocol", "h2"],
                [],
                "http://127.0.0.1:8080/plaintext"
            ),
            (["--connection-rate", "200"], [], "ws://127.0.0.1:8080/ws"),
            (
                ["--connection-rate", "100", "-k"], ["--tls", "self-signed"],
                "https://127.0.0.1:8080/plaintext"
            ),
            (
                ["--requests-per-connection", "2", "-c", "4"], ["--pattern", "readers:direct"],
                "http://127.0.0.1:8080/plaintext"
            ),
            (
                ["--requests-per-connection", "2", "-c", "4", "-k"],
                ["--tls", "self-signed", "--pattern", "acceptors:blocking"],
                "https://127.0.0.1:8080/plaintext"
            ),
        ] as [([String], [String], String)]

    @Test("SYNs carry data, as both ends and the kernel count them", arguments: loads)
    func counted(load: [String], server: [String], url: String) throws {
        let outcome = try Self.run(
            ["--fastopen", "on"] + load, server: ["--fastopen", "on"] + server, url: url)
        let report = outcome.load
        #expect(report.errors.total == 0, "\(outcome.text)")
        let (accepted, missed) =
            (report.handshakes.fastOpenAccepted, report.handshakes.fastOpenMissed)
        #expect(accepted > 10 && missed <= 4, "\(outcome.text)")
        #expect(report.opensFast && (missed > 1 || report.fastOpenMiss == nil))
        // A closed loop ends with connections of which one end has not heard any more.
        let cut: Int64 = load.contains("-c") ? 4 : 0
        let active = Int64(outcome.counters["TCPFastOpenActive"] ?? 0)
        let passive = Int64(outcome.counters["TCPFastOpenPassive"] ?? 0)
        let served = Int64(outcome.server.sum(\.fastopenAccepted))
        #expect((0...cut).contains(active - accepted), "\(active) \(accepted)")
        #expect((0...cut).contains(passive - served), "\(passive) \(served)")
        #expect((0...cut).contains(abs(served - accepted)), "\(served) \(accepted)")
        // One may ask for the cookie before there is something to send.
        let missedThere = Int64(outcome.server.sum(\.fastopenMissed))
        #expect((missed...missed + 1 + cut).contains(missedThere), "\(missedThere)")
        #expect(outcome.text.contains("fast open"))
    }

    @Test("IPv6 does so, too")
    func sixth() throws {
        let outcome = try Self.run(
            ["--fastopen", "on", "--connection-rate", "100", "--source-ips", "::1"],
            server: ["--fastopen", "on"],
            before: """
                echo 0 > /proc/sys/net/ipv6/conf/lo/disable_ipv6
                until grep -q 00000001 /proc/net/if_inet6; do sleep 0.02; done
                """, host: "[::1]", url: "http://[::1]:8080/plaintext")
        #expect(outcome.load.errors.total == 0, "\(outcome.text)")
        #expect(outcome.load.handshakes.fastOpenAccepted == 40)
    }

    @Test("a server that takes none is a miss each time, and the report says so")
    func missed() throws {
        let outcome = try Self.run(["--fastopen", "on", "--connection-rate", "100"])
        #expect(outcome.load.handshakes.fastOpenAccepted == 0)
        #expect(outcome.load.handshakes.fastOpenMissed == 40)
        #expect(outcome.load.errors.total == 0)
        #expect(outcome.load.warnings.contains { $0.contains("40 of 40 SYNs carried no data") })
        #expect(outcome.server.sum(\.fastopenAccepted) + outcome.server.sum(\.fastopenMissed) == 0)
    }

    @Test("nobody there is a failed connect, also with a cookie")
    func refused() throws {
        let folder = try TemporaryFolder()
        try Self.script(
            """
            "$1" --listen 127.0.0.1:8080 --fastopen on > server &
            server=$!
            until grep -q ready server; do sleep 0.02; done
            ("$2" --fastopen on --connection-rate 100 -d 2s --warmup 0s --json report \
                http://127.0.0.1:8080/ > text 2>&1 || true) &
            load=$!
            sleep 1; kill $server; wait $server; wait $load
            """, in: folder)
        let text = try String(contentsOfFile: folder.file("report"), encoding: .utf8)
        let report = try LoadReport(json: JSONValue(parsing: text))
        #expect(report.errors.connect > 20 && report.errors.write == 0, "\(report.errors)")
        #expect(report.errors.handshake == 0 && report.errors.read <= 2)
        #expect(report.firstFailure?.phase == .connect)
        #expect(report.firstFailure?.reason.contains("Connection refused") == true)
        #expect(report.verdictReasons.contains { $0.contains("connections failed") })
    }

    @Test("a reset leaves nothing in TIME_WAIT, an end in order does", arguments: [true, false])
    func closing(resets: Bool) throws {
        let outcome = try Self.run(
            ["--connection-rate", "200", "--close", resets ? "reset" : "fin"])
        #expect(outcome.load.errors.total == 0 && outcome.load.requests == 80)
        #expect(resets ? outcome.waiting == 0 : outcome.waiting > 40, "\(outcome.waiting)")
    }

    @Test("without a free port a connection fails and says why")
    func ports() throws {
        let outcome = try Self.run(
            ["--connection-rate", "200"],
            before: "echo '40000 40019' > /proc/sys/net/ipv4/ip_local_port_range")
        #expect(outcome.load.errors.connect > 20)
        #expect(
            outcome.load.firstFailure?.reason.contains("no source port is free") == true,
            "\(outcome.text)")
        let reset = try Self.run(
            ["--connection-rate", "200", "--close", "reset"],
            before: "echo '40000 40019' > /proc/sys/net/ipv4/ip_local_port_range")
        #expect(reset.load.errors.total == 0, "\(reset.text)")
    }

    @Test(
        "curl's SYN brings its request to the server",
        .enabled(if: Programs.isPresent("curl"), "curl is not installed"))
    func curl() throws {
        let folder = try TemporaryFolder()
        try Self.script(
            """
            "$1" --listen 127.0.0.1:8080 --fastopen on > server &
            server=$!
            until grep -q ready server; do sleep 0.02; done
            for i in 1 2 3; do
                curl -s --tcp-fastopen http://127.0.0.1:8080/plaintext > reply-$i
            done
            kill $server; wait $server
            cat reply-1 reply-2 reply-3 > replies
            """, in: folder)
        let server = try TestSupport.ServerReport(line: try Self.lines(folder, "server").last ?? "")
        #expect(server.requests == 3 && server.sum(\.fastopenAccepted) == 2)
        #expect(server.sum(\.fastopenMissed) == 1)
        let replies = try String(contentsOfFile: folder.file("replies"), encoding: .utf8)
        #expect(replies == String(repeating: "Hello, World!", count: 3))
    }

    @Test(
        "nginx takes what our SYNs carry",
        .enabled(if: Programs.isPresent("nginx"), "nginx is not installed"))
    func nginx() throws {
        let folder = try TemporaryFolder()
        try """
        \(Programs.runAsRoot ? "user root;" : "") daemon off; worker_processes 1;
        pid \(folder.file("pid")); error_log \(folder.file("errors"));
        events { worker_connections 64; }
        http {
            access_log off;
            client_body_temp_path \(folder.file("b")); proxy_temp_path \(folder.file("p"));
            fastcgi_temp_path \(folder.file("f")); uwsgi_temp_path \(folder.file("u"));
            scgi_temp_path \(folder.file("s"));
            server { listen 127.0.0.1:8080 fastopen=256; return 200 "hello"; }
        }
        """.write(toFile: folder.file("conf"), atomically: true, encoding: .utf8)
        try Self.script(
            """
            nginx -p "$3" -c conf &
            server=$!
            until grep -q ':1F90 .* 0A ' /proc/net/tcp; do sleep 0.02; done
            "$2" --fastopen on --connection-rate 200 --warmup 0s -d 300ms --json report \
                http://127.0.0.1:8080/ > text 2>&1
            kill $server; wait $server
            grep '^TcpExt:' /proc/net/netstat > counters
            """, in: folder)
        let text = try String(contentsOfFile: folder.file("report"), encoding: .utf8)
        let report = try LoadReport(json: JSONValue(parsing: text))
        #expect(report.requests == 60 && report.errors.total == 0)
        #expect(report.handshakes.fastOpenAccepted == 60 && report.handshakes.fastOpenMissed == 0)
    }

    @Test("a machine that lets no SYN carry data is told so with the setting")
    func forbidden() throws {
        let folder = try TemporaryFolder()
        try Self.script(
            """
            echo 0 > /proc/sys/net/ipv4/tcp_fastopen
            "$1" --listen 127.0.0.1:0 --fastopen on > server 2>&1 || echo $? >> server
            "$2" --fastopen on --connection-rate 9 http://127.0.0.1:1/ > load 2>&1 \
                || echo $? >> load
            """, in: folder)
        #expect(
            try Self.lines(folder, "server") == [
                "switchyard-server: --fastopen: net.ipv4.tcp_fastopen is 0 here, without the bit 2"
                    + " of the server; run: sysctl net.ipv4.tcp_fastopen=3, or leave it out", "1",
            ])
        #expect(
            try Self.lines(folder, "load") == [
                "switchyard-load: --fastopen: net.ipv4.tcp_fastopen is 0 here, without the bit 1"
                    + " of the client; run: sysctl net.ipv4.tcp_fastopen=3, or leave it out", "1",
            ])
    }

    @Test(
        "Fast Open that can't be is refused in one line",
        arguments: [
            (["--fastopen", "on", "--unix-socket", "/a", "http://a/"], "no meaning with --unix"),
            (["--fastopen", "on", "-R", "5", "http://127.0.0.1:1/"], "means nothing with --rate"),
            (["--fastopen", "perhaps", "http://127.0.0.1:1/"], "--fastopen"),
            (["--close", "slam", "http://127.0.0.1:1/"], "--close"),
            (
                ["--connection-rate", "5", "--rate", "5", "http://127.0.0.1:1/"],
                "--rate and --connection-rate are two loads"
            ),
            (
                ["--subscribe", "--connection-rate", "5", "http://127.0.0.1:1/sse?topic=a"],
                "--connection-rate means nothing to a subscriber"
            ),
        ] as [([String], String)])
    func usage(arguments: [String], reason: String) throws {
        let outcome = try LoadRun(arguments).outcome()
        #expect(outcome.ending == .exited(64) && outcome.isOneLine, "\(outcome)")
        #expect(outcome.errors.contains(reason), "\(outcome.errors)")
    }
}
