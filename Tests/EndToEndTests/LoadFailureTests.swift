import Basis
import Foundation
import Glibc
import Measure
import Platform
import Report
import Serve
import TestSupport
import Testing

/// Servers that die, stop or talk nonsense, and command lines that mean nothing.
@Suite("load: failures", .serialized)
struct LoadFailureTests {
    @Test("a server that is killed costs errors, not the run")
    func killed() throws {
        let folder = try TemporaryFolder()
        let control = folder.file("control")
        let server = try ServerUnderTest("sharded:hash", ["--control", control])
        let run = try server.startLoad("/plaintext", ["-R", "500", "-d", "1500ms"])
        try server.awaitRequests(control)
        TestClock.sleep(.milliseconds(200))
        kill(server.process.id, SIGKILL)
        let outcome = try run.outcome()
        let report = try outcome.report()
        #expect(outcome.ending == .exited(0))
        // A request that ran out of time stays among the latencies, at the age it had reached.
        #expect(report.requests > 0)
        #expect(report.latency.samples == report.requests + report.errors.timeout)
        // The connections in use break; those tried after them are refused, but for one that may
        // come while the kernel still takes the listeners away.
        #expect(report.errors.connect > 0, "\(report.errors)")
        #expect(report.verdict == .errors && !report.verdictReasons.isEmpty)
        #expect((4...8).contains(report.connectionsOpened))
    }

    @Test("a server that stands still times out, and is served again when it goes on")
    func stopped() throws {
        let folder = try TemporaryFolder()
        let control = folder.file("control")
        let server = try ServerUnderTest("sharded:hash", ["--control", control])
        let run = try server.startLoad(
            "/plaintext", ["-R", "200", "-d", "2s", "--timeout", "200ms"])
        try server.awaitRequests(control)
        server.pause()
        TestClock.sleep(.milliseconds(700))
        server.proceed()
        let outcome = try run.outcome()
        let report = try outcome.report()
        #expect(outcome.ending == .exited(0))
        #expect(report.errors.timeout > 0, "\(report.errors)")
        #expect(report.errors.protocol == 0 && report.errors.status == 0)
        // Those that ran out of time stay among the latencies, with no less than the limit.
        #expect(report.latency.samples == report.requests + report.errors.timeout)
        #expect(report.latency.max >= .milliseconds(200))
        // A connection whose answer is given up is replaced.
        #expect(report.connectionsOpened > 4)
        // Every request that was due is one thing or the other. The connects that failed are no
        // requests.
        let failed = report.errors.total - report.errors.connect
        #expect(report.requests > 0 && report.requests + failed >= 400, "\(report.errors)")
        _ = try server.stop()
    }

    /// A server of one reply, which it gives to whatever comes, and may then close.
    private static let nonsense = """
        import socket, sys, threading
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        print(listener.getsockname()[1], flush=True)
        reply = sys.argv[1].encode("latin-1").decode("unicode_escape").encode("latin-1")
        def serve(peer):
            try:
                while peer.recv(65536):
                    peer.sendall(reply)
                    if sys.argv[2] == "close":
                        peer.close()
                        return
            except OSError:
                pass
        while True:
            peer, _ = listener.accept()
            threading.Thread(target=serve, args=(peer,), daemon=True).start()
        """

    /// What the generator must make of a reply.
    enum Kind: Sendable { case protocolError, readError }

    @Test(
        "nonsense is an error of its kind, and never a success",
        .enabled(if: Programs.isPresent("python3"), "python3 is not installed"),
        arguments: [
            (#"what?\r\n\r\n"#, "keep", Kind.protocolError),
            (#"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n"#, "keep", .protocolError),
            (#"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"#, "keep", .protocolError),
            (
                #"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"#, "keep",
                .protocolError
            ),
            (#"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"#, "close", .readError),
            ("", "close", .readError),
        ])
    func nonsense(reply: String, ending: String, kind: Kind) throws {
        let python = try #require(Programs.found("python3"))
        var options = SpawnOptions(python, ["-c", Self.nonsense, reply, ending])
        options.standardError = .discarded
        var child = try ChildProcess(options)
        let line = child.nextLine(timeout: TestLimit.hang)
        let port = try #require(line.flatMap { UInt16($0) })
        let outcome = try LoadRun([
            "--json", "-", "-c", "4", "-d", "200ms", "--warmup", "0s", "http://127.0.0.1:\(port)/",
        ]).outcome()
        let report = try outcome.report()
        // Nothing was measured but failures.
        #expect(outcome.ending == .exited(1), "\(reply): \(outcome.errors)")
        #expect(report.firstFailure?.phase == (kind == .protocolError ? .protocol : .read))
        #expect(outcome.errors.contains("\nfirst failure  "))
        #expect(report.requests == 0 && report.latency.samples == 0, "\(reply)")
        #expect(report.verdict == .errors)
        let count = kind == .protocolError ? report.errors.protocol : report.errors.read
        #expect(count > 0, "\(reply): \(report.errors)")
        let others = report.errors.total - count - report.errors.connect
        #expect(others == 0, "\(reply): \(report.errors)")
        child.killNow()
    }

    @Test(
        "what a client must take is no failure",
        arguments: [
            "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200\nContent-Length: 2\n\nok",
            "HTTP/1.1 200 OK\r\n\(String(repeating: "X: y\r\n", count: 40_000))"
                + "Content-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\r\n",
        ])
    func tolerance(reply: String) throws {
        let server = try RawServer(reply: Array(reply.utf8))
        let outcome = try LoadRun([
            "--json", "-", "-c", "2", "-d", "100ms", "--warmup", "0s", "--timeout", "60s",
            "http://127.0.0.1:\(server.port)/",
        ]).outcome()
        let report = try outcome.report()
        #expect(outcome.ending == .exited(0), "\(outcome.errors)")
        #expect(report.requests > 0 && report.errors.total == 0, "\(report.errors)")
        #expect(report.bodyBytes == 2 * report.requests && report.firstFailure == nil)
    }

    @Test("a server that redirects everything is seen to")
    func redirection() throws {
        let reply = "HTTP/1.1 302 Found\r\nLocation: /login?a=b\r\nContent-Length: 0\r\n\r\n"
        let server = try RawServer(reply: Array(reply.utf8))
        let outcome = try LoadRun([
            "--json", "-", "-c", "2", "-d", "100ms", "--warmup", "0s",
            "http://127.0.0.1:\(server.port)/",
        ]).outcome()
        let report = try outcome.report()
        #expect(report.location == "/login?a=b" && report.statuses.redirect3xx == report.requests)
        #expect(outcome.errors.contains("\nanswers        302: \(report.requests) (100.00%)\n"))
        #expect(outcome.errors.contains(": the first leads to /login?a=b\n"))
    }

    @Test("a server that greets is never measured by its greeting")
    func greeting() throws {
        let ok = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
        let server = try RawServer(reply: ok, greeting: ok)
        let outcome = try LoadRun([
            "--json", "-", "-c", "2", "-d", "300ms", "--warmup", "0s",
            "http://127.0.0.1:\(server.port)/",
        ]).outcome()
        let report = try outcome.report()
        #expect(report.errors.total >= report.errors.protocol && report.errors.protocol > 0)
        #expect(report.firstFailure?.reason == "the server sent what no request had asked for")
        #expect(report.verdict == .errors)
    }

    @Test("nobody listening is one line")
    func refused() throws {
        // The server holds its port on 127.0.0.1 only, which keeps it free on other addresses.
        let server = try ServerUnderTest("single")
        let outcome = try LoadRun(["-d", "1s", "http://127.0.0.9:\(server.port)/"]).outcome()
        #expect(outcome.ending == .exited(1) && outcome.isOneLine, "\(outcome)")
        #expect(outcome.errors.contains("can't connect to 127.0.0.9:\(server.port)"))
        _ = try server.stop()
    }

    @Test("too few descriptors are told at once, with the remedy")
    func descriptors() throws {
        let server = try ServerUnderTest("single")
        let url = "http://127.0.0.1:\(server.port)/plaintext"
        let outcome = try LoadRun(["-c", "64", "-d", "1s", url], descriptorLimit: 20).outcome()
        #expect(outcome.ending == .exited(1) && outcome.isOneLine, "\(outcome)")
        #expect(outcome.errors.contains("limit is 20") && outcome.errors.contains("ulimit -n "))
        #expect(try server.stop().accepted == 0)
    }

    @Test(
        "a command line that means nothing is one line, with what to do instead",
        arguments: [
            ([], "no URL"), (["a", "b"], "more than one URL"),
            (["ftp://127.0.0.1/"], "scheme ftp"), (["http://me@127.0.0.1/"], "user name"),
            (["http://127.0.0.1:99999/"], "no port"), (["http://[::1/"], "no ]"),
            (["http:///"], "no host"), (["-c", "0", "h"], "--connections '0'"),
            (["-c", "2", "-t", "4", "h"], "2 connections can't be shared by 4"),
            (["-d", "5parsecs", "h"], "--duration"), (["-R", "0", "h"], "--rate '0'"),
            (["-R", "1G", "h"], "--rate 1.00G"), (["--arrivals", "poisson", "h"], "closed loop"),
            (["-R", "1", "--arrivals", "never", "h"], "constant, poisson"),
            (["--spin", "h"], "closed loop"), (["--protocol", "h9", "h"], "did you mean h1"),
            (["--slo", "p99<5", "h"], "no time with a unit"),
            (["--slo", "speed<5ms", "h"], "'speed'"), (["--slo", "p99", "h"], "compares nothing"),
            (["--json", "-", "--csv", "-", "h"], "two outputs on -"),
            (["--conections", "4", "h"], "did you mean --connections"),
            (["-H", "nocolon", "h"], "'nocolon'"), (["-X", "G@T", "h"], "'G@T'"),
            (["--pipeline", "0", "h"], "--pipeline '0'"), (["--timeout", "0s", "h"], "--timeout"),
            (["--source-ips", "300.1.1.1", "h"], "--source-ips"),
            (["--cpus", "x", "h"], "CPU list 'x'"), (["--nodelay", "maybe", "h"], "on or off"),
            (["--seed", "x", "h"], "--seed 'x'"), (["-d"], "duration"),
        ] as [([String], String)])
    func usage(arguments: [String], reason: String) throws {
        let outcome = try LoadRun(arguments).outcome()
        #expect(outcome.ending == .exited(64), "\(arguments): \(outcome)")
        #expect(outcome.isOneLine && outcome.errors.contains(reason), "\(outcome.errors)")
    }
}
