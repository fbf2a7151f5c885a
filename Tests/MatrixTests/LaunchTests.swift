import Basis
import Foundation
import Measure
import Platform
import Report
import Testing

@testable import Matrix

@Suite("launches with real processes")
struct LaunchTests {
    private static func launch(
        _ cell: Cell, in scratch: Scratch, servers: [ServerDescription] = [],
        interruption: StopRequest = StopRequest { .none }
    ) throws -> LaunchRecord? {
        let plan = Plan(cells: [cell], settings: .short(), seed: 3)
        let cpu = CPUSet.available.cpus[0]
        var executor = try ProcessExecutor(
            programs: try Fake.programs(in: scratch), servers: servers,
            cpus: CPUSplit(server: [cpu], load: [cpu]))
        defer { executor.removeScratch() }
        return executor.launch(plan.slots[0], settings: plan.settings, interruption: interruption)
    }

    @Test("a launch brings the generator's report and what it was told")
    func good() throws {
        let scratch = try Scratch()
        var cell = Cell(pattern: "single", threads: 3, connections: 64)
        cell.arrival = .poisson(PerSecond(raw: 12_500))
        cell.pipeline = 4
        cell.nodelay = .server
        cell.quickack = .on
        cell.cork = .load
        cell.requestShape = .trickle
        let record = try #require(try Self.launch(cell, in: scratch))
        #expect(record.failure == nil)
        #expect(record.load == Fake.report() && record.verdict == "valid")
        #expect(record.cell == cell && record.slot == 0)
        let told = try scratch.read("load-arguments").split(separator: " ").map(String.init)
        for pair in [
            ["--connections", "64"], ["--threads", "1"], ["--warmup", "0ns"],
            ["--duration", "10000000ns"], ["--protocol", "h1"], ["--pipeline", "4"],
            ["--nodelay", "off"], ["--quickack", "on"], ["--cork", "on"],
            ["--write-shape", "trickle"], ["--rate", "12500.0"], ["--arrivals", "poisson"],
            ["--json", "-"],
            ["--seed", "\(record.seed)"],
        ] {
            let place = told.firstIndex(of: pair[0])
            #expect(place.map { told[$0 + 1] } == pair[1], "\(pair)")
        }
        #expect(told.last == "http://127.0.0.1:4242/plaintext\n")
    }

    @Test("a cell of connections at a rate says so to the generator")
    func churn() throws {
        var cell = Cell(pattern: "single", threads: 1, connections: 2)
        cell.arrival = .constant(PerSecond(raw: 300))
        cell.churn.requests = 3
        cell.churn.rate = PerSecond(raw: 100)
        cell.churn.close = .reset
        cell.churn.opensFast = true
        let told = RunningGenerator.arguments(
            cell, host: "127.0.0.1", port: 9, threads: 1, seed: 0, settings: .short(), turn: nil)
        for pair in [
            ["--connection-rate", "100.0"], ["--requests-per-connection", "3"],
            ["--close", "reset"], ["--fastopen", "on"], ["--arrivals", "constant"],
        ] {
            let place = told.firstIndex(of: pair[0])
            #expect(place.map { told[$0 + 1] } == pair[1], "\(pair)")
        }
        #expect(!told.contains("--rate"))
        #expect(try Cell(RecordFields(cell.json)) == cell)
    }

    @Test(
        "TLS is the server's and the generator's, with one version",
        arguments: [Cell.TLS.off, .v12, .v13], [true, false])
    func tls(version: Cell.TLS, isBuiltIn: Bool) {
        var cell = Cell(pattern: "single", threads: 1, connections: 2)
        cell.tls = version
        if !isBuiltIn { cell.server = "other" }
        let told = RunningGenerator.arguments(
            cell, host: "127.0.0.1", port: 9, threads: 1, seed: 0, settings: .short(), turn: nil)
        let isSecure = version != .off
        #expect(told.last?.hasPrefix(isSecure ? "https://" : "http://") == true)
        let place = told.firstIndex(of: "--tls")
        #expect(place.map { told[$0 + 1] } == (isSecure ? version.rawValue : nil))
        #expect(told.contains("--insecure") == (isSecure && !isBuiltIn))
    }

    @Test(
        "who corks, acknowledges and sends at once is told to each side, and no more than asked",
        arguments: Cell.Sides.allCases)
    func sides(sides: Cell.Sides) {
        var cell = Cell(pattern: "single", threads: 1, connections: 2)
        (cell.nodelay, cell.quickack, cell.cork) = (sides, sides, sides)
        cell.replyShape = sides == .off ? .one : .headThenBody
        let server = RunningServer.arguments(cell, control: "c")
        let load = RunningGenerator.arguments(
            cell, host: "127.0.0.1", port: 9, threads: 1, seed: 0, settings: .short(), turn: nil)
        for (told, isOn, shape) in [
            (server, [.on, .server].contains(sides), sides == .off ? nil : "head-then-body"),
            (load, [.on, .load].contains(sides), nil),
        ] {
            func value(_ option: String) -> String? {
                told.firstIndex(of: option).map { told[$0 + 1] }
            }
            #expect(value("--nodelay") == (isOn ? "on" : "off"))
            #expect(value("--quickack") == (isOn ? "on" : nil))
            #expect(value("--cork") == (isOn ? "on" : nil))
            #expect(value("--write-shape") == shape)
        }
    }

    @Test("what the server used is the difference of two readings under load")
    func usage() throws {
        let scratch = try Scratch()
        let cell = Cell(pattern: "counts:well", threads: 2, connections: 11)
        let record = try #require(try Self.launch(cell, in: scratch))
        #expect(record.failure == nil)
        let server = try #require(record.server)
        #expect(server.requests == 400 && server.span == .milliseconds(250))
        #expect(server.cpu == .milliseconds(4))
        #expect(server.syscalls == 200 && server.epollWaits == 20)
        #expect(server.peakResident.raw > 0)
        #expect(record.workers.map(\.requests) == [300, 100])
        #expect(record.workers.map(\.accepted) == [6, 6])
        #expect(record.workers[0].steals == 5 && record.workers[0].cpu.raw == 1_000)
        #expect(record.balance?.maxOverMean == 1.5)
    }

    @Test("what the machine can't run is told apart from what went wrong, and kept in the journal")
    func unavailable() throws {
        let scratch = try Scratch()
        let cell = Cell(pattern: "needs:more", threads: 1, connections: 10)
        let record = try #require(try Self.launch(cell, in: scratch))
        #expect(record.isUnavailable && record.verdict == "unavailable" && !record.isValid)
        #expect(
            record.invalidReason
                == "the server can't run on this machine: pattern needs:more needs bpf(2)")
        #expect(try LaunchRecord(json: record.json) == record)
        #expect(CellSummary(cell, records: [record]).verdict == "unavailable")
        var failed = record
        failed.isUnavailable = false
        #expect(CellSummary(cell, records: [record, failed]).verdict == "invalid")
    }

    @Test(
        "a launch that goes wrong says why",
        arguments: [
            ("dies:early", 64, "the server ended before it was ready: no such pattern"),
            ("prints:nonsense", 64, "the server printed 'hello' instead of a ready line"),
            ("dies:late", 10, "the server ended under load with status 1"),
            ("dies:loudly", 10, "the server ended under load with status 3: two / no room / abort"),
            ("dies:killed", 10, "the server ended under load by signal 9: a last word"),
            ("stops:badly", 64, "the server ended in disorder: broken"),
            ("stops:silently", 64, "the server printed no stopped line"),
            ("single", 7, "the generator ended with status 1: can't connect"),
            ("single", 8, "the generator's report can't be read: schema is missing"),
            ("single", 9, "the generator was killed by signal 9: "),
        ])
    func bad(pattern: String, connections: Int, reason: String) throws {
        let scratch = try Scratch()
        let cell = Cell(pattern: pattern, threads: 1, connections: connections)
        let record = try #require(try Self.launch(cell, in: scratch))
        // The shell may tell of its own child first.
        #expect(record.failure?.replacing("Terminated / ", with: "") == reason)
        #expect(!record.isValid && record.verdict == (record.load == nil ? "failed" : "valid"))
    }

    @Test("programs that do not exist are a failure, not a crash")
    func missing() throws {
        var executor = try ProcessExecutor(
            programs: Programs(server: "/nonexistent/server", load: "/nonexistent/load"),
            servers: [], cpus: CPUSplit(server: [0], load: [0]))
        defer { executor.removeScratch() }
        let plan = Plan(
            cells: [Cell(pattern: "single", threads: 1, connections: 1)], settings: .short(),
            seed: 1)
        let record = executor.launch(
            plan.slots[0], settings: plan.settings, interruption: StopRequest { .none })
        #expect(
            record?.failure
                == "the server /nonexistent/server can't be started: No such file or directory")
    }

    @Test("a second Ctrl-C ends a launch at once, without a record")
    func stopped() throws {
        let scratch = try Scratch()
        let cell = Cell(pattern: "single", threads: 1, connections: 10)
        var looks = 0
        let record = try Self.launch(
            cell, in: scratch,
            interruption: StopRequest {
                looks += 1
                return looks == 3 ? .now : .none
            })
        #expect(record == nil)
    }

    @Test(
        "another server is ready by its port, by its line, or by an answer",
        arguments: ["{port: true}", "{line: 'go!'}", "{http: '/up'}"])
    func foreign(rule: String) throws {
        let scratch = try Scratch()
        let program = try scratch.write(
            "server.py",
            """
            import socket, sys
            port, threads, answer = sys.argv[1:]
            listener = socket.socket()
            listener.bind(("127.0.0.1", int(port)))
            listener.listen()
            print("warming up\\ngo!", flush=True)
            while True:
                peer, _ = listener.accept()
                if peer.recv(100):
                    peer.sendall(open(answer, "rb").read())
                peer.close()
            """)
        let text = """
            {axes: {server: {name: 'other', command: ['python3', '-SE', '\(program)', '{port}',
             '{threads}', '{dir}/answer'], ready: \(rule),
             files: {answer: 'HTTP/1.1 200 OK\\r\\n\\r\\n{port}'}}}}
            """
        let matrix = try Matrix(parsing: text, file: "m")
        let cells = try matrix.expand(profile: "default", filter: nil, serverThreads: 2).cells
        #expect(cells.map(\.id) == ["h1/other/w2/c64/p13"])
        let record = try #require(
            try Self.launch(cells[0], in: scratch, servers: matrix.servers))
        #expect(record.failure == nil)
        #expect(record.load != nil && record.workers.isEmpty)
    }

    @Test(
        "another server is found on the loopback address that it listens on",
        arguments: ["{port: true}", "{line: 'go!'}", "{http: '/up'}"],
        [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("::", "127.0.0.1")])
    func address(rule: String, addresses: (own: String, found: String)) throws {
        let scratch = try Scratch()
        let program = try scratch.write(
            "server.py",
            """
            import socket, sys
            host, port = sys.argv[1:]
            listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            if host == "::":
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listener.bind((host, int(port)))
            listener.listen()
            print("go!", flush=True)
            while True:
                peer, _ = listener.accept()
                if peer.recv(100):
                    peer.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
                peer.close()
            """)
        let text = """
            {axes: {server: {name: 'other', ready: \(rule),
             command: ['python3', '-SE', '\(program)', '\(addresses.own)', '{port}']}}}
            """
        let matrix = try Matrix(parsing: text, file: "m")
        let cell = try matrix.expand(profile: "default", filter: nil, serverThreads: 1).cells[0]
        let record = try #require(try Self.launch(cell, in: scratch, servers: matrix.servers))
        #expect(record.failure == nil)
        let told = try scratch.read("load-arguments")
        // One that listens on both may begin to between a look at the one and at the other.
        let found = [addresses.found] + (addresses.own == "::" ? ["[::1]"] : [])
        #expect(found.contains { told.contains(" http://\($0):") }, "\(told)")
    }

    @Test("another server may write as much as it likes", arguments: ["stdout", "stderr"])
    func talkative(stream: String) throws {
        let scratch = try Scratch()
        // More than a pipe holds (pipe(7)).
        let program = try scratch.write(
            "server.py",
            """
            import os, sys
            print("go!", flush=True)
            sys.\(stream).write("a line of a log\\n" * 50_000)
            sys.\(stream).flush()
            open(os.path.dirname(sys.argv[0]) + "/wrote-all", "w").close()
            import time
            time.sleep(1000)
            """)
        let text = """
            {axes: {server: {name: 'other', command: ['python3', '-SE', '\(program)'],
             ready: {line: 'go!'}}, connections: 13}}
            """
        let matrix = try Matrix(parsing: text, file: "m")
        let cell = try matrix.expand(profile: "default", filter: nil, serverThreads: 1).cells[0]
        let record = try #require(try Self.launch(cell, in: scratch, servers: matrix.servers))
        #expect(record.failure == nil)
    }

    @Test("another server that never gets ready or ends is told with its words")
    func foreignFailure() throws {
        let scratch = try Scratch()
        let text = """
            {axes: {server: {name: 'other', command: ['sh', '-c', 'echo bad config >&2; exit 2']}}}
            """
        let matrix = try Matrix(parsing: text, file: "m")
        let cell = try matrix.expand(profile: "default", filter: nil, serverThreads: 1).cells[0]
        let record = try Self.launch(cell, in: scratch, servers: matrix.servers)
        #expect(record?.failure == "the server ended before it was ready: bad config")
    }

    @Test("a control socket is asked, and a silent or absent one is no error")
    func control() throws {
        let scratch = try Scratch()
        let socket = scratch.path + "/control"
        let program = try scratch.write(
            "control.py",
            """
            import json, socket, sys
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(sys.argv[1])
            listener.listen()
            print("ready", flush=True)
            worker = {"worker": 0, "role": "loop", "accepted": 2, "connections": 2,
                "requests": 10, "cpu_ns": 7,
                "voluntary_switches": 0, "involuntary_switches": 0, "wakeups": 0,
                "eagain_accepts": 0, "handoffs": 0, "steals": 0,
                "syscalls": {"epoll_wait": 1, "recv": 2, "send": 3, "accept": 4, "other": 5}}
            report = {"event": "snapshot", "workers": [worker] * 40, "rss_peak_bytes": 9}
            report = json.dumps(report)
            while True:
                peer, _ = listener.accept()
                if peer.recv(100) == b"snapshot\\n":
                    for part in (report[:100], report[100:] + "\\n"):
                        peer.sendall(part.encode())
                peer.close()
            """)
        #expect(ControlClient.snapshot(at: socket, timeout: .milliseconds(50)) == nil)
        var process = try ChildProcess(SpawnOptions("python3", ["-SE", program, socket]))
        #expect(process.nextLine(timeout: .seconds(10)) == "ready")
        for _ in 0..<3 {
            let report = ControlClient.snapshot(at: socket, timeout: .seconds(5))
            #expect(report?.event == .snapshot && report?.workers.count == 40)
            #expect(report?.workers.last?.syscalls == 15 && report?.peakResident.raw == 9)
        }
        process.pause()
        #expect(ControlClient.snapshot(at: socket, timeout: .milliseconds(30)) == nil)
        process.proceed()
    }

    @Test("a process group is read whole, without its guardian", arguments: [false, true])
    func processGroup(isGuarded: Bool) throws {
        var options = SpawnOptions(
            "sh", ["-c", "sleep 100 & sleep 100 & echo up; while :; do :; done"])
        options.diesWithParent = isGuarded
        var process = try ChildProcess(options)
        #expect(process.nextLine(timeout: .seconds(10)) == "up")
        let group = ProcessGroup(of: process)
        #expect(group.processIDs.count == 3 && group.processIDs.contains(process.processID))
        let first = group.read()
        #expect(first.resident > 0 && first.peakResident >= first.resident)
        var second = first
        while second.cpu.raw - first.cpu.raw < 1_000_000 {
            blockThread(for: .milliseconds(5))
            second = group.read()
        }
        #expect(second.cpu > first.cpu)
    }
}
