import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

/// Runs against servers that stand already: this project's own, and one of Python's library.
@Suite("runner: servers that run already", .serialized)
struct OutsideRunTests {
    /// Answers with the length and the path that were asked for.
    private static let python = """
        import http.server, socketserver
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                body = self.path.encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *words): pass
        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            disable_nagle_algorithm = True
        server = Server(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    private static let plots = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "plots").path

    private struct PythonServer: ~Copyable {
        let port: UInt16
        private(set) var child: ChildProcess

        init(on cpus: CPUSet? = .ofParent) throws {
            var options = SpawnOptions("python3", ["-SEc", OutsideRunTests.python])
            options.cpus = cpus
            var child = try ChildProcess(options)
            let line = child.nextLine(timeout: TestLimit.hang) ?? ""
            guard let port = UInt16(line) else { throw TestFailure("no port: \(line)") }
            self.port = port
            self.child = child
        }

        mutating func end() {
            child.killNow()
            _ = child.wait(timeout: TestLimit.hang)
        }
    }

    private static func matrix(_ servers: [String], duration: String = "1s") -> String {
        """
        {
          defaults: {connections: 4, rate: 500, warmup: "50ms", duration: "\(duration)"},
          axes: {server: [\(servers.joined(separator: ", "))]},
        }
        """
    }

    private static func row(_ table: CSVTable, of server: String) throws -> Int {
        try #require(table.rows.indices.first { table.field($0, "server") == server })
    }

    @Test("figures of the server come from the agent, and without it there are none, not zeros")
    func whole() throws {
        let server = try ServerUnderTest("sharded:hash")
        var python = try PythonServer()
        let runner = try Runner(
            Self.matrix([
                "{name: 'own', measure: 'local', url: 'http://127.0.0.1:\(server.port)/plaintext'}",
                "{name: 'bare', url: '127.0.0.1:\(server.port)/bytes/100'}",
                "{name: 'python', measure: 'local',"
                    + " url: 'http://localhost:\(python.port)/abc?d=e'}",
            ]))
        let ending = try runner.run(["run", "-q", "--repeat", "2", "tiny.json5"])
        let runs = try CSVTable(parsing: try runner.text("runs.csv"))
        #expect(runs.rows.count == 6, "\(ending.errors)")
        #expect(
            ending.errors.contains("what server bare used was not measured: give `measure`"),
            "\(ending.errors)")
        #expect(!ending.errors.contains("server own used"))
        for record in try runner.records() {
            #expect(record.failure == nil, "\(record.failure ?? "")")
            #expect(record.load?.errors.status == 0 && (record.load?.requests ?? 0) > 50)
            #expect(record.outside?.isMeasured == (record.cell.server != "bare"))
        }
        let expected = [
            ("own", "13", "agent", "http://127.0.0.1:\(server.port)/plaintext"),
            ("bare", "100", "no", "http://127.0.0.1:\(server.port)/bytes/100"),
            ("python", "8", "agent", "http://localhost:\(python.port)/abc?d=e"),
        ]
        for (name, bytes, measured, url) in expected {
            let row = try Self.row(runs, of: name)
            #expect(runs.field(row, "payload_bytes") == bytes, "\(name)")
            #expect(runs.field(row, "server_measured") == measured)
            #expect(runs.field(row, "server_url") == url)
            #expect(runs.field(row, "threads") == nil && runs.field(row, "pattern") == nil)
            let figures = [
                "srv_cpu_ns_per_req", "srv_ctxsw_vol_per_req", "srv_rss_peak_bytes", "srv_threads",
                "server_cpus",
            ].map { runs.field(row, $0) }
            #expect(figures.allSatisfy { ($0 != nil) == (measured == "agent") }, "\(figures)")
            // What only this project's own server counts is missing in any case.
            #expect(runs.field(row, "srv_syscalls_per_req") == nil)
            if measured == "agent" {
                let cpu = try #require(figures[0].flatMap { Double($0) })
                #expect(cpu > 1_000, "\(name): \(cpu)")
            }
        }
        // The server may run where the generator does, so that nobody is accused without an agent.
        let bare = try Self.row(runs, of: "bare")
        #expect(runs.field(bare, "gen_foreign_cpu_pct") == nil)
        #expect(runs.field(bare, "srv_foreign_cpu_pct") == nil)
        let own = try Self.row(runs, of: "own")
        #expect(runs.field(own, "gen_foreign_cpu_pct") == nil)
        #expect(runs.field(own, "srv_foreign_cpu_pct") != nil)
        #expect(runs.field(own, "path") == "/plaintext")
        let manifest = try JSONValue(parsing: try runner.text("manifest.json"))
        let told = "\(manifest["servers"]?.compact ?? "")"
        #expect(
            told.contains(#""url":"http://127.0.0.1:\#(server.port)/plaintext","started":false"#))
        #expect(manifest["server_machines"]?["own"]?["hw_id"] != nil)
        #expect(manifest["server_machines"]?["bare"] == nil)

        // Everything that reads such rows stands them. Where others spoilt all of them there is
        // nothing to compare.
        let counts = runs.rows.indices.contains { runs.field($0, "valid") == "1" }
        for words in [
            ["report", "latest"], ["plot", "latest"], ["compare", "latest", "latest"],
            ["history", "add", "latest"], ["resume", "--no-plots", "latest"],
        ] {
            let next = try runner.run(words)
            #expect(
                [0, 12].contains(next.status) || !counts && next.status == 1,
                "\(words): \(next.errors)")
            #expect(!next.errors.contains("nan") && !next.output.contains("nan"), "\(words)")
        }
        let page = try runner.text("report.html")
        #expect(page.contains("python") && page.contains("bare"))
        let gate = try runner.run(["gate", "tiny.json5", "--base-bin", "/nowhere"])
        #expect(gate.status == 64 && gate.errors.contains("which runs already"), "\(gate.errors)")
        python.end()
        // Nobody has ended it.
        let report = try server.stop()
        #expect(report.event == "stopped")
    }

    @Test("apart from the generator's CPUs each side's disturbance is told of", arguments: [0, 1])
    func apart(which: Int) throws {
        let cpus = CPUSet.ofParent?.cpus ?? []
        guard cpus.count > 1 else { return }
        var python = try PythonServer(on: CPUSet([cpus[1]]))
        var options = SpawnOptions("/bin/sh", ["-c", "while :; do :; done"])
        options.cpus = CPUSet([cpus[which]])
        options.diesWithParent = true
        // Ends with the test, for a value that is dropped kills its process.
        let other = try ChildProcess(options)
        defer { _ = other.processID }
        let runner = try Runner(
            Self.matrix(
                ["{name: 'python', url: 'http://127.0.0.1:\(python.port)/', measure: 'local'}"],
                duration: "1s"))
        let ending = try runner.run([
            "run", "-q", "--no-plots", "--repeat", "1", "--load-cpus", "\(cpus[0])", "tiny.json5",
        ])
        let record = try #require(try runner.records().first, "\(ending.errors)")
        #expect(record.serverCPUs == "\(cpus[1])")
        let share = which == 0 ? record.load?.cpu.foreignShare : record.machine.foreignShare
        #expect(try #require(share) > LoadReport.foreignShareLimit)
        #expect(!record.isValid && ending.status == 12)
        python.end()
    }

    @Test(
        "an agent that dies, or measures another process, spoils launches and not the run",
        arguments: [
            (
                #""$0" "$@" | { read -r a; echo "$a"; read -r b; echo "$b"; exit 3; }"#,
                "ended with status 3"
            ),
            (#"exec "$0" measure --pid IDLE"#, "so that others answer these; measure where"),
        ])
    func spoilt(script: String, problem: String) throws {
        let own = try ServerUnderTest("single")
        // Has nothing to do with the server.
        let idle = try ChildProcess(SpawnOptions("sleep", ["1000"]))
        defer { _ = idle.processID }
        let script = script.replacingOccurrences(of: "IDLE", with: "\(idle.processID)")
        let file = """
            {
              defaults: {
                connections: 4, rate: "2k", warmup: "50ms", duration: "1s", repeat: 2,
                server: {
                  name: "own", url: "http://127.0.0.1:\(own.port)/",
                  measure: ["sh", "-c", \(JSONValue.string(script).compact)],
                  agent: "\(try Programs.own("switchyard"))",
                },
              },
            }
            """
        let runner = try Runner(file)
        let ending = try runner.run(["run", "-q", "--no-plots", "tiny.json5"])
        let records = try runner.records()
        #expect(records.count == 2 && ending.status == 12, "\(ending.errors)")
        for record in records {
            #expect(record.failure?.contains(problem) == true, "\(record.failure ?? "none")")
            #expect(record.load == nil && record.server == nil)
        }
        _ = try own.stop()
    }

    @Test("CPU time a request is what the request burns")
    func burn() throws {
        let own = try ServerUnderTest("sharded:hash")
        let runner = try Runner(
            Self.matrix([
                "{name: 'own', url: 'http://127.0.0.1:\(own.port)/work?us=400', measure: 'local'}"
            ]))
        let ending = try runner.run(["run", "-q", "--no-plots", "--repeat", "1", "tiny.json5"])
        let server = try #require(try runner.records().first?.server, "\(ending.errors)")
        // The rate is the generator's, over a window of which this span is a part.
        let each = server.cpu.inSeconds / server.requests
        #expect((300e-6...2_000e-6).contains(each), "\(each)")
        _ = try own.stop()
    }

    @Test("a server that goes away spoils launches with its reason, and the run comes to its end")
    func gone() throws {
        var python = try PythonServer()
        let port = python.port
        let runner = try Runner(
            Self.matrix(
                ["{name: 'python', url: 'http://127.0.0.1:\(port)/', measure: 'local'}"],
                duration: "1s"))
        var child = try runner.start([
            "run", "-q", "--no-plots", "--repeat", "3", "tiny.json5",
        ])
        // In the middle of the second launch.
        #expect(TestClock.eventually { ((try? runner.records().count) ?? 0) == 1 })
        #expect(TestClock.eventually { LocalSockets.connections(port: port) >= 4 })
        python.end()
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        #expect(child.wait(timeout: TestLimit.hang) != nil)
        let records = try runner.records()
        #expect(records.count == 3 && records[0].failure == nil, "\(errors)")
        let reason = "server python can't be reached at http://127.0.0.1:\(port)/:"
        for record in records.dropFirst() {
            #expect(record.failure?.hasPrefix(reason) == true, "\(record.failure ?? "none")")
            #expect(record.load == nil && record.server == nil && !record.isValid)
        }
        // What was measured stays, and goes on only where the server is there again.
        let next = try runner.run(["resume", "-q", "--no-plots"])
        #expect(next.status == 1 && next.errors.contains(reason), "\(next.errors)")
    }

    @Test("--url is one command to a table and figures of any server")
    func quick() throws {
        let own = try ServerUnderTest("single")
        let runner = try Runner()
        let ending = try runner.run([
            "run", "--url", "http://127.0.0.1:\(own.port)/json", "--measure", "local",
            "--duration", "300ms", "--warmup", "50ms", "--plots", Self.plots,
        ])
        #expect([0, 12].contains(ending.status), "\(ending.errors)")
        for cell in ["c1/tjson", "c8/tjson", "c64/tjson", "c64/r200/tjson", "c64/r1k/tjson"] {
            #expect(ending.output.contains("h1/target/\(cell)"), "\(ending.output)")
        }
        let table = try CSVTable(parsing: try runner.text("cells.csv"))
        #expect(table.rows.count == 5)
        #expect(try runner.text("report.html").contains("</html>"))
        // What others do to the machine may leave nothing that counts, and then nothing is drawn.
        let verdicts = table.rows.indices.map { table.field($0, "verdict") }
        if Programs.isPresent("gnuplot"), verdicts.allSatisfy({ $0 == "valid" }) {
            let plots = try FileManager.default.contentsOfDirectory(
                atPath: "\(runner.latest)/plots")
            #expect(plots.contains { $0.hasSuffix(".svg") }, "\(plots), \(ending.errors)")
        }
        let next = try runner.run(["resume", "-q", "--no-plots"])
        #expect([0, 12].contains(next.status), "\(next.errors)")
        _ = try own.stop()
    }

    @Test("other schemes are asked as the URL says", arguments: ["ws", "grpc", "https", "wss"])
    func schemes(scheme: String) throws {
        let isSecure = ["https", "wss"].contains(scheme)
        let own = try ServerUnderTest("sharded:hash", isSecure ? ["--tls", "self-signed"] : [])
        let path = ["ws": "/ws", "wss": "/ws", "https": "/json"][scheme] ?? ""
        let runner = try Runner(
            Self.matrix(["{name: 'own', url: '\(scheme)://127.0.0.1:\(own.port)\(path)'}"]))
        let ending = try runner.run(["run", "-q", "--no-plots", "--repeat", "1", "tiny.json5"])
        let record = try #require(try runner.records().first, "\(ending.errors)")
        #expect(record.failure == nil && (record.load?.requests ?? 0) > 50)
        let load = try #require(record.load)
        #expect(load.errors == LoadReport.Errors(), "\(load.firstFailure?.reason ?? "")")
        #expect((load.tls != nil) == isSecure)
        _ = try own.stop()
    }

    @Test("measure tells what a command made the server use, and ends with its status")
    func measure() throws {
        let own = try ServerUnderTest("single")
        let runner = try Runner()
        let load = try Programs.own("switchyard-load")
        let ending = try runner.run([
            "measure", "--port", "\(own.port)", "--json", "--", load, "-q", "--duration", "300ms",
            "--warmup", "0s", "http://127.0.0.1:\(own.port)/work?us=100",
        ])
        #expect(ending.status == 0, "\(ending.errors)")
        let line = ending.errors.split(separator: "\n").last { $0.hasPrefix("{") } ?? ""
        let use = try JSONValue(parsing: String(line))
        #expect(use["schema"] == "switchyard.use/1")
        guard case .integer(let cpu)? = use["cpu_ns"] else { throw TestFailure("no CPU: \(line)") }
        #expect(cpu > 1_000_000)
        let other = try runner.run([
            "measure", "--pid", "\(own.process.id)", "--", "sh", "-c", "exit 7",
        ])
        #expect(other.status == 7 && other.errors.contains("CPU time"), "\(other)")
        _ = try own.stop()
    }
}
